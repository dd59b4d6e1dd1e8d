/// @file
/// Parameters of the oracle.
#ifndef PURSUIT_TESTS_SUPPORT_ORACLE_FIXTURE_H
#define PURSUIT_TESTS_SUPPORT_ORACLE_FIXTURE_H

// cmocka needs these four first.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>

#include "agents/oracle.h"

/// Choices of `sees`.
enum { SEES_CUSTOMER, SEES_RIVALS, SEES_BOTH };

static inline void set_sees(void *params, int sees)
{
    const pp_param *row = pp_param_find(pp_agent_oracle.params, "sees");
    assert_non_null(row);
    *(int *)(void *)((char *)params + row->offset) = sees;
}

/// Defaults but for `sees`. @return the caller's to free
static inline void *oracle_params(int sees)
{
    void *params = calloc(1, pp_agent_oracle.params->size);
    assert_non_null(params);
    pp_param_defaults(pp_agent_oracle.params, params);
    set_sees(params, sees);
    return params;
}

#endif

/// @file
/// What unresolved.c lacks, as a library that a plugin brings along.
#include "market/base/error.h"

PP_API double nobody_has_this(void);

double nobody_has_this(void)
{
    return 1;
}

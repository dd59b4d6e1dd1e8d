/// @file
/// @internal
/// How ranks talk. MPI's is the only one; without it there is one rank.
#ifndef PURSUIT_EXPERIMENTS_CLI_RANKS_TRANSPORT_H
#define PURSUIT_EXPERIMENTS_CLI_RANKS_TRANSPORT_H

#include <sched.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "experiments/cli/ranks/ranks.h"
#include "market/base/error.h"

/// A rank's question for its next number.
typedef struct pp_ranks_question {
    int rank;
    int told[PP_RANKS_OUTCOMES]; ///< how often it has told each outcome since its last question
    bool leaving;                ///< its last one: it expects no number
} pp_ranks_question;

/// Threads: one at a time; asked and answer may be called by another thread than the rest.
typedef struct pp_ranks_transport {
    int rank, size;
    int neighbours; ///< ranks on this machine, this one included
    void (*leave)(void);
    int (*highest)(int value);                   ///< collective
    void (*sum)(int64_t *values, int n);         ///< collective
    void (*from_first)(void *data, size_t size); ///< collective: everyone gets rank 0's
    void (*neighbour_processors)(const cpu_set_t *own,
                                 cpu_set_t *sets); ///< collective. @param sets [neighbours]
    bool (*asked)(pp_ranks_question *question);    ///< rank 0: is there one? Does not wait
    void (*answer)(int rank, int64_t number);      ///< rank 0: -1 for no more
    /// Other ranks; waits for the answer. @param told [PP_RANKS_OUTCOMES]
    int64_t (*ask)(const int *told, bool leaving);
} pp_ranks_transport;

/// Was this process started with others by an MPI launcher? From the environment alone.
bool pp_mpi_launched(void);
/// @return PP_OK; PP_EINVAL
pp_status pp_mpi_join(pp_ranks_transport *transport, pp_error *error);

#endif

/// @file
/// @internal
/// Processes that do a sweep together ("ranks", as MPI calls them). Rank 0 hands out numbers one at
/// a time to whoever is free, itself included, so that a long run holds up nobody. One process
/// alone is a single rank; everything here works for it too.
///
/// "Collective" functions must be called by every rank in the same order. While they wait for
/// others they sleep, so that ranks with nothing left to do leave the processors to the rest.
///
/// Threads: to be called from one thread, the one that joined.
#ifndef PURSUIT_EXPERIMENTS_CLI_RANKS_RANKS_H
#define PURSUIT_EXPERIMENTS_CLI_RANKS_RANKS_H

#include <sched.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "market/base/stop.h"

typedef struct pp_ranks pp_ranks;

/// How many processes were started together with this one, itself included, according to what MPI
/// launchers and srun put into the environment. Where that is more than pp_ranks_size, they cannot
/// speak with each other.
long pp_ranks_started(void);

/// Join the ranks that an MPI launcher has started with this process; collective. A process that no
/// such launcher started, or a program built without MPI, is a rank alone.
/// @param alone be a rank alone in any case
/// @return PP_OK; PP_ENOMEM; PP_EINVAL if this MPI cannot do what is needed
pp_status pp_ranks_join(bool alone, pp_ranks **ranks, pp_error *error);
/// Collective; NULL-safe. MPI is gone for good afterwards. Whatever is to be printed must be out by
/// then: launchers may end all ranks once one has gone.
void pp_ranks_leave(pp_ranks *ranks);

int pp_ranks_rank(const pp_ranks *ranks); ///< from 0
int pp_ranks_size(const pp_ranks *ranks); ///< at least 1

/// The highest of every rank's value; collective.
int pp_ranks_highest(pp_ranks *ranks, int value);
/// Sums over all ranks, in place; collective. @param values [n]
void pp_ranks_sum(pp_ranks *ranks, int64_t *values, int n);
/// Does this rank have the same as rank 0? Collective. @param data of the same size everywhere
bool pp_ranks_same(pp_ranks *ranks, const void *data, size_t size);

/// How many of the processors that this rank may run on are its share: those that n of the ranks on
/// this machine may run on count as one nth. At least 1; 0 for a rank alone, which need not share.
int pp_ranks_processors(const pp_ranks *ranks);
/// The sum behind it. @param sets [n] of all ranks on this machine, `own` among them
int pp_ranks_share(const cpu_set_t *own, const cpu_set_t *sets, size_t n);

/// How many kinds of outcome a number can have.
enum { PP_RANKS_OUTCOMES = 8 };

/// What rank 0 hands out. Of the other ranks' only `stop` counts: once it is nonzero they are given
/// no more.
typedef struct pp_ranks_plan {
    size_t n;                 ///< the numbers [0, n)
    const pp_stop_flag *stop; ///< nonzero: hand out no more; borrowed until the end
    unsigned stop_after;      ///< bit i: nor after an outcome i
} pp_ranks_plan;

/// From now on rank 0 hands out; collective.
/// @return PP_OK; PP_ENOMEM on every rank if there was no thread for it on rank 0
pp_status pp_ranks_start(pp_ranks *ranks, const pp_ranks_plan *plan, pp_error *error);
/// The next number for this rank, which no other is given.
/// @return false if there are no more
bool pp_ranks_next(pp_ranks *ranks, size_t *number);
/// What came of a number. Other ranks' outcomes reach rank 0 with their next question, or when they
/// finish.
/// @param outcome in [0, PP_RANKS_OUTCOMES)
void pp_ranks_tell(pp_ranks *ranks, int outcome);
/// How often each outcome has been told so far by all ranks. Of rank 0 only.
void pp_ranks_outcomes(pp_ranks *ranks, int64_t count[PP_RANKS_OUTCOMES]);
/// This rank asks no more, whether or not pp_ranks_next has said that there are no more. To be
/// called once by each. Rank 0 waits until all have; the others do not wait.
/// @param waiting called meanwhile, some times a second; may be NULL
void pp_ranks_finish(pp_ranks *ranks, void (*waiting)(void *context), void *context);

#endif

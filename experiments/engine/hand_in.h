/// @file
/// @internal
/// Trials on threads, handed in one after the other in their order. A thread whose trial is ready
/// before earlier ones leaves its record and goes on with the next trial: a slow thread holds up
/// the others only once every record is waiting for its trial.
#ifndef PURSUIT_EXPERIMENTS_ENGINE_HAND_IN_H
#define PURSUIT_EXPERIMENTS_ENGINE_HAND_IN_H

#include "data/results/results.h"

typedef struct pp_hand_in pp_hand_in;

/// Take a trial's turn. Called by one thread at a time, in the order of trials; what one call has
/// written, the next one sees.
/// @return false if no more trials are to be handed in
typedef bool (*pp_hand_in_turn)(void *context, int64_t trial, pp_status status,
                                const pp_record *record, pp_error *cause);

/// Records that wait, for so many threads: three for each, fewer if they are so large that three
/// would take more than 16 MB, at least one.
size_t pp_hand_in_records(size_t record_bytes, int threads);

/// @param first, end trials
/// @return PP_OK, PP_ENOMEM
pp_status pp_hand_in_create(const pp_results_layout *layout, int64_t first, int64_t end,
                            int threads, pp_hand_in_turn turn, void *context, pp_hand_in **hand_in,
                            pp_error *error);
void pp_hand_in_destroy(pp_hand_in *hand_in); ///< NULL-safe; no thread may be at work

/// The next trial, and a record for it; waits while all records are taken. Any thread.
/// @param record NULL if there was no memory for it
/// @return false if there is none
bool pp_hand_in_take(pp_hand_in *hand_in, int64_t *trial, pp_record **record, pp_error *error);

/// A trial is over, and its record the hand-in's again. The thread that brings the trial whose turn
/// it is takes all turns that are due.
void pp_hand_in_give(pp_hand_in *hand_in, int64_t trial, pp_status status, const pp_error *cause);

#endif

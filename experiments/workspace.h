/// @file
/// @internal
/// What a trial holds while it runs: the trial's own, and a lane for each of its threads. Every
/// buffer is made once.
#ifndef PURSUIT_EXPERIMENTS_WORKSPACE_H
#define PURSUIT_EXPERIMENTS_WORKSPACE_H

#include "agents/oracle.h"
#include "experiments/experiment.h"

/// Customers of a block: what a lane has in hand at a time, whatever the length of an epoch. Sums
/// are taken over a block and added up in the order of blocks, so results depend on this number (in
/// the last bits) and not on how many lanes there are.
enum { PP_BLOCK = 1024 };

/// What the firm's agent is handed of a block besides numbers.
typedef struct pp_papers {
    pp_agent_batch batch;
    pp_curves curves;
} pp_papers;

/// One firm at work on one block. What its agent is handed, itself or by pointer, besides what all
/// firms may know, lies in memory of its own: nothing that the agent may not see is beside it.
typedef struct pp_desk {
    pp_papers *papers;
    uint64_t *members;  ///< [PP_BLOCK] category masks
    double *own;        ///< storage of what follows
    double *estimate;   ///< [PP_BLOCK] C, GBP
    double *curves;     ///< [PP_BLOCK][curve size]
    double *null_bid;   ///< [PP_BLOCK]
    double *prepared;   ///< [PP_BLOCK][agent->prepared]
    double *multiplier; ///< [PP_BLOCK] what `quote_batch` answers
} pp_desk;

/// Everything that one thread needs for one block of customers, or for one firm between epochs.
typedef struct pp_lane {
    pp_customers customers;
    double *base, *insurer, *customer;                                 ///< [PP_BLOCK] indices
    double *estimates, *multipliers, *offers, *propensities, *factors; ///< [n_firms][PP_BLOCK];
                                                                       ///< factor 1: no exploration
    double *scratch;                                                   ///< of the state-free stage
    double *fit_scratch;                                               ///< of refits
    int32_t *choice;                                                   ///< [PP_BLOCK]
    int32_t *ranks;       ///< [n_firms][PP_BLOCK] of every quote, once booked
    pp_ranking ranking;   ///< of one customer
    pp_accounts accounts; ///< of the block
    pp_desk *desks;       ///< [n_firms]
    double *reals;        ///< storage of what no agent is handed
    int32_t *integers;
    const double **columns; ///< [n_columns] the features of the block, as agents are handed them
    size_t firm;            ///< in hand between epochs
    pp_status status;       ///< of what the lane did last
    pp_error error;
} pp_lane;

/// One firm in one trial. Its portfolio and `own`, too, lie in memory of their own.
typedef struct pp_firm {
    const pp_firm_config *config;
    pp_pipeline *pipeline;
    void *state; ///< the agent's; valid between train and release
    bool trained;
    bool has_portfolio;
    pp_portfolio *portfolio; ///< categories, and the target once burn-in is over
    double *own;             ///< storage of what follows
    double *held;            ///< [n_categories] policies of the present epoch
    double *average;         ///< [n_categories] burn-in average
    double *learned;         ///< [PP_LEARNING_COUNT][updates] what the agent logs
} pp_firm;

struct pp_workspace {
    const pp_experiment *experiment;
    size_t n_lanes;
    pp_lane *lanes; ///< [n_lanes]
    pp_firm *firms; ///< [n_firms]
    pp_indices indices;
    pp_accounts accounts; ///< of the epoch
    pp_histories *histories;
    // handed to agents in the round loop, each in memory of its own
    double *row;         ///< [n_columns] one customer's features
    double *open_offers; ///< [n_firms] what an oracle sees of a round
    // the trial in hand
    const pp_stop_flag *stop; ///< see pp_trial_run
    pp_record *record;
    int64_t trial, epoch;
    bool in_rounds; ///< some firm's price depends on the portfolio held, or on others' quotes
};

/// How a run uses its threads: so many trials at a time, with so many lanes each.
typedef struct pp_crew {
    int trials, lanes;
} pp_crew;
/// As many trials at a time as there are; where threads are a multiple of that, each trial has so
/// many lanes, at most one for each block of an epoch or for each firm to be refitted.
pp_crew pp_crew_of(const pp_experiment *experiment, int threads);

pp_status pp_lane_create(const pp_workspace *workspace, pp_lane *lane, pp_error *error);
void pp_lane_destroy(const pp_experiment *experiment, pp_lane *lane); ///< safe on a zeroed one
/// Resident bytes of a lane. @param pipeline like those of the experiment's firms
double pp_lane_bytes(const pp_experiment *experiment, const pp_pipeline *pipeline);

/// What a lane does by itself: it changes its own and what no other lane looks at.
typedef void (*pp_stage)(const pp_workspace *workspace, pp_lane *lane);
/// Let the first n lanes do it, each on a thread of its own.
void pp_lanes_run(const pp_workspace *workspace, size_t n, pp_stage stage);
/// The first failure of the first n lanes, in their order, whoever failed first by the clock.
pp_status pp_lanes_failure(const pp_workspace *workspace, size_t n, pp_error *error);

static inline int64_t pp_burn_in_epochs(const pp_workspace *workspace)
{
    return workspace->experiment->scenario->market.burn_in_epochs;
}

/// Is the epoch in hand a test epoch?
static inline bool pp_testing(const pp_workspace *workspace)
{
    return workspace->epoch >= pp_burn_in_epochs(workspace);
}

/// Where draws are taken that belong to an epoch, or to a firm.
pp_stream pp_trial_stream(const pp_workspace *workspace, int64_t epoch);
/// @return PP_OK, or PP_EINTERRUPTED naming the trial if the run is to end
pp_status pp_trial_interrupted(const pp_workspace *workspace, pp_error *error);

/// Run the rounds of the epoch in hand, into accounts, portfolios held, histories and the record's
/// sample of quotes.
/// @return PP_OK; PP_ENUMERIC naming trial, epoch and round if an index or a quote is impossible:
/// of several the first in the order of blocks; PP_EINTERRUPTED
pp_status pp_epoch_run(pp_workspace *workspace, pp_error *error);

/// Does the price of firm f depend on the portfolio it holds, or on what others quote?
bool pp_needs_rounds(const pp_workspace *workspace, size_t f);
/// The lane's customers (customers.first_round, customers.n; indices given) and every price that
/// can be told without the round loop. A stage; in an epoch that needs no rounds it goes on to
/// choices and pp_block_book.
void pp_block_price(const pp_workspace *workspace, pp_lane *lane);
/// The offer of firm f to customer i of the lane, checked.
pp_status pp_block_offer(const pp_workspace *workspace, pp_lane *lane, size_t f, size_t i,
                         pp_error *error);
/// The round loop over the lane's customers: only what depends on the portfolios held or, last, on
/// what others quote. Blocks take their turn. Leaves lane->status.
void pp_block_play(pp_workspace *workspace, pp_lane *lane);
/// Accounts of the lane's block and the sample of quotes. A stage.
void pp_block_book(const pp_workspace *workspace, pp_lane *lane);
/// Count customer i's choice of the lane towards the portfolio of the firm chosen.
void pp_firm_hold(pp_workspace *workspace, const pp_lane *lane, size_t i);

/// What the agent of firm f, an oracle, may see of the lane's customer i when every other kind of
/// agent has quoted. What its parameters do not name is masked here, by NaN or by no rivals, so the
/// mask is not left to the agent. @param view until the next call
void pp_oracle_look(pp_workspace *workspace, const pp_lane *lane, size_t f, size_t i,
                    pp_oracle_view *view);

/// Write the epoch that has just ended to the trial's record. Portfolio loss and reward follow once
/// the target is known.
void pp_record_epoch(const pp_workspace *workspace);
/// Write what the agent of firm f has logged.
void pp_record_learning(const pp_workspace *workspace, size_t f);
/// Write what the agent of firm f says of the test epoch that has just ended.
void pp_record_said(const pp_workspace *workspace, size_t f, const pp_agent_epoch *said);
/// Score every epoch with the targets.
void pp_record_scores(const pp_workspace *workspace);
/// Write what holds for the whole trial: categories, targets, averages, refits.
void pp_record_trial(const pp_workspace *workspace);

#endif

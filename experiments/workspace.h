/// @file
/// @internal
/// What a thread holds while it runs trials: every buffer is made once.
#ifndef PURSUIT_EXPERIMENTS_WORKSPACE_H
#define PURSUIT_EXPERIMENTS_WORKSPACE_H

#include "agents/oracle.h"
#include "experiments/experiment.h"

enum { PP_BLOCK = 1024 }; ///< customers in hand at a time, whatever the length of an epoch

/// What a firm's agent is handed, itself or by pointer, besides what all firms may know. It lies in
/// memory of its own, and so does `own` of pp_firm: nothing that the agent may not see is beside
/// it.
typedef struct pp_desk {
    pp_portfolio portfolio; ///< categories, and the target once burn-in is over
    pp_agent_batch batch;   ///< of the present block
    pp_curves curves;
} pp_desk;

/// One firm in one trial.
typedef struct pp_firm {
    const pp_firm_config *config;
    pp_pipeline *pipeline;
    void *state; ///< the agent's; valid between train and release
    bool trained;
    bool has_portfolio;
    double *factor; ///< [PP_BLOCK] exploration, 1 = none
    pp_desk *desk;
    uint64_t *members;  ///< [PP_BLOCK] category masks
    double *own;        ///< storage of what follows
    double *held;       ///< [n_categories] policies of the present epoch
    double *average;    ///< [n_categories] burn-in average
    double *estimate;   ///< [PP_BLOCK] C, GBP
    double *curves;     ///< [PP_BLOCK][curve size]
    double *null_bid;   ///< [PP_BLOCK]
    double *prepared;   ///< [PP_BLOCK][agent->prepared]
    double *multiplier; ///< [PP_BLOCK] what `quote_batch` answers
    double *learned;    ///< [PP_LEARNING_COUNT][updates] what the agent logs
} pp_firm;

struct pp_workspace {
    const pp_experiment *experiment;
    pp_customers customers;
    pp_indices indices;
    double *base, *insurer, *customer;                       ///< [PP_BLOCK]
    double *estimates, *multipliers, *offers, *propensities; ///< [n_firms][PP_BLOCK]
    double *scratch;                                         ///< pipelines' state-free stage
    double *fit_scratch;                                     ///< refits
    int32_t *choice;                                         ///< [PP_BLOCK]
    pp_ranking ranking;
    pp_accounts accounts;
    pp_histories *histories;
    pp_firm *firms; ///< [n_firms]
    double *reals;  ///< storage of what no agent is handed
    int32_t *integers;
    // handed to agents, each in memory of its own
    double *row;            ///< [n_columns] one customer's features
    const double **columns; ///< [n_columns] the features of the block
    double *open_offers;    ///< [n_firms] what an oracle sees of a round
    // the trial in hand
    int64_t trial, epoch;
    size_t quote_row;
};

static inline int64_t pp_burn_in_epochs(const pp_workspace *workspace)
{
    return workspace->experiment->scenario->market.burn_in_epochs;
}

/// Is the epoch in hand a test epoch?
static inline bool pp_testing(const pp_workspace *workspace)
{
    return workspace->epoch >= pp_burn_in_epochs(workspace);
}

/// Run the customers in hand (customers.first_round, customers.n) of the epoch in hand.
/// @return PP_OK, or PP_ENUMERIC naming trial, epoch and round if an index or a quote is impossible
pp_status pp_block_run(pp_workspace *workspace, const pp_stream *stream, pp_record *record,
                       pp_error *error);

/// What the agent of firm f, an oracle, may see of customer i when every other kind of agent has
/// quoted. What its parameters do not name is masked here, by NaN or by no rivals, so the mask is
/// not left to the agent. @param view until the next call
void pp_oracle_look(pp_workspace *workspace, size_t f, size_t i, pp_oracle_view *view);

/// Write the epoch that has just ended. Portfolio loss and reward follow once the target is known.
void pp_record_epoch(const pp_workspace *workspace, pp_record *record);
/// Write what the agent of firm f has logged.
void pp_record_learning(const pp_workspace *workspace, size_t f, pp_record *record);
/// Write what the agent of firm f says of the test epoch that has just ended.
void pp_record_said(const pp_workspace *workspace, size_t f, const pp_agent_epoch *said,
                    pp_record *record);
/// Score every epoch with the targets.
void pp_record_scores(const pp_workspace *workspace, pp_record *record);
/// Write what holds for the whole trial: categories, targets, averages, refits.
void pp_record_trial(const pp_workspace *workspace, pp_record *record);

#endif

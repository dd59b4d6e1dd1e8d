/// @file
/// @internal
/// The engine: a const pp_experiment says what is simulated, a mutable pp_workspace is where. A
/// workspace holds one trial at a time; its blocks hold the customers at work, one block a thread.
/// Every buffer is made once. Calls go down: trial.c, block.c, workspace.c; record.c keeps results.
#ifndef PURSUIT_EXPERIMENTS_ENGINE_WORKSPACE_H
#define PURSUIT_EXPERIMENTS_ENGINE_WORKSPACE_H

#include "agents/oracle.h"
#include "experiments/setup/parts.h"

/// Customers of a block, whatever the length of an epoch. Sums are taken over a block and added up
/// in the order of blocks, so results depend on this number (in the last bits) and not on how many
/// threads there are.
enum { PP_BLOCK = 1024 };

/// Memory that a firm's agent is handed with a block, besides numbers.
typedef struct pp_agent_view {
    pp_agent_batch batch;
    pp_curves curves;
} pp_agent_view;

/// One firm's part of a block. All that its agent is handed, itself or by pointer, besides what all
/// firms may know, lies in memory of its own: nothing that the agent may not see is beside it.
typedef struct pp_firm_block {
    pp_agent_view *view;
    uint64_t *members;  ///< [PP_BLOCK] category masks
    double *own;        ///< storage of the arrays below
    double *unit;       ///< [PP_BLOCK] of prices, GBP
    double *curves;     ///< [PP_BLOCK][curve size]
    double *null_bid;   ///< [PP_BLOCK]
    double *break_even; ///< [PP_BLOCK] k
    double *low, *high; ///< [PP_BLOCK] the firm's limits
    double *prepared;   ///< [PP_BLOCK][agent->prepared]
    double *multiplier; ///< [PP_BLOCK] the answer of `quote_batch`
} pp_firm_block;

/// One thread's memory: for a block of customers, or for one firm between epochs.
typedef struct pp_block {
    pp_customers customers;
    double *base, *insurer, *customer;                                 ///< [PP_BLOCK] indices
    double *estimates, *multipliers, *offers, *propensities, *factors; ///< [n_firms][PP_BLOCK];
                                                                       ///< factor 1: no exploration
    double *units; ///< [n_firms][PP_BLOCK] GBP, of which prices are multiples: estimates themselves
                   ///< where no firm has economics
    double *scratch;        ///< of the state-free stage
    double *fit_scratch;    ///< of refits
    int32_t *choice;        ///< [PP_BLOCK]
    int32_t *ranks;         ///< [n_firms][PP_BLOCK] of every quote, once booked
    pp_accounts accounts;   ///< of the block
    pp_breakdown breakdown; ///< likewise, in test epochs
    double *expected;       ///< [n_firms][PP_BLOCK] probability of a sale, once booked in such
    pp_firm_block *firms;   ///< [n_firms]
    double *reals;          ///< storage of the arrays above, none of which an agent is handed
    int32_t *integers;      ///< storage of those of integers
    const double **columns; ///< [n_columns] the block's features, as agents are handed them
    size_t firm;            ///< the one to refit or train, between epochs
    pp_status status;       ///< of the last stage
    pp_error error;
} pp_block;

/// One firm in one trial. Its portfolio and `own`, too, lie in memory of their own.
typedef struct pp_firm {
    const pp_firm_config *config;
    pp_pipeline *pipeline;
    pp_cost cost; ///< what a sale costs, as the firm reckons from its last refit on
    void *state;  ///< the agent's; valid between train and release
    bool trained;
    bool has_portfolio;
    bool limited;            ///< has limits on its prices
    pp_limits limits;        ///< as pp_limits_given returns them
    pp_portfolio *portfolio; ///< categories, and the target once burn-in is over
    double *own;             ///< storage of the arrays below
    double *held;            ///< [n_categories] policies of the current epoch
    double *average;         ///< [n_categories] burn-in average
    double *learned;         ///< [PP_LEARNING_COUNT][updates] the agent's log
} pp_firm;

typedef struct pp_workspace {
    const pp_experiment *experiment;
    size_t n_blocks;
    pp_block *blocks; ///< [n_blocks] one for each thread of the trial
    pp_firm *firms;   ///< [n_firms]
    pp_indices indices;
    pp_accounts accounts;   ///< of the epoch
    pp_breakdown breakdown; ///< of the trial's test epochs
    pp_histories *histories;
    // handed to agents in the round loop, each in memory of its own
    double *row;         ///< [n_columns] one customer's features
    double *open_offers; ///< [n_firms] the offers of a round that an oracle sees
    // the current trial
    const pp_stop_flag *stop; ///< see pp_trial_run
    pp_record *record;
    int64_t trial, epoch;
    bool sequential; ///< some firm is sequential in this epoch: see pp_firm_is_sequential
} pp_workspace;

/// @param blocks threads that share the work of a trial, at least 1
pp_status pp_workspace_create(const pp_experiment *experiment, int blocks, pp_workspace **workspace,
                              pp_error *error);
void pp_workspace_destroy(pp_workspace *workspace); ///< NULL-safe

/// Run one trial. @param stop becomes nonzero to drop it; may be NULL @return PP_OK, PP_ENUMERIC,
/// PP_EINTERRUPTED, PP_ENOMEM
pp_status pp_trial_run(pp_workspace *workspace, int64_t trial, const pp_stop_flag *stop,
                       pp_record *record, pp_error *error);

/// How a run uses its threads.
typedef struct pp_thread_plan {
    int trials, blocks; ///< so many trials at a time, with so many blocks each
} pp_thread_plan;
/// As many trials at a time as there are; where threads are a multiple of that, each trial has so
/// many blocks, at most one for each block of an epoch or for each firm to be refitted.
pp_thread_plan pp_thread_plan_of(const pp_experiment *experiment, int threads);

/// One thread's work: it changes its block and nothing that another thread reads.
typedef void (*pp_stage)(const pp_workspace *workspace, pp_block *block);
/// Run a stage on the first n blocks, each on a thread of its own.
void pp_blocks_run(const pp_workspace *workspace, size_t n, pp_stage stage);
/// The first failure of the first n blocks in their order, whichever thread failed first.
pp_status pp_blocks_failure(const pp_workspace *workspace, size_t n, pp_error *error);

static inline int64_t pp_burn_in_epochs(const pp_workspace *workspace)
{
    return workspace->experiment->scenario->market.burn_in_epochs;
}

/// Is the current epoch a test epoch?
static inline bool pp_testing(const pp_workspace *workspace)
{
    return workspace->epoch >= pp_burn_in_epochs(workspace);
}

/// Does firm f's price depend on the portfolio it holds, or on others' quotes? Then it quotes
/// customer by customer, in the order of rounds.
static inline bool pp_firm_is_sequential(const pp_workspace *workspace, size_t f)
{
    const pp_agent_class *class = workspace->firms[f].config->agent;
    return pp_testing(workspace) && (class->quote || class->quote_seeing);
}

/// The stream of draws that belong to an epoch, or to a firm.
pp_stream pp_trial_stream(const pp_workspace *workspace, int64_t epoch);
/// @return PP_OK, or PP_EINTERRUPTED naming the trial if the run is to end
pp_status pp_trial_interrupted(const pp_workspace *workspace, pp_error *error);

/// The block's customers (customers.first_round, customers.n; indices given) and every price that
/// does not depend on the rounds before. A stage; without sequential firms it includes
/// pp_block_book.
void pp_block_price(const pp_workspace *workspace, pp_block *block);
/// The rounds of the block: quotes of sequential firms, choices, policies held. Blocks take their
/// turn. Leaves block->status.
void pp_block_run_rounds(pp_workspace *workspace, pp_block *block);
/// Accounts of the block and its sample of quotes. A stage.
void pp_block_book(const pp_workspace *workspace, pp_block *block);
/// Count customer i's choice towards the portfolio of the firm chosen.
void pp_portfolio_add_sale(pp_workspace *workspace, const pp_block *block, size_t i);

/// Fill in the sight of firm f's agent, an oracle, of customer i when every other kind of agent has
/// quoted. Sight that its parameters do not name is masked here, by NaN or by no rivals, so the
/// mask is not left to the agent. @param view valid until the next call
void pp_oracle_view_fill(pp_workspace *workspace, const pp_block *block, size_t f, size_t i,
                         pp_oracle_view *view);

/// Write the epoch that has just ended to the trial's record. Portfolio loss and reward follow once
/// the target is known.
void pp_record_epoch(const pp_workspace *workspace);
/// Write the log of firm f's agent.
void pp_record_learning(const pp_workspace *workspace, size_t f);
/// Write the report of firm f's agent on the test epoch that has just ended.
void pp_record_agent_epoch(const pp_workspace *workspace, size_t f, const pp_agent_epoch *report);
/// Score every epoch with the targets.
void pp_record_scores(const pp_workspace *workspace);
/// Write what holds for the whole trial: categories, targets, averages, refits, the breakdown.
void pp_record_trial(const pp_workspace *workspace);
/// Write customer i of a booked block to a row of /quotes.
void pp_record_quote(const pp_workspace *workspace, const pp_block *block, size_t i, size_t row);

#endif

/// @file
/// The contract between an agent and the firm it prices for.
///
/// An agent sees what this header lets it see: features, its own cost estimates, its own fitted
/// models, its own portfolio and history, and what `observe:` reveals of past rounds. Latent
/// variables and rivals' open offers are in no type that reaches it.
///
/// One file per agent, ending in one `const pp_agent_class`, plus one line in agents/agents.def;
/// or, out of tree, plus PP_AGENT_PLUGIN in a shared object (docs/plugins.md).
///
/// Threads: the class is shared and const. An agent object belongs to one trial; one thread at a
/// time calls it, not always the same, but for `quote_batch` and `prepare`: they are called for
/// several blocks at once, maybe before `quote` has had the rounds of earlier blocks. To them the
/// state, and all that it points to, is for reading.
#ifndef PURSUIT_AGENTS_AGENT_H
#define PURSUIT_AGENTS_AGENT_H

#include "market/base/param.h"
#include "market/base/stop.h"
#include "market/schema.h"
#include "pricing/break_even.h"
#include "pricing/pipeline.h"
#include "pricing/portfolio.h"

enum { PP_AGENT_ABI = 7 };

/// What a learner writes down as it learns, one number per update; NaN until written.
typedef enum pp_learning_series {
    PP_LEARNING_VALUE,    ///< GBP; expected reward of an epoch from its start, by the agent's
                          ///< reckoning
    PP_LEARNING_RETURN,   ///< GBP; mean reward of the update's rollouts
    PP_LEARNING_TD_ERROR, ///< GBP; root mean square of what is left unexplained at this update
    PP_LEARNING_KL,       ///< nats per epoch; KL of the policy from its reference
    PP_LEARNING_COUNT
} pp_learning_series;
typedef struct pp_learning {
    size_t n_updates;                  ///< what `updates` of the class said
    double *series[PP_LEARNING_COUNT]; ///< each [n_updates]
} pp_learning;

/// The firm's situation, known once the last burn-in epoch is over.
typedef struct pp_agent_setup {
    const pp_schema *schema;
    const pp_pipeline *pipeline;   ///< the firm's fitted models, frozen, and its limits on prices
    const pp_cost *cost;           ///< what a sale costs the firm; see pricing/break_even.h
    const pp_history *history;     ///< the firm's own
    const pp_portfolio *portfolio; ///< categories and target; NULL if the firm has none
    const double *burn_in_average; ///< [n_categories] policies
    int64_t rounds;                ///< T
    pp_stream stream; ///< for the agent's own draws, with purpose PP_DRAW_AGENT; its seed is
                      ///< not the run's
    const pp_stop_flag *stop;    ///< may be NULL; a `train` that takes long returns what
                                 ///< pp_stop_check does
    const pp_learning *learning; ///< to write to during train; NULL if nothing is recorded
} pp_agent_setup;

/// What a scenario says of the firm's situation, as far as it is known; a rule about what is not
/// known is not broken.
typedef struct pp_agent_outline {
    int64_t rounds;                    ///< T; 0 if not known
    double bid_min, bid_max;           ///< range of the bid; NaN if not known
    double min_multiple, max_multiple; ///< the firm's limits; NaN or 0 if it has none
    size_t n_categories;               ///< of the portfolio; 0 if not known, or if there is none
    pp_observe observe; ///< what firms see of others' quotes; PP_OBSERVE_ALL if not known
} pp_agent_outline;

/// A block of quotes to price, state-free stage done. Arrays are [n], borrowed.
typedef struct pp_agent_batch {
    size_t n;
    int64_t first_round;           ///< round of element 0 within the epoch
    const double *const *features; ///< [n_columns][n]
    /// The unit of prices, GBP: the price at which a sale breaks even by the firm's own estimate of
    /// claims; that estimate, C, where the firm has no economics. See pricing/break_even.h.
    const double *unit;
    const pp_curves *curves;  ///< conversion curve of each quote
    const double *null_bid;   ///< the bid for profit only, within the firm's limits
    const double *break_even; ///< k: a sale at a units earns in proportion to a - k
    /// The firm's limits: what is below `low` will be quoted at `low`, what is above `high` at
    /// `high`, after exploration too. Plan with the price that will be quoted. 0 and infinity
    /// where there is no limit. They say nothing of the range of the bid.
    const double *low, *high;
    const uint64_t *categories; ///< bit k set if the customer is in category k of the firm
} pp_agent_batch;

/// One quote to make, for an agent whose price depends on the portfolio held. It holds this
/// customer alone: who comes next is not known yet.
typedef struct pp_agent_quote {
    int64_t round;          ///< within the epoch; 0 starts a new one
    const double *features; ///< [n_columns]
    double unit;            ///< of prices, GBP, as in pp_agent_batch
    double null_bid;        ///< the bid for profit only, within the firm's limits
    double break_even;      ///< k: a sale at a units earns in proportion to a - k
    double low, high;       ///< the firm's limits, as in pp_agent_batch
    pp_curves curve;        ///< conversion curve; element 0
    uint64_t categories;    ///< bit k set if the customer is in category k of the firm
    const double *prepared; ///< [class->prepared] what `prepare` made of this customer
} pp_agent_quote;

/// What an agent says of a test epoch that is over.
typedef struct pp_agent_epoch {
    double reference_kl; ///< nats, summed over the epoch's quotes; NaN if it has no reference
} pp_agent_epoch;

/// Latent variables and rivals' open offers: for the built-in `oracle` alone, see agents/oracle.h.
typedef struct pp_oracle_view pp_oracle_view;

typedef struct pp_agent_class {
    int abi;          ///< PP_AGENT_ABI
    const char *name; ///< as in a scenario
    const char *doc;  ///< one line
    const pp_param_table *params;
    size_t state_size;    ///< bytes of state; zeroed before train
    bool needs_portfolio; ///< without categories and a target it has nothing to do

    /// Prepare for the test epochs. May allocate; `release` frees.
    pp_status (*train)(void *state, const void *params, const pp_agent_setup *setup,
                       pp_error *error);
    void (*release)(
        void *state); ///< may be NULL; called once if train was, whether or not it succeeded

    /// An agent has one of the two that follow; where it has both, `quote` is used.
    /// Multipliers of a whole block, for an agent whose quotes do not depend on the portfolio held.
    /// Each depends on its own customer only.
    void (*quote_batch)(const void *state, const pp_agent_batch *batch, double *multiplier);
    /// Multiplier of one quote given the portfolio held, [n_categories] policies, for one whose do.
    /// Called once for each round, in order.
    double (*quote)(void *state, const pp_agent_quote *quote, const double *held);

    /// What follows may be 0 or NULL.
    /// Rules that tie parameters, each within its range, together or to the outline: checked when a
    /// scenario is read, and again when more is known.
    /// @return PP_OK, or PP_EINVAL with a sentence that begins with a parameter's name and a colon
    pp_status (*check)(const void *params, const pp_agent_outline *outline, pp_error *error);
    /// Doubles per quote that `prepare` makes.
    size_t prepared;
    /// State-free stage before a block's rounds: whatever does not depend on the portfolio held.
    /// Each row depends on its own customer only. @param prepared [n][class->prepared]
    void (*prepare)(const void *state, const pp_agent_batch *batch, double *prepared);
    /// A test epoch is over. Called after its last quote.
    void (*end_epoch)(void *state, pp_agent_epoch *epoch);
    /// How many updates `train` logs with these parameters; at most PP_LEARNING_UPDATES.
    size_t (*updates)(const void *params);
    /// `quote` for the built-in oracle, which replaces it there; any other class must leave it
    /// NULL.
    double (*quote_seeing)(void *state, const pp_agent_quote *quote, const double *held,
                           const pp_oracle_view *view);
} pp_agent_class;

enum { PP_LEARNING_UPDATES = 10000 };

/// Every type that an agent and the program which runs it hand each other. X(type)
#define PP_AGENT_TYPES(X)                                                                          \
    X(pp_agent_class)                                                                              \
    X(pp_agent_setup)                                                                              \
    X(pp_agent_batch)                                                                              \
    X(pp_agent_quote)                                                                              \
    X(pp_agent_epoch)                                                                              \
    X(pp_agent_outline)                                                                            \
    X(pp_learning)                                                                                 \
    X(pp_cost)                                                                                     \
    X(pp_curves)                                                                                   \
    X(pp_error)                                                                                    \
    X(pp_history)                                                                                  \
    X(pp_limits)                                                                                   \
    X(pp_param)                                                                                    \
    X(pp_param_table)                                                                              \
    X(pp_portfolio)                                                                                \
    X(pp_reals)                                                                                    \
    X(pp_schema)                                                                                   \
    X(pp_stream)                                                                                   \
    X(pp_text)

enum {
#define PP_AGENT_TYPE(type) +1
    PP_AGENT_N_TYPES = PP_AGENT_TYPES(PP_AGENT_TYPE)
#undef PP_AGENT_TYPE
};

/// What a shared object shows of the agent in it, under the name `pp_agent_plugin`. Version and
/// sizes come before anything that depends on them, so that an object from other headers is known
/// as such before its class is looked at.
typedef struct pp_agent_export {
    uint32_t abi;     ///< PP_AGENT_ABI it was compiled with; first in all versions
    uint32_t n_types; ///< PP_AGENT_N_TYPES it was compiled with
    const pp_agent_class *agent;
    uint32_t sizes[PP_AGENT_N_TYPES]; ///< bytes of each of PP_AGENT_TYPES
} pp_agent_export;

#define PP_AGENT_SIZE(type) (uint32_t)sizeof(type),
/// Makes a shared object an agent: write `PP_AGENT_PLUGIN(class);` once, at the end of the file
/// that defines the class.
#define PP_AGENT_PLUGIN(class)                                                                     \
    extern PP_API const pp_agent_export pp_agent_plugin;                                           \
    const pp_agent_export pp_agent_plugin = {                                                      \
        PP_AGENT_ABI, PP_AGENT_N_TYPES, &(class), {PP_AGENT_TYPES(PP_AGENT_SIZE)}}

/// All built-in classes, in the order of agents.def; NULL-terminated.
extern PP_API const pp_agent_class *const pp_agent_classes[];
/// Class of that name, or NULL.
PP_API const pp_agent_class *pp_agent_find(const char *name);

#endif

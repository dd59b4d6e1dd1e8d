/// @file
/// The chance of a sale as a planner sees it.
///
/// `pipeline` is the model that every firm prices with. `own` is fitted by the planner on the same
/// history: logit P = alpha(x) - beta a with x the pipeline's own logit at a = 1, log C and every
/// feature. A market model reads the features as to what rivals will ask; what kind of customer
/// this is, and so how soon it walks away, it cannot say. The slope is pulled towards a prior:
/// prices in a history were chosen, hardly varied, and a slope fitted to them alone is noisy and
/// too flat.
#ifndef PURSUIT_AGENTS_PLANNING_SALE_MODEL_H
#define PURSUIT_AGENTS_PLANNING_SALE_MODEL_H

#include "agents/agent.h"

typedef enum pp_sale_source { PP_SALE_OWN, PP_SALE_PIPELINE } pp_sale_source;

typedef struct pp_sale_config {
    int conversion;      ///< pp_sale_source
    double ridge;        ///< rows
    double prior_slope;  ///< logits per unit multiplier; NaN: that of the pipeline's fit
    double prior_weight; ///< rows
} pp_sale_config;

extern PP_API const char *const pp_sale_sources[];

/// Rows of an agent's parameter table, for a member `m` of type pp_sale_config.
#define PP_SALE_ROWS(m)                                                                            \
    ENUM_IN(m, conversion, pp_sale_sources,                                                        \
            "the chance of a sale: a model of the agent's own on every feature, or the "           \
            "pipeline's",                                                                          \
            DESIGN),                                                                               \
        PP_SALE_OWN_ROWS(m)
/// Those of the own model alone.
#define PP_SALE_OWN_ROWS(m)                                                                        \
    REAL_IN(m, ridge, 2, 1e-9, 1e6, 0, "rows", "weight of the own model's prior", DESIGN),         \
        {.name = "prior_slope",                                                                    \
         .offset = offsetof(CONFIG, m.prior_slope),                                                \
         .type = PP_PARAM_REAL,                                                                    \
         .default_number = NAN,                                                                    \
         .min = 1e-3,                                                                              \
         .max = 1e6,                                                                               \
         .flags = PP_OPTIONAL | PP_AUTO,                                                           \
         .unit = "1",                                                                              \
         .doc = "logits per unit multiplier towards which the own model's slope is pulled",        \
         .citation = DESIGN,                                                                       \
         .derived = "auto: the slope of the pipeline's fit"},                                      \
        REAL_IN(m, prior_weight, 300, 1e-9, 1e9, 0, "rows",                                        \
                "weight of the prior on the own model's slope", DESIGN)

/// A fitted model, or the pipeline's. Zeroed is valid for pp_sale_model_release.
typedef struct pp_sale_model {
    const pp_pipeline *pipeline;
    void *own; ///< a logistic model, or NULL for the pipeline's
    int n_columns;
    size_t curve_size; ///< doubles of a curve
    double low, high;  ///< range of the bid; a caller may narrow it
} pp_sale_model;

/// Fit on the firm's own history. @return PP_OK, PP_ENOMEM, PP_ENUMERIC
PP_API pp_status pp_sale_model_fit(const pp_sale_config *config, const pp_agent_setup *setup,
                                   pp_sale_model *model, pp_error *error);
PP_API void pp_sale_model_release(pp_sale_model *model);

/// Curves of many quotes. Each row depends on its own customer only.
/// @param curves [n][curve_size]; for the pipeline's model a copy of what it made
PP_API void pp_sale_curves(const pp_sale_model *model, const double *const *features,
                           const double *unit, const pp_curves *pipeline, double *curves);

/// P(sale) at a multiplier, and argmax over [low, high] of P(a)(a - k), which has one peak, held
/// within the firm's limits.
/// @param curve [curve_size]
/// @param range that can be quoted; see pp_limits_range
PP_API double pp_sale_probability(const pp_sale_model *model, const double *curve,
                                  double multiplier);
PP_API double pp_sale_bid(const pp_sale_model *model, const double *curve, double k,
                          pp_price_range range);
/// Both for one quote's curve: P(sale) of n multipliers, and the best bids at n values of k with
/// their P.
/// @param multiplier, k, bid, p [n]
PP_API void pp_sale_probabilities(const pp_sale_model *model, const double *curve, size_t n,
                                  const double *multiplier, double *p);
PP_API void pp_sale_bids(const pp_sale_model *model, const double *curve, size_t n, const double *k,
                         pp_price_range range, double *bid, double *p);

#endif

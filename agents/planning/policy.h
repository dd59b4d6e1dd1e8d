/// @file
/// @internal
/// The reference policy and what is done with it. Around the firm's null bid lies a grid of
/// candidate multipliers with weights pi_b; a temperature tau in GBP is the price of one nat of
/// departure from it. What has no weight is never quoted: a cap of the agent's own is a zero in
/// pi_b. The firm's limits are of another kind: a candidate beyond a limit is quoted at the limit,
/// and gives it its weight. So pi_b is the distribution of what the reference policy would have
/// customers see: with a null bid at a limit, half of it is there, and no candidate of pi_b has to
/// pay for a departure that nobody sees.
///
///   Q(a) = P(a)(C(a - k) + d)                    d: value of the sale to the portfolio, GBP
///   V = tau log sum_a pi_b(a) exp(Q(a)/tau)      pi(a) = pi_b(a) exp((Q(a) - V)/tau)
///
/// KL-Regularised Q-Learning, arXiv 2508.17000, with Q less the value of going on without a sale.
#ifndef PURSUIT_AGENTS_PLANNING_POLICY_H
#define PURSUIT_AGENTS_PLANNING_POLICY_H

#include "agents/planning/sale_model.h"

typedef enum pp_act { PP_ACT_MEAN, PP_ACT_MODE, PP_ACT_SAMPLE } pp_act;

enum { PP_CANDIDATES_MAX = 201, PP_CANDIDATES_ROOM = 208 }; ///< the room is a multiple of 8

typedef struct pp_policy_config {
    double temperature;      ///< tau, GBP per nat
    int64_t candidates;      ///< of the grid
    double centre;           ///< of pi_b, as a multiple of the null bid
    double spread;           ///< s.d. of pi_b before it is cut, as a share of its centre
    double support;          ///< greatest departure from the centre, as a share of it
    double cap_min, cap_max; ///< multiples of C that the agent never leaves; NaN: the bid's range
    int act;                 ///< pp_act
} pp_policy_config;

extern const char *const pp_act_names[];

/// Rows of an agent's parameter table, for a member `m` of type pp_policy_config: the grid, and
/// all.
/// @param when text before the descriptions of what counts only if there is a grid
#define PP_POLICY_GRID_ROWS(m, when)                                                               \
    INTEGER_IN(m, candidates, 41, 1, PP_CANDIDATES_MAX, "1",                                       \
               when "multipliers on the reference policy's grid", DESIGN),                         \
        REAL_IN(m, centre, 1, 0.1, 10, 0, "1",                                                     \
                when "centre of the reference policy, as a multiple of the null bid", DESIGN),     \
        REAL_IN(m, support, 0.12, 0, 0.9, 0, "1",                                                  \
                when "greatest departure from the reference's centre, as a share of it", DESIGN),  \
        CAP_IN(m, cap_min, "least multiplier that the agent quotes"),                              \
        CAP_IN(m, cap_max, "greatest multiplier that the agent quotes")
#define PP_POLICY_ROWS(m, temperature_)                                                            \
    REAL_IN(m, temperature, temperature_, 0, 1e12, 0, "GBP",                                       \
            "price of a nat of departure from the reference policy; 0: none", PP_KLQ_PAPER),       \
        ENUM_IN(m, act, pp_act_names, "the policy's mean multiplier, its mode, or a draw",         \
                DESIGN),                                                                           \
        REAL_IN(m, spread, 0.03, 1e-6, 1e6, 0, "1",                                                \
                "standard deviation of the reference policy, as a share of its centre", DESIGN),   \
        PP_POLICY_GRID_ROWS(m, "")
#define PP_KLQ_PAPER "arXiv 2508.17000"
#define CAP_IN(m, field, doc_)                                                                     \
    {                                                                                              \
        .name = #field, .offset = offsetof(CONFIG, m.field), .type = PP_PARAM_REAL,                \
        .default_number = NAN, .min = 1e-3, .max = 1e3, .flags = PP_OPTIONAL, .unit = "1",         \
        .doc = doc_, .citation = DESIGN, .derived = "the end of the bid's range"                   \
    }

/// The caps, or the ends of the bid's range where one is not given.
void pp_policy_caps(const pp_policy_config *config, double bid_min, double bid_max, double *low,
                    double *high);

/// One quote's candidates, in ascending order.
typedef struct pp_candidates {
    size_t n;
    double multiplier[PP_CANDIDATES_ROOM];
    double reference[PP_CANDIDATES_ROOM]; ///< pi_b, sums to 1
    double sale[PP_CANDIDATES_ROOM];      ///< P
} pp_candidates;

/// @param bid_min, bid_max the bid's range, in place of a cap that is not given; NaN if not known
/// @return PP_OK, or PP_EINVAL if cap_min is above cap_max
pp_status pp_policy_check(const pp_policy_config *config, double bid_min, double bid_max,
                          pp_error *error);
/// pp_policy_check by what an outline says, and:
/// @return PP_EINVAL if no multiplier is both between the caps and within the firm's limits in
/// multiples
pp_status pp_policy_check_outline(const pp_policy_config *config, const pp_agent_outline *outline,
                                  pp_error *error);

/// Evenly spaced multipliers over centre (1 +- support), those outside the caps left out, those
/// beyond the firm's limits moved to them; weights those of a normal law. If the caps leave none,
/// the one multiplier within them that is nearest.
/// @param curve [model->curve_size]
/// @param range that can be quoted; see pp_limits_range
void pp_candidates_make(const pp_policy_config *config, const pp_sale_model *model,
                        const double *curve, double null_bid, pp_price_range range,
                        pp_candidates *candidates);

/// What the soft maximum comes to.
typedef struct pp_soft {
    double value;      ///< V, GBP; at temperature 0 the greatest Q
    double conversion; ///< E_pi P, which is dV/dd
    double kl;         ///< nats; KL(pi || pi_b)
} pp_soft;

/// @param policy [n] becomes pi; may be NULL
pp_soft pp_soft_maximum(const pp_candidates *candidates, double temperature, pp_stake stake,
                        double d, double *policy);

/// V and its slope at many values of a sale. @param d, value, slope [m]
void pp_soft_maxima(const pp_candidates *candidates, double temperature, pp_stake stake,
                    const double *d, size_t m, double *value, double *slope);

/// Candidate that a draw of the policy gives. @param policy [n] @param u uniform in (0, 1)
size_t pp_policy_draw(const double *policy, size_t n, double u);

/// The multiplier to quote. @param u uniform in (0, 1), for PP_ACT_SAMPLE
double pp_policy_act(const pp_candidates *candidates, const double *policy, pp_act act, double u);

#endif

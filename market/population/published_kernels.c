// The vectorised draw of the published population's customers.
#include "market/population/published_kernels.h"

#include <math.h>

#include "market/base/lanes_maths.h"
#include "market/quantile_lanes.h"

enum { STRIP = PP_PUBLISHED_STRIP };

_Static_assert((int)STRIP <= (int)PP_QUANTILE_STRIP, "a strip's quantiles are found at once");

/// Columns of one strip of customers.
typedef struct strip {
    size_t n;
    double (*u)[STRIP];
    int32_t age[STRIP], location[STRIP], occupation[STRIP]; ///< age from the youngest
    double x[PP_PUBLISHED_LATENTS][STRIP];
} strip;

/// A value that is not negative, rounded down to a multiple of `step`.
static inline double floor_to(double value, double step)
{
    return step * pp_floor(value / step);
}

/// Binomial by inversion; n and p are small, so the loop is short. @param mass of 0
static int binomial_draw(int n, double p, double mass, double u)
{
    if (p <= 0)
        return 0;
    if (p > 0.5) // from the other end, where the first term cannot underflow
        return n - binomial_draw(n, 1 - p, exp(n * log(p)), 1 - u);
    double odds = p / (1 - p), below = mass;
    int k = 0;
    while (u >= below && k < n) {
        mass *= odds * (n - k) / (k + 1);
        below += mass;
        k++;
    }
    return k;
}

static inline void to_reals(const int32_t *x, size_t n, double *restrict y)
{
    for (size_t i = 0; i < n; i++)
        y[i] = x[i];
}

/// Discrete draws, one customer at a time: which table it is depends on those before. What does not
/// is worked out for all beforehand, or afterwards.
static void draw_discrete(const pp_published *p, strip *s)
{
    enum { AGE, OCCUPATION, CHILDREN, DRIVING, DRAWS };
    static const int lanes[DRAWS] = {PP_U_AGE, PP_U_OCCUPATION, PP_U_CHILDREN, PP_U_DRIVING};
    const double locations = (double)p->config.locations;
    int32_t guide[DRAWS][STRIP], married[STRIP], children[STRIP], driving[STRIP];
    for (int j = 0; j < DRAWS; j++)
        for (size_t i = 0; i < s->n; i++)
            guide[j][i] = pp_discrete_guide(s->u[lanes[j]][i]);
    for (size_t i = 0; i < s->n; i++)
        s->location[i] = (int32_t)(s->u[PP_U_LOCATION][i] * locations);
    for (size_t i = 0; i < s->n; i++) {
        int age = pp_discrete_from(&p->age, guide[AGE][i], s->u[PP_U_AGE][i]);
        int wed = s->u[PP_U_MARRIED][i] < p->p_married[age];
        s->age[i] = age;
        married[i] = wed;
        driving[i] =
            pp_discrete_from(&p->driving[age], guide[DRIVING][i], s->u[PP_U_DRIVING][i]) + 1;
        children[i] =
            pp_discrete_from(&p->children[age][wed], guide[CHILDREN][i], s->u[PP_U_CHILDREN][i]);
        s->occupation[i] = pp_discrete_from(&p->occupation[s->location[i]], guide[OCCUPATION][i],
                                            s->u[PP_U_OCCUPATION][i]);
        s->x[PP_L_SALARY][i] = p->base_income[age];
    }
    to_reals(married, s->n, s->x[PP_L_MARRIED]);
    to_reals(children, s->n, s->x[PP_L_CHILDREN]);
    to_reals(driving, s->n, s->x[PP_L_DRIVING]);
}

/// What is left of a salary here is a share of the income of the customer's age.
static void draw_quantiles(const pp_published *p, strip *s)
{
    const pp_published_config *c = &p->config;
    const double scale = c->salary_scale, least = c->salary_quantile_floor;
    const double stretch = c->percentile_stretch;
    double *restrict percentile = s->x[PP_L_PERCENTILE], *restrict salary = s->x[PP_L_SALARY];
    double share[STRIP];
    pp_quantile_strip(p->percentile, s->occupation, s->u[PP_U_PERCENTILE], s->n, percentile);
    for (size_t i = 0; i < s->n; i++)
        percentile[i] *= stretch;
    pp_quantile_strip(&p->salary, NULL, percentile, s->n, share);
    for (size_t i = 0; i < s->n; i++) {
        double q = percentile[i], of_range = q >= 1 ? 1 : share[i];
        percentile[i] = q >= 1 ? 1 : q;
        salary[i] = scale * salary[i] * (of_range > least ? of_range : least);
    }
    pp_quantile_strip(p->risk, s->location, s->u[PP_U_RISK], s->n, s->x[PP_L_RISK]);
    pp_quantile_strip(&p->car, NULL, s->u[PP_U_CAR], s->n, s->x[PP_L_CAR]);
}

static void draw_household(const pp_published *p, strip *s)
{
    const pp_published_config *c = &p->config;
    const double *restrict u = s->u[PP_U_PARTNER];
    double *restrict salary = s->x[PP_L_SALARY], *restrict partner = s->x[PP_L_PARTNER];
    double *restrict household = s->x[PP_L_HOUSEHOLD], *restrict age = s->x[PP_L_AGE];
    double *restrict location = s->x[PP_L_LOCATION], *restrict occupation = s->x[PP_L_OCCUPATION];
    const double *married = s->x[PP_L_MARRIED], *children = s->x[PP_L_CHILDREN];
    double tail[STRIP];
    for (size_t i = 0; i < s->n; i++)
        tail[i] = 2 * (u[i] < 0.5 ? u[i] : 1 - u[i]);
    pp_logs(tail, s->n);
    for (size_t i = 0; i < s->n; i++) { // Laplace's distribution
        double share = c->partner_location + c->partner_scale * (u[i] < 0.5 ? tail[i] : -tail[i]);
        salary[i] = floor_to(salary[i], c->money_step);
        double earned = salary[i] * share;
        earned = floor_to(earned > 0 ? earned : 0, c->money_step);
        partner[i] = married[i] > 0 ? earned : 0;
        household[i] = (salary[i] + partner[i]) / (1 + married[i] + children[i]);
        age[i] = p->youngest + s->age[i];
        location[i] = s->location[i];
        occupation[i] = s->occupation[i];
    }
}

/// Most customers have few claims, and where to stop nobody can guess: the first steps of
/// binomial_draw are taken for all, without branches, and those who need more start again.
static void draw_claims(const pp_published *p, strip *s)
{
    enum { FEW = 3 };
    const double frequency = p->config.claim_frequency;
    const double *driving = s->x[PP_L_DRIVING], *risk = s->x[PP_L_RISK], *u = s->u[PP_U_CLAIMS];
    double *restrict claims = s->x[PP_L_CLAIMS];
    double none[STRIP], more[STRIP];
    for (size_t i = 0; i < s->n; i++)
        none[i] = 1 - frequency * risk[i];
    pp_logs(none, s->n);
    for (size_t i = 0; i < s->n; i++)
        none[i] *= driving[i];
    pp_exps(none, s->n);
    for (size_t i = 0; i < s->n; i++) {
        double chance = frequency * risk[i], odds = chance / (1 - chance);
        double mass = none[i], below = mass, count = 0, going = chance > 0 ? 1 : 0;
        for (int k = 0; k < FEW; k++) {
            going = u[i] >= below ? going : 0;
            going = k < driving[i] ? going : 0;
            count += going;
            mass *= odds * (driving[i] - k) / (k + 1);
            below += mass;
        }
        claims[i] = count;
        going = u[i] >= below ? going : 0;
        more[i] = chance > 0.5 ? 1 : going;
    }
    for (size_t i = 0; i < s->n; i++)
        if (more[i] > 0)
            claims[i] = binomial_draw((int)driving[i], frequency * risk[i], none[i], u[i]);
}

static void draw_premium(const pp_published *p, strip *s)
{
    const pp_published_config *c = &p->config;
    const double *driving = s->x[PP_L_DRIVING], *risk = s->x[PP_L_RISK],
                 *claims = s->x[PP_L_CLAIMS];
    const double *married = s->x[PP_L_MARRIED], *children = s->x[PP_L_CHILDREN],
                 *salary = s->x[PP_L_SALARY];
    double *restrict perception = s->x[PP_L_PERCEPTION], *restrict car = s->x[PP_L_CAR];
    double *restrict premium = s->x[PP_L_PREMIUM];
    for (size_t i = 0; i < s->n; i++) {
        perception[i] =
            claims[i] / (c->perception_frequency * driving[i]) + c->perception_risk * risk[i];
        car[i] = (c->car_minimum + car[i]) * salary[i] / (1 + children[i] / (1 + married[i]));
        double full = (c->premium_risk_offset + risk[i]) * car[i] * c->premium_per_value;
        premium[i] = full < c->premium_maximum ? full : c->premium_maximum;
    }
}

/// The strip as customers from `start` on.
static void put(const pp_published *p, const strip *s, size_t start, pp_customers *to)
{
    const pp_choice_config *c = &p->choice;
    static const int plain[] = {[PP_F_CAR] = PP_L_CAR,
                                [PP_F_CLAIMS] = PP_L_CLAIMS,
                                [PP_F_DRIVING] = PP_L_DRIVING,
                                [PP_F_AGE] = PP_L_AGE,
                                [PP_F_MARRIED] = PP_L_MARRIED};
    int locations = (int)p->config.locations, occupations = locations + 1;
    for (int j = PP_F_CAR; j <= PP_F_MARRIED; j++)
        memcpy(to->features[j] + start, s->x[plain[j]], s->n * sizeof(double));
    for (size_t i = 0; i < s->n; i++)
        to->features[PP_F_HAS_CHILDREN][start + i] = s->x[PP_L_CHILDREN][i] > 0 ? 1 : 0;
    for (int j = 0; j < occupations; j++) {
        double *restrict level = to->features[PP_F_OCCUPATION + j] + start;
        for (size_t i = 0; i < s->n; i++)
            level[i] = s->x[PP_L_OCCUPATION][i] == j ? 1 : 0;
    }
    for (int j = 0; j < locations; j++) {
        double *restrict level = to->features[PP_F_OCCUPATION + occupations + j] + start;
        for (size_t i = 0; i < s->n; i++)
            level[i] = s->x[PP_L_LOCATION][i] == j ? 1 : 0;
    }
    double *restrict sensitivity = to->sensitivity + start;
    double *restrict scale = to->walk_away_scale + start;
    memcpy(to->pure_premium + start, s->x[PP_L_PREMIUM], s->n * sizeof(double));
    for (size_t i = 0; i < s->n; i++) {
        sensitivity[i] = c->sensitivity_scale / s->x[PP_L_HOUSEHOLD][i];
        scale[i] = (c->walk_away_base - c->walk_away_slope * s->x[PP_L_PERCENTILE][i]) *
                   (c->walk_away_base - c->walk_away_slope * s->x[PP_L_PERCEPTION][i]);
    }
}

static void draw(const pp_published *p, double (*u)[STRIP], size_t start, size_t n,
                 pp_customers *customers, double *latents)
{
    strip s; // not zeroed: that would cost as much as a draw
    s.n = n;
    s.u = u;
    draw_discrete(p, &s);
    draw_quantiles(p, &s);
    draw_household(p, &s);
    draw_claims(p, &s);
    draw_premium(p, &s);
    put(p, &s, start, customers);
    for (size_t j = 0; latents && j < PP_PUBLISHED_LATENTS; j++)
        memcpy(latents + j * customers->capacity + start, s.x[j], n * sizeof(double));
}

const pp_published_kernels PP_SIMD_TABLE(pp_published_kernels) = {.draw = draw};

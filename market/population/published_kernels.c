// The vectorised draw of the published population's customers.
#include "market/population/published_kernels.h"

#include <math.h>

#include "market/base/maths.h"

enum { STRIP = PP_PUBLISHED_STRIP };

/// Columns of one strip of customers.
typedef struct strip {
    size_t n;
    double (*u)[STRIP];
    int32_t age[STRIP], location[STRIP], occupation[STRIP]; ///< age from the youngest
    double x[PP_PUBLISHED_LATENTS][STRIP];
} strip;

static inline double floor_to(double value, double step)
{
    return step * floor(value / step);
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

/// What is looked up in tables of a customer's own, one customer at a time.
static void draw_tables(const pp_published *p, strip *s)
{
    const pp_published_config *c = &p->config;
    for (size_t i = 0; i < s->n; i++) {
        int age = pp_discrete_draw(&p->age, s->u[PP_U_AGE][i]);
        int location = (int)(s->u[PP_U_LOCATION][i] * (double)c->locations);
        int occupation = pp_discrete_draw(&p->occupation[location], s->u[PP_U_OCCUPATION][i]);
        int married = s->u[PP_U_MARRIED][i] < p->p_married[age];
        double q = c->percentile_stretch *
                   pp_quantile(&p->percentile[occupation], s->u[PP_U_PERCENTILE][i]);
        double share = q >= 1 ? 1 : pp_quantile(&p->salary, q);
        s->age[i] = age;
        s->location[i] = location;
        s->occupation[i] = occupation;
        s->x[PP_L_PERCENTILE][i] = q >= 1 ? 1 : q;
        s->x[PP_L_SALARY][i] =
            c->salary_scale * p->base_income[age] *
            (share > c->salary_quantile_floor ? share : c->salary_quantile_floor);
        s->x[PP_L_MARRIED][i] = married;
        s->x[PP_L_CHILDREN][i] =
            pp_discrete_draw(&p->children[age][married], s->u[PP_U_CHILDREN][i]);
        s->x[PP_L_DRIVING][i] = pp_discrete_draw(&p->driving[age], s->u[PP_U_DRIVING][i]) + 1;
        s->x[PP_L_RISK][i] = pp_quantile(&p->risk[location], s->u[PP_U_RISK][i]);
        s->x[PP_L_CAR][i] = pp_quantile(&p->car, s->u[PP_U_CAR][i]);
    }
}

static void draw_household(const pp_published *p, strip *s)
{
    const pp_published_config *c = &p->config;
    const double *restrict u = s->u[PP_U_PARTNER];
    double *restrict salary = s->x[PP_L_SALARY], *restrict partner = s->x[PP_L_PARTNER];
    double *restrict household = s->x[PP_L_HOUSEHOLD], *restrict age = s->x[PP_L_AGE];
    double *restrict location = s->x[PP_L_LOCATION], *restrict occupation = s->x[PP_L_OCCUPATION];
    const double *married = s->x[PP_L_MARRIED], *children = s->x[PP_L_CHILDREN];
    for (size_t i = 0; i < s->n; i++) {
        double tail = pp_log_normal(2 * (u[i] < 0.5 ? u[i] : 1 - u[i])); // Laplace's
        double share = c->partner_location + c->partner_scale * (u[i] < 0.5 ? tail : -tail);
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

static void draw_claims(const pp_published *p, strip *s)
{
    const pp_published_config *c = &p->config;
    const double *driving = s->x[PP_L_DRIVING], *risk = s->x[PP_L_RISK];
    double none[STRIP];
    for (size_t i = 0; i < s->n; i++)
        none[i] = pp_exp(driving[i] * pp_log(1 - c->claim_frequency * risk[i]));
    for (size_t i = 0; i < s->n; i++)
        s->x[PP_L_CLAIMS][i] = binomial_draw((int)driving[i], c->claim_frequency * risk[i], none[i],
                                             s->u[PP_U_CLAIMS][i]);
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
    draw_tables(p, &s);
    draw_household(p, &s);
    draw_claims(p, &s);
    draw_premium(p, &s);
    put(p, &s, start, customers);
    for (size_t j = 0; latents && j < PP_PUBLISHED_LATENTS; j++)
        memcpy(latents + j * customers->capacity + start, s.x[j], n * sizeof(double));
}

const pp_published_kernels PP_SIMD_TABLE(pp_published_kernels) = {.draw = draw};

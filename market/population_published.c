// The published population, arXiv 2408.00713. Two of its choices look odd and are its authors' own:
// the number of children is Binomial(4, 1 - ((1 - p)/4)^(1/4)), so that nobody is childless for
// certain, and years driving of the oldest come from a Beta whose second shape is near 0, which in
// double precision has an atom at 1 (one year more than any value below 1 gives).
#include <gsl/gsl_cdf.h>
#include <gsl/gsl_randist.h>
#include <math.h>
#include <stdlib.h>

#include "market/law.h"
#include "market/population_class.h"

enum { MAX_AGES = 256, MAX_LEVELS = PP_MAX_LOCATIONS + 1, MAX_CHILDREN = 21, BLOCK = 128 };

/// Uniforms of a customer, one lane each.
enum lane {
    U_AGE,
    U_LOCATION,
    U_OCCUPATION,
    U_PERCENTILE,
    U_MARRIED,
    U_CHILDREN,
    U_PARTNER,
    U_DRIVING,
    U_RISK,
    U_CLAIMS,
    U_CAR,
    LANES
};

/// Columns of pp_population_latents, and the order of the reference sample.
enum latent {
    AGE,
    LOCATION,
    OCCUPATION,
    PERCENTILE,
    SALARY,
    MARRIED,
    CHILDREN,
    PARTNER,
    HOUSEHOLD,
    DRIVING,
    RISK,
    CLAIMS,
    PERCEPTION,
    CAR,
    PREMIUM,
    LATENTS
};

static const pp_latent latent_columns[LATENTS] = {
    [AGE] = {"age", "years", true},
    [LOCATION] = {"location", "1", true},
    [OCCUPATION] = {"occupation", "1", true},
    [PERCENTILE] = {"income_percentile", "1", false},
    [SALARY] = {"salary", "GBP/year", false},
    [MARRIED] = {"married", "1", true},
    [CHILDREN] = {"children", "1", true},
    [PARTNER] = {"partner_salary", "GBP/year", false},
    [HOUSEHOLD] = {"household_salary", "GBP/year", false},
    [DRIVING] = {"years_driving", "years", true},
    [RISK] = {"risk", "1", false},
    [CLAIMS] = {"claims", "1", true},
    [PERCEPTION] = {"risk_perception", "1", false},
    [CAR] = {"car_value", "GBP", false},
    [PREMIUM] = {"pure_premium", "GBP", false},
};

/// Feature columns before the one-hot ones.
enum { F_CAR, F_CLAIMS, F_DRIVING, F_AGE, F_MARRIED, F_HAS_CHILDREN, F_OCCUPATION };

typedef struct published {
    pp_population base;
    pp_published_config config;
    pp_choice_config choice;
    int ages, youngest;
    double *cumulative; ///< storage of every discrete law
    pp_discrete age, occupation[PP_MAX_LOCATIONS];
    pp_discrete children[MAX_AGES][2], driving[MAX_AGES];
    double base_income[MAX_AGES], p_married[MAX_AGES];
    pp_quantile_table salary, car;
    pp_quantile_table *percentile; ///< [locations + 1]
    pp_quantile_table *risk;       ///< [locations]
} published;

typedef struct customer {
    double value[LATENTS];
} customer;

static double floor_to(double value, double step)
{
    return step * floor(value / step);
}

/// Binomial by inversion; n and p are small, so the loop is short.
static int binomial_draw(int n, double p, double u)
{
    if (p <= 0)
        return 0;
    if (p > 0.5) // from the other end, where the first term cannot underflow
        return n - binomial_draw(n, 1 - p, 1 - u);
    double mass = exp(n * log1p(-p)), odds = p / (1 - p), below = mass;
    int k = 0;
    while (u >= below && k < n) {
        mass *= odds * (n - k) / (k + 1);
        below += mass;
        k++;
    }
    return k;
}

static double laplace_quantile(double u)
{
    return u < 0.5 ? log(2 * u) : -log(2 * (1 - u));
}

static double draw_salary(const published *p, int age, double q)
{
    const pp_published_config *c = &p->config;
    double quantile = q >= 1 ? 1 : pp_quantile(&p->salary, q);
    double salary =
        c->salary_scale * p->base_income[age] * fmax(quantile, c->salary_quantile_floor);
    return floor_to(salary, c->money_step);
}

static void draw_household(const published *p, int age, const double *u, double *x)
{
    const pp_published_config *c = &p->config;
    int married = u[U_MARRIED] < p->p_married[age];
    double children = pp_discrete_draw(&p->children[age][married], u[U_CHILDREN]);
    double share = c->partner_location + c->partner_scale * laplace_quantile(u[U_PARTNER]);
    double partner = married ? floor_to(fmax(x[SALARY] * share, 0), c->money_step) : 0;
    x[MARRIED] = married;
    x[CHILDREN] = children;
    x[PARTNER] = partner;
    x[HOUSEHOLD] = (x[SALARY] + partner) / (1 + married + children);
}

static void draw_driving(const published *p, int age, int location, const double *u, double *x)
{
    const pp_published_config *c = &p->config;
    x[DRIVING] = pp_discrete_draw(&p->driving[age], u[U_DRIVING]) + 1;
    x[RISK] = pp_quantile(&p->risk[location], u[U_RISK]);
    x[CLAIMS] = binomial_draw((int)x[DRIVING], c->claim_frequency * x[RISK], u[U_CLAIMS]);
    x[PERCEPTION] =
        x[CLAIMS] / (c->perception_frequency * x[DRIVING]) + c->perception_risk * x[RISK];
    x[CAR] = (c->car_minimum + pp_quantile(&p->car, u[U_CAR])) * x[SALARY] /
             (1 + x[CHILDREN] / (1 + x[MARRIED]));
    x[PREMIUM] = fmin((c->premium_risk_offset + x[RISK]) * x[CAR] * c->premium_per_value,
                      c->premium_maximum);
}

static void draw_customer(const published *p, const double *u, double *x)
{
    const pp_published_config *c = &p->config;
    int age = pp_discrete_draw(&p->age, u[U_AGE]);
    int location = (int)(u[U_LOCATION] * (double)c->locations);
    int occupation = pp_discrete_draw(&p->occupation[location], u[U_OCCUPATION]);
    x[AGE] = p->youngest + age;
    x[LOCATION] = location;
    x[OCCUPATION] = occupation;
    x[PERCENTILE] =
        fmin(1, c->percentile_stretch * pp_quantile(&p->percentile[occupation], u[U_PERCENTILE]));
    x[SALARY] = draw_salary(p, age, x[PERCENTILE]);
    draw_household(p, age, u, x);
    draw_driving(p, age, location, u, x);
}

/// Write customer i of the batch from its latents.
static void put_customer(const published *p, const double *x, size_t i, pp_customers *to)
{
    const pp_choice_config *choice = &p->choice;
    int locations = (int)p->config.locations, occupations = locations + 1;
    double **f = to->features;
    f[F_CAR][i] = x[CAR];
    f[F_CLAIMS][i] = x[CLAIMS];
    f[F_DRIVING][i] = x[DRIVING];
    f[F_AGE][i] = x[AGE];
    f[F_MARRIED][i] = x[MARRIED];
    f[F_HAS_CHILDREN][i] = x[CHILDREN] > 0;
    for (int j = 0; j < occupations; j++)
        f[F_OCCUPATION + j][i] = (int)x[OCCUPATION] == j;
    for (int j = 0; j < locations; j++)
        f[F_OCCUPATION + occupations + j][i] = (int)x[LOCATION] == j;
    to->pure_premium[i] = x[PREMIUM];
    to->sensitivity[i] = choice->sensitivity_scale / x[HOUSEHOLD];
    to->walk_away_scale[i] = (choice->walk_away_base - choice->walk_away_slope * x[PERCENTILE]) *
                             (choice->walk_away_base - choice->walk_away_slope * x[PERCEPTION]);
}

static void published_draw(const pp_population *population, const pp_stream *stream,
                           pp_customers *customers, double *latents)
{
    const published *p = (const published *)population;
    double lane[LANES][BLOCK], u[LANES], x[LATENTS];
    customers->walk_away_from_reference = true;
    for (size_t start = 0; start < customers->n; start += BLOCK) {
        size_t n = customers->n - start < BLOCK ? customers->n - start : BLOCK;
        pp_random_uniform(stream, PP_DRAW_CUSTOMER,
                          (uint32_t)(customers->first_round + (int64_t)start), n, 0, LANES, BLOCK,
                          lane[0]);
        for (size_t i = 0; i < n; i++) {
            for (int j = 0; j < LANES; j++)
                u[j] = lane[j][i];
            draw_customer(p, u, x);
            put_customer(p, x, start + i, customers);
            for (size_t j = 0; latents && j < LATENTS; j++)
                latents[j * customers->capacity + start + i] = x[j];
        }
    }
}

static void published_destroy(pp_population *population)
{
    published *p = (published *)population;
    free(p->cumulative);
    free(p->percentile);
    free(p->risk);
    free(p);
}

static const pp_population_class published_class = {published_draw, published_destroy};

// ---- building ----

static void build_age(published *p, double *cumulative)
{
    const pp_published_config *c = &p->config;
    for (int i = 0; i < p->ages; i++) {
        double edge = (p->youngest + i + 1 - c->age_minimum) / c->age_range;
        cumulative[i] = edge >= 1 ? 1 : gsl_cdf_beta_P(edge, c->age_alpha, c->age_beta);
    }
    pp_discrete_build(cumulative, p->ages, &p->age);
}

static void build_binomial(int n, double probability, double *cumulative, pp_discrete *law)
{
    for (int k = 0; k <= n; k++)
        cumulative[k] = gsl_cdf_binomial_P((unsigned)k, probability, (unsigned)n);
    pp_discrete_build(cumulative, n + 1, law);
}

static double child_probability(const pp_published_config *c, double age, int married)
{
    if (age >= c->child_age_end)
        return 0;
    double left = age - c->age_minimum, right = age - c->child_age_end;
    double p = left * left * right * right / pow(c->child_age_half, 4);
    return fmin(1, p) * (married ? c->child_married : c->child_single);
}

static void build_children(published *p, int age, int married, double *cumulative)
{
    const pp_published_config *c = &p->config;
    double n = (double)c->child_maximum;
    double p_child = child_probability(c, p->youngest + age, married);
    build_binomial((int)n, 1 - pow((1 - p_child) / n, 1 / n), cumulative,
                   &p->children[age][married]);
}

/// P(Beta(a, b) < x), where sums in double precision round to 1 what is within half an ulp of it.
static double rounded_beta_cdf(double x, double a, double b)
{
    const double half_ulp =
        0x1p-53 / M_SQRT2; // 2^-54 .. 2^-53 by the mantissa of the sum; their mean
    return x >= 1 ? 1 - gsl_cdf_beta_P(half_ulp, b, a) : gsl_cdf_beta_P(x, a, b);
}

/// floor((age - minimum) * Beta(alpha, driving_age/age - 1)); one outcome more for the atom at 1.
static pp_status build_driving(published *p, int index, double *cumulative, pp_error *error)
{
    const pp_published_config *c = &p->config;
    double age = p->youngest + index, span = fmax(0, age - c->age_minimum);
    double b = c->driving_age / age - 1;
    int n = (int)floor(span) + 1;
    if (!(b > 0))
        return pp_error_set(error, PP_EINVAL,
                            "population.driving_age: %g must be above the greatest age, %g",
                            c->driving_age, age);
    for (int k = 0; k < n; k++)
        cumulative[k] =
            span > 0 ? rounded_beta_cdf(fmin(1, (k + 1) / span), c->driving_alpha, b) : 1;
    pp_discrete_build(cumulative, n, &p->driving[index]);
    return PP_OK;
}

static pp_status build_ages(published *p, pp_error *error)
{
    const pp_published_config *c = &p->config;
    double *at = p->cumulative;
    build_age(p, at);
    at += MAX_AGES;
    for (int i = 0; i < p->ages; i++) {
        double age = p->youngest + i, away = age - c->income_peak_age;
        p->base_income[i] =
            fmax(c->income_peak - c->income_curvature * away * away, c->income_floor);
        p->p_married[i] = c->marriage_peak * (c->marriage_age_end - age) * (age - c->age_minimum) /
                          (c->marriage_age_half * c->marriage_age_half);
        for (int married = 0; married < 2; married++, at += MAX_CHILDREN)
            build_children(p, i, married, at);
        pp_status status = build_driving(p, i, at, error);
        at += MAX_AGES;
        if (status != PP_OK)
            return status;
    }
    return PP_OK;
}

static pp_status build_locations(published *p, double *cumulative, pp_error *error)
{
    const pp_published_config *c = &p->config;
    int locations = (int)c->locations, occupations = locations + 1;
    pp_status status = PP_OK;
    for (int l = 0; l < locations && status == PP_OK; l++) {
        double step =
            locations > 1 ? (c->occupation_high - c->occupation_low) / (locations - 1) : 0;
        build_binomial(locations, c->occupation_low + l * step, cumulative + (size_t)l * MAX_LEVELS,
                       &p->occupation[l]);
        status = pp_law_beta(1 + l, 1 + locations - l, &p->risk[l], error);
    }
    for (int o = 0; o < occupations && status == PP_OK; o++)
        status = pp_law_beta(c->percentile_shape + 2 * o, 2 * occupations - 2 * o,
                             &p->percentile[o], error);
    if (status == PP_OK)
        status = pp_law_beta(c->salary_alpha, c->salary_beta, &p->salary, error);
    if (status == PP_OK)
        status = pp_law_gamma(c->car_shape, c->car_scale, &p->car, error);
    return status;
}

static pp_status add_levels(pp_schema *schema, const char *name, int n, pp_error *error)
{
    char text[MAX_LEVELS][8];
    const char *levels[MAX_LEVELS];
    for (int i = 0; i < n; i++) {
        text[i][0] = (char)(i < 10 ? '0' + i : '0' + i / 10);
        text[i][1] = (char)(i < 10 ? 0 : '0' + i % 10);
        text[i][2] = 0;
        levels[i] = text[i];
    }
    return pp_schema_add_levels(schema, name, levels, (size_t)n, error);
}

static void set_bounds(pp_schema *schema, int column, pp_bounds_law law, double a, double b,
                       double c, double d)
{
    pp_column *to = &schema->columns[column];
    to->bounds = law;
    to->a = a;
    to->b = b;
    to->c = c;
    to->d = d;
}

/// The 15 columns, and how a random portfolio bounds each.
static pp_status build_schema(published *p, pp_error *error)
{
    pp_schema *s = &p->base.schema;
    static const struct {
        const char *name, *unit;
        pp_feature_kind kind;
    } plain[] = {{"car_value", "GBP", PP_NUMERIC},
                 {"claims", "1", PP_NUMERIC},
                 {"years_driving", "years", PP_NUMERIC},
                 {"age", "years", PP_NUMERIC},
                 {"married", "1", PP_BINARY},
                 {"has_children", "1", PP_BINARY}};
    pp_status status = PP_OK;
    for (size_t i = 0; i < PP_COUNT(plain) && status == PP_OK; i++)
        status = pp_schema_add(s, plain[i].name, plain[i].unit, plain[i].kind, error);
    if (status == PP_OK)
        status = add_levels(s, "occupation", (int)p->config.locations + 1, error);
    if (status == PP_OK)
        status = add_levels(s, "location", (int)p->config.locations, error);
    set_bounds(s, F_CAR, PP_BOUNDS_EXPONENTIAL, 10000, 30, 100, 0);
    set_bounds(s, F_CLAIMS, PP_BOUNDS_POISSON, 1.4, 0, 0, 0);
    set_bounds(s, F_DRIVING, PP_BOUNDS_LOWER_WIDTH, 0, 40, 10, 30);
    set_bounds(s, F_AGE, PP_BOUNDS_LOWER_WIDTH, 16, 80, 5, 20);
    return status;
}

static pp_status allocate(published *p, pp_error *error)
{
    size_t locations = (size_t)p->config.locations;
    size_t per_age = 2 * MAX_CHILDREN + MAX_AGES;
    size_t n = MAX_AGES + (size_t)p->ages * per_age + locations * MAX_LEVELS;
    p->cumulative = calloc(n, sizeof(double));
    p->percentile = calloc(locations + 1, sizeof *p->percentile);
    p->risk = calloc(locations, sizeof *p->risk);
    p->base.bytes =
        (double)(sizeof *p + n * sizeof(double) + (2 * locations + 1) * sizeof(pp_quantile_table));
    if (!p->cumulative || !p->percentile || !p->risk)
        return pp_error_set(error, PP_ENOMEM, "no memory for the population");
    return PP_OK;
}

static pp_status build(published *p, pp_error *error)
{
    const pp_published_config *c = &p->config;
    p->youngest = (int)floor(c->age_minimum);
    p->ages = (int)ceil(c->age_minimum + c->age_range) - p->youngest;
    if (p->ages > MAX_AGES - 2)
        return pp_error_set(error, PP_EINVAL, "population.age_range: more than %d ages",
                            MAX_AGES - 2);
    if (c->salary_scale * c->income_floor * c->salary_quantile_floor < c->money_step)
        return pp_error_set(error, PP_EINVAL,
                            "population.money_step: %g would floor the least salary to 0",
                            c->money_step);
    pp_status status = allocate(p, error);
    if (status == PP_OK)
        status = build_schema(p, error);
    if (status == PP_OK)
        status = build_ages(p, error);
    size_t used = MAX_AGES + (size_t)p->ages * (2 * MAX_CHILDREN + MAX_AGES);
    if (status == PP_OK)
        status = build_locations(p, p->cumulative + used, error);
    return status;
}

pp_status pp_population_published(const pp_published_config *config, const pp_choice_config *choice,
                                  pp_population **population, pp_error *error)
{
    *population = NULL;
    pp_status status = pp_param_check(&pp_published_table, config, error);
    if (status == PP_OK)
        status = pp_param_check(&pp_choice_table, choice, error);
    if (status != PP_OK)
        return status;
    published *p = calloc(1, sizeof *p);
    if (!p)
        return pp_error_set(error, PP_ENOMEM, "no memory for the population");
    p->base.class = &published_class;
    p->base.latents = latent_columns;
    p->base.n_latents = LATENTS;
    p->config = *config;
    p->choice = *choice;
    status = build(p, error);
    if (status != PP_OK) {
        published_destroy(&p->base);
        return status;
    }
    *population = &p->base;
    return PP_OK;
}

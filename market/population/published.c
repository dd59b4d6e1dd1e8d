// The published population, arXiv 2408.00713. Two of its choices look odd and are its authors' own:
// the number of children is Binomial(4, 1 - ((1 - p)/4)^(1/4)), so that nobody is childless for
// certain, and years driving of the oldest come from a Beta whose second shape is near 0, which in
// double precision has an atom at 1 (one year more than any value below 1 gives).
#include <gsl/gsl_cdf.h>
#include <gsl/gsl_randist.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "market/law_tables.h"
#include "market/population/published_kernels.h"

enum { MAX_LEVELS = PP_MAX_LOCATIONS + 1, MAX_CHILDREN = 21 };

static const pp_latent latent_columns[PP_PUBLISHED_LATENTS] = {
    [PP_L_AGE] = {"age", "years", true},
    [PP_L_LOCATION] = {"location", "1", true},
    [PP_L_OCCUPATION] = {"occupation", "1", true},
    [PP_L_PERCENTILE] = {"income_percentile", "1", false},
    [PP_L_SALARY] = {"salary", "GBP/year", false},
    [PP_L_MARRIED] = {"married", "1", true},
    [PP_L_CHILDREN] = {"children", "1", true},
    [PP_L_PARTNER] = {"partner_salary", "GBP/year", false},
    [PP_L_HOUSEHOLD] = {"household_salary", "GBP/year", false},
    [PP_L_DRIVING] = {"years_driving", "years", true},
    [PP_L_RISK] = {"risk", "1", false},
    [PP_L_CLAIMS] = {"claims", "1", true},
    [PP_L_PERCEPTION] = {"risk_perception", "1", false},
    [PP_L_CAR] = {"car_value", "GBP", false},
    [PP_L_PREMIUM] = {"pure_premium", "GBP", false},
};

static void published_draw(const pp_population *population, const pp_stream *stream,
                           pp_customers *customers, double *latents)
{
    const pp_published *p = (const pp_published *)population;
    double u[PP_PUBLISHED_LANES][PP_PUBLISHED_STRIP];
    customers->walk_away_from_reference = true;
    for (size_t start = 0; start < customers->n; start += PP_PUBLISHED_STRIP) {
        size_t left = customers->n - start,
               n = left < PP_PUBLISHED_STRIP ? left : PP_PUBLISHED_STRIP;
        pp_random_uniform(stream, PP_DRAW_CUSTOMER,
                          (uint32_t)(customers->first_round + (int64_t)start), n, 0,
                          PP_PUBLISHED_LANES, PP_PUBLISHED_STRIP, u[0]);
        pp_published_kernels_now()->draw(p, u, start, n, customers, latents);
    }
}

static void published_destroy(pp_population *population)
{
    pp_published *p = (pp_published *)population;
    free(p->cumulative);
    free(p->percentile);
    free(p->risk);
    free(p);
}

static const pp_population_class published_class = {published_draw, published_destroy};

// ---- building ----

static void build_age(pp_published *p, double *cumulative)
{
    const pp_published_config *c = &p->config;
    for (int i = 0; i < p->ages; i++) {
        double edge = (p->youngest + i + 1 - c->age_minimum) / c->age_range;
        if (!p->compiled)
            cumulative[i] = edge >= 1 ? 1 : gsl_cdf_beta_P(edge, c->age_alpha, c->age_beta);
    }
    pp_discrete_build(cumulative, p->ages, &p->age);
}

static void build_binomial(const pp_published *p, int n, double probability, double *cumulative,
                           pp_discrete *law)
{
    for (int k = 0; k <= n && !p->compiled; k++)
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

static void build_children(pp_published *p, int age, int married, double *cumulative)
{
    const pp_published_config *c = &p->config;
    double n = (double)c->child_maximum;
    double p_child = child_probability(c, p->youngest + age, married);
    build_binomial(p, (int)n, 1 - pow((1 - p_child) / n, 1 / n), cumulative,
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
static void build_driving(pp_published *p, int index, double *cumulative)
{
    const pp_published_config *c = &p->config;
    double age = p->youngest + index, span = fmax(0, age - c->age_minimum);
    double b = c->driving_age / age - 1;
    int n = (int)floor(span) + 1;
    for (int k = 0; k < n && !p->compiled; k++)
        cumulative[k] =
            span > 0 ? rounded_beta_cdf(fmin(1, (k + 1) / span), c->driving_alpha, b) : 1;
    pp_discrete_build(cumulative, n, &p->driving[index]);
}

static void build_ages(pp_published *p)
{
    const pp_published_config *c = &p->config;
    double *at = p->cumulative;
    build_age(p, at);
    at += PP_PUBLISHED_AGES;
    for (int i = 0; i < p->ages; i++) {
        double age = p->youngest + i, away = age - c->income_peak_age;
        p->base_income[i] =
            fmax(c->income_peak - c->income_curvature * away * away, c->income_floor);
        p->p_married[i] = c->marriage_peak * (c->marriage_age_end - age) * (age - c->age_minimum) /
                          (c->marriage_age_half * c->marriage_age_half);
        for (int married = 0; married < 2; married++, at += MAX_CHILDREN)
            build_children(p, i, married, at);
        build_driving(p, i, at);
        at += PP_PUBLISHED_AGES;
    }
}

static pp_status build_locations(pp_published *p, double *cumulative, pp_error *error)
{
    const pp_published_config *c = &p->config;
    int locations = (int)c->locations, occupations = locations + 1;
    for (int l = 0; l < locations; l++) {
        double step =
            locations > 1 ? (c->occupation_high - c->occupation_low) / (locations - 1) : 0;
        build_binomial(p, locations, c->occupation_low + l * step,
                       cumulative + (size_t)l * MAX_LEVELS, &p->occupation[l]);
        PP_TRY(pp_distribution_beta(1 + l, 1 + locations - l, &p->risk[l], error));
    }
    for (int o = 0; o < occupations; o++)
        PP_TRY(pp_distribution_beta(c->percentile_shape + 2 * o, 2 * occupations - 2 * o,
                                    &p->percentile[o], error));
    PP_TRY(pp_distribution_beta(c->salary_alpha, c->salary_beta, &p->salary, error));
    return pp_distribution_gamma(c->car_shape, c->car_scale, &p->car, error);
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
static pp_status build_schema(const pp_published_config *c, pp_schema *s, pp_error *error)
{
    static const struct {
        const char *name, *unit;
        pp_feature_kind kind;
    } plain[] = {{"car_value", "GBP", PP_NUMERIC},
                 {"claims", "1", PP_NUMERIC},
                 {"years_driving", "years", PP_NUMERIC},
                 {"age", "years", PP_NUMERIC},
                 {"married", "1", PP_BINARY},
                 {"has_children", "1", PP_BINARY}};
    for (size_t i = 0; i < PP_COUNT(plain); i++)
        PP_TRY(pp_schema_add(s, plain[i].name, plain[i].unit, plain[i].kind, error));
    PP_TRY(add_levels(s, "occupation", (int)c->locations + 1, error));
    PP_TRY(add_levels(s, "location", (int)c->locations, error));
    set_bounds(s, PP_F_CAR, PP_BOUNDS_EXPONENTIAL, 10000, 30, 100, 0);
    set_bounds(s, PP_F_CLAIMS, PP_BOUNDS_POISSON, 1.4, 0, 0, 0);
    set_bounds(s, PP_F_DRIVING, PP_BOUNDS_LOWER_WIDTH, 0, 40, 10, 30);
    set_bounds(s, PP_F_AGE, PP_BOUNDS_LOWER_WIDTH, 16, 80, 5, 20);
    return PP_OK;
}

static pp_status allocate(pp_published *p, pp_error *error)
{
    size_t locations = (size_t)p->config.locations;
    size_t per_age = 2 * MAX_CHILDREN + PP_PUBLISHED_AGES;
    size_t n = PP_PUBLISHED_AGES + (size_t)p->ages * per_age + locations * MAX_LEVELS;
    p->cumulative = calloc(n, sizeof(double));
    p->n_cumulative = n;
    p->percentile = calloc(locations + 1, sizeof *p->percentile);
    p->risk = calloc(locations, sizeof *p->risk);
    p->base.bytes =
        (double)(sizeof *p + n * sizeof(double) + (2 * locations + 1) * sizeof(pp_quantile_table));
    if (!p->cumulative || !p->percentile || !p->risk)
        return pp_error_memory(error, "the population");
    return PP_OK;
}

/// Cumulative tables of the default parameters are compiled in.
static void load_compiled(pp_published *p)
{
    pp_published_config defaults;
    pp_param_defaults(&pp_published_table, &defaults);
    p->compiled = p->n_cumulative == pp_law_cumulative_count &&
                  pp_param_equal(&pp_published_table, &p->config, &defaults);
    if (p->compiled)
        memcpy(p->cumulative, pp_law_cumulative, p->n_cumulative * sizeof(double));
}

static int youngest_age(const pp_published_config *c)
{
    return (int)floor(c->age_minimum);
}

static int count_ages(const pp_published_config *c)
{
    return (int)ceil(c->age_minimum + c->age_range) - youngest_age(c);
}

/// Rules that tie parameters to each other.
static pp_status check_together(const pp_published_config *c, pp_error *error)
{
    int ages = count_ages(c), eldest = youngest_age(c) + ages - 1;
    if (ages > PP_PUBLISHED_AGES - 2)
        return pp_error_set(error, PP_EINVAL, "population.age_range: more than %d ages",
                            PP_PUBLISHED_AGES - 2);
    if (c->salary_scale * c->income_floor * c->salary_quantile_floor < c->money_step)
        return pp_error_set(error, PP_EINVAL,
                            "population.money_step: %g would floor the least salary to 0",
                            c->money_step);
    if (!(c->driving_age / eldest - 1 > 0)) // a parameter of its Beta law
        return pp_error_set(error, PP_EINVAL,
                            "population.driving_age: %g must be above the greatest age, %d",
                            c->driving_age, eldest);
    return PP_OK;
}

static pp_status build(pp_published *p, pp_error *error)
{
    p->youngest = youngest_age(&p->config);
    p->ages = count_ages(&p->config);
    PP_TRY(check_together(&p->config, error));
    PP_TRY(allocate(p, error));
    PP_TRY(build_schema(&p->config, &p->base.schema, error));
    load_compiled(p);
    build_ages(p);
    size_t used = PP_PUBLISHED_AGES + (size_t)p->ages * (2 * MAX_CHILDREN + PP_PUBLISHED_AGES);
    return build_locations(p, p->cumulative + used, error);
}

pp_status pp_population_published_outline(const pp_published_config *config, pp_schema *schema,
                                          pp_error *error)
{
    memset(schema, 0, sizeof *schema);
    PP_TRY(pp_param_check(&pp_published_table, config, error));
    PP_TRY(check_together(config, error));
    return build_schema(config, schema, error);
}

pp_status pp_population_published(const pp_published_config *config, const pp_choice_config *choice,
                                  pp_population **population, pp_error *error)
{
    *population = NULL;
    PP_TRY(pp_param_check(&pp_published_table, config, error));
    PP_TRY(pp_param_check(&pp_choice_table, choice, error));
    pp_published *p = calloc(1, sizeof *p);
    if (!p)
        return pp_error_memory(error, "the population");
    p->base.class = &published_class;
    p->base.latents = latent_columns;
    p->base.n_latents = PP_PUBLISHED_LATENTS;
    p->config = *config;
    p->choice = *choice;
    pp_status status = build(p, error);
    if (status == PP_OK)
        *population = &p->base;
    else
        published_destroy(&p->base);
    return status;
}

bool pp_population_published_reuse(pp_population *population, const pp_published_config *config,
                                   const pp_choice_config *choice)
{
    pp_published *p = (pp_published *)population;
    if (!population || population->class != &published_class ||
        !pp_param_equal(&pp_published_table, &p->config, config) ||
        pp_param_check(&pp_choice_table, choice, NULL) != PP_OK)
        return false;
    p->choice = *choice;
    return true;
}

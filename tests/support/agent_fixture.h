/// @file
/// A firm after burn-in in the simulated market, and an agent at work for it.
#ifndef PURSUIT_TESTS_SUPPORT_AGENT_FIXTURE_H
#define PURSUIT_TESTS_SUPPORT_AGENT_FIXTURE_H

#include "tests/support/pricing_fixture.h"

#include "agents/oracle.h"

enum { QUOTES = 80, CATEGORIES = 3, FIRM = 1 };

/// A firm after burn-in, made once for all tests: agents only read it.
typedef struct firm {
    pp_schema schema;
    pp_histories *histories;
    pp_history history;
    pp_pipeline *pipeline;
    pp_portfolio portfolio;
    double average[CATEGORIES];
    pp_agent_setup setup;
    const double *columns[SIM_COLUMNS], *unit;
    double *quotes, *values, *null_bid, *break_even, *low, *high;
    pp_cost cost; ///< booked
    uint64_t *members;
    pp_curves curves;
    pp_agent_batch batch;
} firm;

static inline void make_schema(pp_schema *schema)
{
    const char *const levels[] = {"town", "country"};
    assert_int_equal(pp_schema_add(schema, "age", "years", PP_NUMERIC, NULL), PP_OK);
    assert_int_equal(pp_schema_add(schema, "mileage", "1", PP_NUMERIC, NULL), PP_OK);
    assert_int_equal(pp_schema_add_levels(schema, "area", levels, 2, NULL), PP_OK);
    assert_int_equal(schema->n_columns, SIM_COLUMNS);
}

/// Under-30s (too few), town (too many), and high mileage (on target).
static inline void make_portfolio(firm *f)
{
    const pp_bound bounds[CATEGORIES] = {{0, 18, 29}, {2, 1, 1}, {1, 10, INFINITY}};
    const double target[CATEGORIES] = {40, 15, 20}, average[CATEGORIES] = {20, 30, 20};
    f->portfolio = (pp_portfolio){.n_categories = CATEGORIES, .loss_scale = 2000};
    for (size_t k = 0; k < CATEGORIES; k++) {
        pp_category *category = &f->portfolio.categories[k];
        category->n_bounds = 1;
        category->bounds[0] = bounds[k];
        category->target_given = target[k];
        category->target_multiple = NAN;
        f->portfolio.target[k] = target[k];
        f->average[k] = average[k];
    }
}

static inline void make_pipeline(firm *f)
{
    const pp_pricing_config config = pricing_defaults();
    pp_gsl_random random;
    f->histories = simulate(1, 2, 300, PP_OBSERVE_ALL);
    pp_histories_view(f->histories, FIRM, &f->history);
    assert_int_equal(
        pp_pipeline_create(&config, SIM_COLUMNS, 2, PP_OBSERVE_ALL, &f->pipeline, NULL), PP_OK);
    double *scratch = reals(pp_pipeline_fit_scratch(f->pipeline) * f->history.n);
    assert_int_equal(pp_pipeline_fit(f->pipeline, &f->history, scratch, draws(&random, 2), NULL),
                     PP_OK);
    free(scratch);
}

static inline void make_batch(firm *f)
{
    double *scratch = reals(pp_pipeline_scratch(f->pipeline) * QUOTES);
    f->quotes = simulated_quotes(3, QUOTES, f->columns, &f->unit);
    f->values = reals(pp_pipeline_curve_size(f->pipeline) * QUOTES);
    f->null_bid = reals(QUOTES);
    f->break_even = reals(QUOTES);
    f->low = reals(QUOTES);
    f->high = reals(QUOTES);
    for (size_t i = 0; i < QUOTES; i++) { // no limits
        f->low[i] = 0;
        f->high[i] = INFINITY;
    }
    f->members = calloc(QUOTES, sizeof *f->members);
    assert_non_null(f->members);
    pp_pipeline_prepare(f->pipeline, f->columns, f->unit, QUOTES, scratch, f->values, &f->curves);
    pp_curves_bid(&f->curves, NULL, f->null_bid);
    pp_break_even(&f->cost, f->unit, QUOTES, f->break_even);
    pp_portfolio_members(&f->portfolio, f->columns, QUOTES, f->members);
    f->batch = (pp_agent_batch){.n = QUOTES,
                                .first_round = 0,
                                .features = f->columns,
                                .unit = f->unit,
                                .curves = &f->curves,
                                .null_bid = f->null_bid,
                                .break_even = f->break_even,
                                .low = f->low,
                                .high = f->high,
                                .categories = f->members};
    free(scratch);
}

/// cmocka group setup.
static inline int setup(void **state)
{
    firm *f = calloc(1, sizeof *f);
    assert_non_null(f);
    make_schema(&f->schema);
    make_portfolio(f);
    make_pipeline(f);
    pp_cost_start(&(pp_correction_config){0}, &(pp_economics){0}, &f->cost);
    make_batch(f);
    f->setup = (pp_agent_setup){.schema = &f->schema,
                                .pipeline = f->pipeline,
                                .cost = &f->cost,
                                .history = &f->history,
                                .portfolio = &f->portfolio,
                                .burn_in_average = f->average,
                                .rounds = QUOTES,
                                .stream = {.seed = 5, .trial = 6, .epoch = FIRM}};
    *state = f;
    return 0;
}

/// cmocka group teardown.
static inline int teardown(void **state)
{
    firm *f = *state;
    pp_histories_destroy(f->histories);
    pp_pipeline_destroy(f->pipeline);
    free(f->quotes);
    free(f->values);
    free(f->null_bid);
    free(f->break_even);
    free(f->low);
    free(f->high);
    free(f->members);
    free(f);
    return 0;
}

/// An agent at work, with its default parameters.
typedef struct agent {
    const pp_agent_class *class;
    void *state, *params;
} agent;

static inline void *zeroed(size_t size)
{
    void *made = calloc(1, size ? size : 1);
    assert_non_null(made);
    return made;
}

/// What learners do over and over, less often: the contract is the same.
static inline void make_quick(const pp_param_table *table, void *params)
{
    const char *const names[] = {"iterations", "rollouts", "passes"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const pp_param *row = pp_param_find(table, names[i]);
        if (row)
            *(int64_t *)(void *)((char *)params + row->offset) = 2;
    }
}

static inline agent agent_create(const pp_agent_class *class, const pp_agent_setup *situation)
{
    agent a = {class, zeroed(class->state_size), zeroed(class->params->size)};
    pp_error error = {0};
    pp_param_defaults(class->params, a.params);
    make_quick(class->params, a.params);
    if (class->train(a.state, a.params, situation, &error) != PP_OK)
        fail_msg("%s: %s", class->name, error.message);
    return a;
}

static inline void agent_destroy(agent *a)
{
    if (a->class->release)
        a->class->release(a->state);
    free(a->state);
    free(a->params);
}

/// What the round loop hands to `quote` for element i of a batch. @param prepared see agent_prepare
static inline pp_agent_quote quote_at(const agent *a, const pp_agent_batch *batch, size_t i,
                                      double row[SIM_COLUMNS], const double *prepared)
{
    pp_curves curve = *batch->curves;
    curve.n = 1;
    curve.values += i * curve.size;
    curve.unit += i;
    for (size_t j = 0; j < SIM_COLUMNS; j++)
        row[j] = batch->features[j][i];
    return (pp_agent_quote){.round = batch->first_round + (int64_t)i,
                            .features = row,
                            .unit = batch->unit[i],
                            .null_bid = batch->null_bid[i],
                            .break_even = batch->break_even[i],
                            .low = batch->low[i],
                            .high = batch->high[i],
                            .curve = curve,
                            .categories = batch->categories[i],
                            .prepared = prepared + i * a->class->prepared};
}

/// The state-free stage, if the agent has one. @return [n][prepared], the caller's to free
static inline double *agent_prepare(const agent *a, const pp_agent_batch *batch)
{
    double *prepared = zeroed(batch->n * a->class->prepared * sizeof(double));
    if (a->class->prepare)
        a->class->prepare(a->state, batch, prepared);
    return prepared;
}

/// What an oracle is shown of element i of a batch, masked as the engine masks it: a customer of
/// whom its own estimate is right, and rivals at 1.03 to 1.13 times that.
static inline pp_oracle_view view_at(const agent *a, const pp_agent_batch *batch, size_t i,
                                     double offers[SIM_FIRMS - 1])
{
    double m = batch->unit[i], walk_away = 1.15 * m;
    unsigned sees = pp_oracle_sees(a->params);
    pp_oracle_view view = {NAN, NAN, NAN, NAN, SIM_FIRMS, 0, NULL};
    for (size_t j = 0; j < SIM_FIRMS - 1; j++)
        offers[j] = (1.03 + 0.02 * (double)j) * m;
    if (sees & PP_SEES_CUSTOMER)
        view = (pp_oracle_view){m, 40 / m, walk_away, 0.05 * (walk_away + 20), SIM_FIRMS, 0, NULL};
    if (sees & PP_SEES_RIVALS) {
        view.n_rivals = SIM_FIRMS - 1;
        view.rivals = offers;
    }
    return view;
}

/// One quote of an agent that quotes round by round. @param prepared see agent_prepare
static inline double quote_in_round(const agent *a, const pp_agent_batch *batch, size_t i,
                                    const double *prepared, const double *held)
{
    double row[SIM_COLUMNS], offers[SIM_FIRMS - 1];
    pp_agent_quote quote = quote_at(a, batch, i, row, prepared);
    if (!a->class->quote_seeing)
        return a->class->quote(a->state, &quote, held);
    pp_oracle_view view = view_at(a, batch, i, offers);
    return a->class->quote_seeing(a->state, &quote, held, &view);
}

/// Quotes as the round loop asks for them: all at once, or in order, with a portfolio that grows.
static inline void quote_all(const agent *a, const pp_agent_batch *batch, double *multiplier)
{
    double held[CATEGORIES] = {0};
    if (!a->class->quote && !a->class->quote_seeing) {
        a->class->quote_batch(a->state, batch, multiplier);
        return;
    }
    double *prepared = agent_prepare(a, batch);
    for (size_t i = 0; i < batch->n; i++) {
        multiplier[i] = quote_in_round(a, batch, i, prepared, held);
        for (size_t k = 0; k < CATEGORIES; k++)
            held[k] += i % 3 == 0 && (batch->categories[i] >> k & 1);
    }
    free(prepared);
}

#endif

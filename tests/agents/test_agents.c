/// What every built-in agent promises: agents/agent.h.
#include "tests/support/agent_fixture.h"

static void test_agents_classes_are_described(void **state)
{
    (void)state;
    assert_non_null(pp_agent_classes[0]);
    for (size_t c = 0; pp_agent_classes[c]; c++) {
        const pp_agent_class *class = pp_agent_classes[c];
        assert_int_equal(class->abi, PP_AGENT_ABI);
        assert_true(class->name[0] != 0);
        assert_int_equal(strspn(class->name, "abcdefghijklmnopqrstuvwxyz0123456789_"),
                         strlen(class->name));
        assert_ptr_equal(pp_agent_find(class->name), class);
        for (size_t d = 0; d < c; d++)
            assert_string_not_equal(class->name, pp_agent_classes[d]->name);
        size_t length = strlen(class->doc);
        assert_true(length > 0 && length < 100 && !strchr(class->doc, '\n'));
        assert_true(class->doc[length - 1] != '.');
        assert_non_null(class->train);
        assert_true(class->quote_batch || class->quote || class->quote_seeing);
        assert_true(!class->quote_seeing || class == &pp_agent_oracle);
    }
    assert_null(pp_agent_find("nul"));
    assert_null(pp_agent_find(""));
    assert_null(pp_agent_find("Null"));
}

static void test_agents_parameters_are_described_and_valid(void **state)
{
    (void)state;
    for (size_t c = 0; pp_agent_classes[c]; c++) {
        const pp_param_table *table = pp_agent_classes[c]->params;
        void *params = zeroed(table->size);
        pp_error error = {0};
        assert_string_equal(table->name, pp_agent_classes[c]->name);
        pp_param_defaults(table, params);
        if (pp_param_check(table, params, &error) != PP_OK)
            fail_msg("%s", error.message);
        for (size_t r = 0; r < table->n_rows; r++) {
            const pp_param *row = &table->rows[r];
            assert_true(row->name && row->name[0]);
            assert_ptr_equal(pp_param_find(table, row->name), row); // no name twice
            assert_true(row->offset < table->size);
            assert_non_null(row->unit);
            assert_true(row->doc && row->doc[0] && !strchr(row->doc, '\n'));
            assert_true(row->citation && row->citation[0]);
            if (row->flags & PP_OPTIONAL)
                assert_true(row->derived && row->derived[0]);
        }
        free(params);
    }
}

static void test_agents_quotes_are_positive_and_finite(void **state)
{
    firm *f = *state;
    for (size_t c = 0; pp_agent_classes[c]; c++) {
        agent a = agent_create(pp_agent_classes[c], &f->setup);
        double multiplier[QUOTES];
        for (size_t i = 0; i < QUOTES; i++)
            multiplier[i] = NAN; // every element is to be written
        quote_all(&a, &f->batch, multiplier);
        for (size_t i = 0; i < QUOTES; i++)
            if (!(multiplier[i] > 0 && isfinite(multiplier[i])))
                fail_msg("%s quoted %g", a.class->name, multiplier[i]);
        agent_destroy(&a);
    }
}

static void test_agents_any_portfolio_held_gets_a_quote(void **state)
{
    firm *f = *state;
    const double held[][CATEGORIES] = {{0, 0, 0}, {40, 15, 20}, {1000, 1000, 1000}, {0, 15, 1}};
    for (size_t c = 0; pp_agent_classes[c]; c++) {
        agent a = agent_create(pp_agent_classes[c], &f->setup);
        double *prepared = agent_prepare(&a, &f->batch);
        bool by_round = a.class->quote || a.class->quote_seeing;
        for (size_t h = 0; h < sizeof held / sizeof *held && by_round; h++)
            for (size_t i = 0; i < QUOTES; i++) {
                double multiplier = quote_in_round(&a, &f->batch, i, prepared, held[h]);
                assert_true(multiplier > 0 && isfinite(multiplier));
            }
        free(prepared);
        agent_destroy(&a);
    }
}

static void test_agents_same_inputs_same_quotes(void **state)
{
    firm *f = *state;
    for (size_t c = 0; pp_agent_classes[c]; c++) {
        agent first = agent_create(pp_agent_classes[c], &f->setup);
        agent second = agent_create(pp_agent_classes[c], &f->setup);
        double x[QUOTES], y[QUOTES];
        quote_all(&first, &f->batch, x);
        quote_all(&second, &f->batch, y);
        assert_memory_equal(x, y, sizeof x);
        agent_destroy(&first);
        quote_all(&second, &f->batch, y); // nor does it matter that another one has gone
        if (!second.class->quote)
            assert_memory_equal(x, y, sizeof x);
        agent_destroy(&second);
    }
}

static void test_agents_batch_of_one_gets_the_same_quote(void **state)
{
    firm *f = *state;
    for (size_t c = 0; pp_agent_classes[c]; c++) {
        agent a = agent_create(pp_agent_classes[c], &f->setup);
        size_t width = a.class->prepared;
        double all[QUOTES], one, *rows = agent_prepare(&a, &f->batch);
        if (a.class->quote_batch)
            a.class->quote_batch(a.state, &f->batch, all);
        for (size_t i = 0; i < QUOTES; i++) {
            const double *columns[SIM_COLUMNS];
            pp_curves curves = f->curves;
            for (size_t j = 0; j < SIM_COLUMNS; j++)
                columns[j] = f->columns[j] + i;
            curves.n = 1;
            curves.values += i * curves.size;
            const pp_agent_batch batch = {.n = 1,
                                          .first_round = (int64_t)i,
                                          .features = columns,
                                          .unit = f->unit + i,
                                          .curves = &curves,
                                          .null_bid = f->null_bid + i,
                                          .break_even = f->batch.break_even + i,
                                          .categories = f->members + i};
            if (a.class->quote_batch) {
                a.class->quote_batch(a.state, &batch, &one);
                assert_true(one == all[i]);
            }
            double *row = agent_prepare(&a, &batch);
            for (size_t j = 0; j < width; j++)
                assert_true(row[j] == rows[i * width + j]);
            free(row);
        }
        free(rows);
        agent_destroy(&a);
    }
}

/// Everything that an agent borrows, as bytes; of structs that have padding, the members.
static size_t copy_borrowed(const firm *f, unsigned char *to)
{
    const struct {
        const void *at;
        size_t size;
    } parts[] = {{&f->batch, sizeof f->batch},
                 {&f->setup, sizeof f->setup},
                 {&f->schema, sizeof f->schema},
                 {&f->curves, sizeof f->curves},
                 {&f->portfolio.n_categories, sizeof f->portfolio.n_categories},
                 {f->portfolio.target, f->portfolio.n_categories * sizeof(double)},
                 {&f->history.n, sizeof f->history.n},
                 {f->history.rivals, sizeof f->history.rivals},
                 {f->average, sizeof f->average},
                 {f->quotes, (SIM_COLUMNS + 1) * QUOTES * sizeof(double)},
                 {f->values, f->curves.size * QUOTES * sizeof(double)},
                 {f->null_bid, QUOTES * sizeof(double)},
                 {f->members, QUOTES * sizeof *f->members},
                 {f->history.unit, f->history.n * sizeof(double)},
                 {f->history.multiplier, f->history.n * sizeof(double)},
                 {f->history.features[0], f->history.n * sizeof(double)},
                 {f->history.rivals[0], f->history.n * sizeof(double)},
                 {f->history.sold, f->history.n}};
    size_t size = 0;
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        if (to)
            memcpy(to + size, parts[i].at, parts[i].size);
        size += parts[i].size;
    }
    return size;
}

static void test_agents_borrowed_memory_is_left_alone(void **state)
{
    firm *f = *state;
    size_t size = copy_borrowed(f, NULL);
    unsigned char *before = zeroed(size), *after = zeroed(size);
    copy_borrowed(f, before);
    for (size_t c = 0; pp_agent_classes[c]; c++) {
        double multiplier[QUOTES + 1];
        multiplier[QUOTES] = -77;
        agent a = agent_create(pp_agent_classes[c], &f->setup);
        unsigned char *params = zeroed(a.class->params->size);
        if (a.class->params->size)
            memcpy(params, a.params, a.class->params->size);
        quote_all(&a, &f->batch, multiplier);
        copy_borrowed(f, after);
        assert_memory_equal(before, after, size);
        assert_true(multiplier[QUOTES] == -77);
        if (a.class->params->size)
            assert_memory_equal(params, a.params, a.class->params->size);
        free(params);
        agent_destroy(&a);
    }
    free(before);
    free(after);
}

static void test_agents_release_safe_after_any_train(void **state)
{
    firm *f = *state;
    for (size_t c = 0; pp_agent_classes[c]; c++) {
        const pp_agent_class *class = pp_agent_classes[c];
        void *untouched = zeroed(class->state_size);
        if (class->release)
            class->release(untouched); // what a train that failed at once leaves behind
        free(untouched);
        for (int trial = 0; trial < 3;
             trial++) { // state is zeroed and used again, trial after trial
            agent a = agent_create(class, &f->setup);
            agent_destroy(&a);
        }
    }
}

static void test_agents_without_portfolio_trained_if_none_needed(void **state)
{
    firm *f = *state;
    pp_agent_setup bare = f->setup;
    pp_agent_batch batch = f->batch;
    uint64_t none[QUOTES] = {0};
    double multiplier[QUOTES];
    bare.portfolio = NULL;
    bare.burn_in_average = NULL;
    batch.categories = none;
    for (size_t c = 0; pp_agent_classes[c]; c++) {
        if (pp_agent_classes[c]->needs_portfolio)
            continue;
        agent a = agent_create(pp_agent_classes[c], &bare);
        quote_all(&a, &batch, multiplier);
        for (size_t i = 0; i < QUOTES; i++)
            assert_true(multiplier[i] > 0 && isfinite(multiplier[i]));
        agent_destroy(&a);
    }
    assert_false(pp_agent_find("null")->needs_portfolio);
    assert_true(pp_agent_find("baseline")->needs_portfolio);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_agents_classes_are_described),
        cmocka_unit_test(test_agents_parameters_are_described_and_valid),
        cmocka_unit_test(test_agents_quotes_are_positive_and_finite),
        cmocka_unit_test(test_agents_any_portfolio_held_gets_a_quote),
        cmocka_unit_test(test_agents_same_inputs_same_quotes),
        cmocka_unit_test(test_agents_batch_of_one_gets_the_same_quote),
        cmocka_unit_test(test_agents_borrowed_memory_is_left_alone),
        cmocka_unit_test(test_agents_release_safe_after_any_train),
        cmocka_unit_test(test_agents_without_portfolio_trained_if_none_needed),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}

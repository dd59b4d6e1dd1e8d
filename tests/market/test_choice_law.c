// The choice law against the authors' own counts: 60 customers with fixed offers, 4000 choices each
// (PURSUIT_REFERENCE/choices.csv, skipped where absent).
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "data/csv/read.h"
#include "market/choice.h"
#include "tests/support/two_sample.h"

enum { FIRMS = 6, REPEATS = 40000 };

static const double false_alarm = 1e-3;

static double cell(const pp_csv *csv, size_t row, const char *name)
{
    size_t column;
    pp_error error = {0};
    if (pp_csv_find(csv, name, &column, &error) != PP_OK)
        fail_msg("%s", error.message);
    return strtod(pp_csv_cell(csv, row, column), NULL);
}

/// REPEATS copies of the row's customer: rounds 0, 1, ... of a trial numbered as the row.
static void repeat(const pp_csv *csv, size_t row, const pp_choice_config *config,
                   pp_customers *customers, double *offers)
{
    pp_stream stream = {.seed = 99, .trial = (uint32_t)row};
    double *index = malloc(REPEATS * sizeof *index);
    double q = cell(csv, row, "income_percentile"), perception = cell(csv, row, "risk_perception");
    double premium = cell(csv, row, "pure_premium"), household = cell(csv, row, "household_salary");
    customers->n = REPEATS;
    customers->walk_away_from_reference = true;
    for (size_t i = 0; i < REPEATS; i++) {
        index[i] = 1;
        customers->pure_premium[i] = premium;
        customers->sensitivity[i] = config->sensitivity_scale / household;
        customers->walk_away_scale[i] = (1.25 - 0.5 * q) * (1.25 - 0.5 * perception);
    }
    for (size_t f = 0; f < FIRMS; f++) {
        char name[16];
        snprintf(name, sizeof name, "offer_%zu", f);
        double offer = cell(csv, row, name);
        for (size_t i = 0; i < REPEATS; i++)
            offers[f * REPEATS + i] = offer;
    }
    pp_choice_prepare(config, FIRMS, &stream, index, customers);
    free(index);
}

static double row_p(const pp_csv *csv, size_t row, const pp_choice_config *config,
                    pp_customers *customers, double *offers, int32_t *choice)
{
    double ours[FIRMS + 1] = {0}, theirs[FIRMS + 1];
    repeat(csv, row, config, customers, offers);
    pp_choose(customers, 0, REPEATS, FIRMS, offers, REPEATS, choice);
    for (size_t i = 0; i < REPEATS; i++)
        ours[choice[i]]++;
    for (size_t f = 0; f <= FIRMS; f++) {
        char name[24];
        snprintf(name, sizeof name, f < FIRMS ? "count_%zu" : "count_walk_away", f);
        theirs[f] = cell(csv, row, name);
    }
    return chi_squared_two_sample(ours, theirs, FIRMS + 1);
}

static void test_choice_counts_match_the_reference(void **state)
{
    (void)state;
    const char *folder = getenv("PURSUIT_REFERENCE");
    if (!folder) {
        print_message("PURSUIT_REFERENCE is not set: the reference choices are not compared\n");
        skip();
    }
    char path[4096];
    pp_csv *csv;
    pp_error error = {0};
    pp_choice_config config;
    pp_customers customers;
    pp_param_defaults(&pp_choice_table, &config);
    snprintf(path, sizeof path, "%s/choices.csv", folder);
    if (pp_csv_read(path, &csv, &error) != PP_OK)
        fail_msg("%s", error.message);
    assert_int_equal(pp_customers_create(REPEATS, 1, &customers, &error), PP_OK);
    double *offers = malloc(FIRMS * REPEATS * sizeof *offers), least = 1;
    int32_t *choice = malloc(REPEATS * sizeof *choice);
    for (size_t row = 0; row < pp_csv_rows(csv); row++)
        least = fmin(least, row_p(csv, row, &config, &customers, offers, choice));
    print_message("least p of %zu customers: %.4f\n", pp_csv_rows(csv), least);
    assert_true(least > false_alarm / (double)pp_csv_rows(csv));
    free(offers);
    free(choice);
    pp_customers_destroy(&customers);
    pp_csv_destroy(csv);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_choice_counts_match_the_reference),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

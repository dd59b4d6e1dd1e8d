/// @file
/// A plugin that is all it should be: a parameter of every type, both stages of a quote.
#include <math.h>

#include "agents/agent.h"
#include "market/base/param_rows.h"

typedef struct good_config {
    double loading, cap;
    int64_t rounds;
    bool steep;
    int mode;
    pp_text note;
    pp_reals steps;
} good_config;

static const char *const modes[] = {"plain", "fancy", NULL};

#define CONFIG good_config
static const pp_param good_rows[] = {
    REAL(loading, 0, 0, 1, 0, "1", "added to every price", DESIGN),
    {ROW(REAL, cap), .default_number = NAN, .min = 1, .max = 2, .flags = PP_OPTIONAL, .unit = "1",
     .doc = "greatest multiplier", .citation = DESIGN, .derived = "none"},
    INTEGER(rounds, 3, 0, 1e9, "rounds", "a whole number", DESIGN),
    {ROW(BOOLEAN, steep), .default_number = 1, .unit = "", .doc = "a truth", .citation = DESIGN},
    {ROW(ENUM, mode), .default_number = 1, .names = modes, .unit = "", .doc = "a choice",
     .citation = DESIGN},
    {ROW(TEXT, note), .default_text = "a \"note\"", .unit = "", .doc = "a text",
     .citation = DESIGN},
    {ROW(REALS, steps), DEFAULT_REALS(0.5, 1.5), .min = 0, .max = 2, .unit = "1", .doc = "a list",
     .citation = DESIGN},
};
static const pp_param_table good_table = {"good", "one of each", good_rows, PP_COUNT(good_rows),
                                          sizeof(CONFIG)};
#undef CONFIG

static pp_status good_train(void *state, const void *params, const pp_agent_setup *setup,
                            pp_error *error)
{
    (void)setup, (void)error;
    *(good_config *)state = *(const good_config *)params;
    return PP_OK;
}

static void good_prepare(const void *state, const pp_agent_batch *batch, double *prepared)
{
    for (size_t i = 0; i < batch->n; i++)
        prepared[i] = batch->null_bid[i] * (1 + ((const good_config *)state)->loading);
}

static double good_quote(void *state, const pp_agent_quote *quote, const double *held)
{
    const good_config *config = state;
    double multiplier = quote->prepared[0];
    (void)held;
    return multiplier > config->cap ? config->cap : multiplier;
}

static const pp_agent_class good = {
    .abi = PP_AGENT_ABI,
    .name = "good",
    .doc = "the null bid with a loading and a cap",
    .params = &good_table,
    .state_size = sizeof(good_config),
    .train = good_train,
    .quote = good_quote,
    .prepared = 1,
    .prepare = good_prepare,
};
PP_AGENT_PLUGIN(good);

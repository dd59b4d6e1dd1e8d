/// @file
/// A plugin that CMakeLists.txt spoils in one respect each time it is compiled, by a macro of those
/// below.
#include <math.h>

#include "agents/agent.h"
#include "market/base/param_rows.h"

typedef struct bad_config {
    double x, y;
    pp_reals list;
    int mode;
} bad_config;

#ifndef NAME
#define NAME "bad"
#endif
#ifndef DOC
#define DOC "wrong in one respect"
#endif
#ifndef TABLE
#define TABLE &bad_table
#endif
#ifndef TABLE_NAME
#define TABLE_NAME "bad"
#endif
#ifndef ROWS
#define ROWS bad_rows
#endif
#ifndef N_ROWS
#define N_ROWS PP_COUNT(bad_rows)
#endif
#ifndef SIZE
#define SIZE sizeof(bad_config)
#endif
#ifndef SECOND_NAME
#define SECOND_NAME "y"
#endif
#ifndef Y // members of the second row that replace those before them
#define Y .flags = 0
#endif
#ifndef CLASS // members of the class that replace those before them
#define CLASS .abi = PP_AGENT_ABI
#endif
#ifndef ABI
#define ABI PP_AGENT_ABI
#endif
#ifndef N_TYPES
#define N_TYPES PP_AGENT_N_TYPES
#endif
#ifndef AGENT
#define AGENT &bad
#endif
#ifndef QUOTE
#define QUOTE 1
#endif
#ifndef SYMBOL
#define SYMBOL pp_agent_plugin
#endif
#ifndef SHIFT // of every size that is told
#define SHIFT 0
#endif
#ifndef TRAIN
#define TRAIN PP_OK
#endif

static const char *const none[] = {NULL}, *const empty[] = {"", NULL}, *const one[] = {"one", NULL};

#define CONFIG bad_config
static const pp_param bad_rows[] = {
    REAL(x, 0, 0, 1, 0, "1", "one", DESIGN),
    {ROW(REAL, y), .name = SECOND_NAME, .min = 0, .max = 1, .unit = "1", .doc = "two",
     .citation = DESIGN, Y},
};
static const pp_param_table bad_table = {TABLE_NAME, "two numbers", ROWS, N_ROWS, SIZE};
#undef CONFIG

static pp_status bad_train(void *state, const void *params, const pp_agent_setup *setup,
                           pp_error *error)
{
    (void)state, (void)params, (void)setup, (void)error;
    return TRAIN;
}

static double bad_quote(void *state, const pp_agent_quote *quote, const double *held)
{
    (void)state, (void)held;
    return quote->round == 7 ? QUOTE : quote->null_bid;
}

static void bad_quote_batch(const void *state, const pp_agent_batch *batch, double *multiplier)
{
    (void)state;
    for (size_t i = 0; i < batch->n; i++)
        multiplier[i] = batch->first_round + (int64_t)i == 7 ? QUOTE : batch->null_bid[i];
}

static void bad_prepare(const void *state, const pp_agent_batch *batch, double *prepared)
{
    (void)state;
    for (size_t i = 0; i < batch->n; i++)
        prepared[i] = 0;
}

static double bad_quote_seeing(void *state, const pp_agent_quote *quote, const double *held,
                               const pp_oracle_view *view)
{
    (void)view;
    return bad_quote(state, quote, held);
}

static const pp_agent_class bad = {.abi = PP_AGENT_ABI,
                                   .name = NAME,
                                   .doc = DOC,
                                   .params = TABLE,
                                   .train = bad_train,
                                   .quote = bad_quote,
                                   CLASS};

#define SIZE_OF(type) (uint32_t)sizeof(type) + SHIFT,
extern PP_API const pp_agent_export SYMBOL;
const pp_agent_export SYMBOL = {ABI, N_TYPES, AGENT, {PP_AGENT_TYPES(SIZE_OF)}};

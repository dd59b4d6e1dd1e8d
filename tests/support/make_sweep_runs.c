/// @file
/// Make the directory of a sweep with many small runs whose every number is known, quickly.
/// Usage: make_sweep_runs DIR RUNS [TRIALS [QUOTE_ROWS]]

#include <stdlib.h>
#include <sys/stat.h>

#include "data/file/sha256.h"
#include "tests/support/results_fixture.h"

enum { ID = 17 };

/// Write run `run`, whose scenario no other has. @param id [ID]
static pp_status write_run(const char *directory, long run, int64_t trials, int64_t rows, char *id,
                           pp_error *error)
{
    char scenario[256], digits[PP_SHA256_TEXT], path[1024];
    snprintf(scenario, sizeof scenario, "title: a test\nseed: %ld\n", run);
    pp_sha256(scenario, strlen(scenario), digits);
    memcpy(id, digits, ID - 1);
    id[ID - 1] = 0;
    snprintf(path, sizeof path, "%s/runs/%s.h5", directory, id);
    pp_results_layout layout = fixture_layout(trials, 0, rows);
    layout.scenario = scenario;
    layout.seed = (uint64_t)run;
    return fixture_write(path, true, &layout, error);
}

static int write_manifest(const char *directory, long runs, char (*ids)[ID])
{
    char path[1024], digits[PP_SHA256_TEXT];
    char *all = malloc((size_t)runs * ID + 1);
    snprintf(path, sizeof path, "%s/manifest.jsonl", directory);
    FILE *out = fopen(path, "w");
    if (!out || !all) {
        free(all);
        return 3;
    }
    for (long run = 0; run < runs; run++)
        snprintf(all + run * ID, ID + 1, "%s\n", ids[run]);
    pp_sha256(all, (size_t)runs * ID, digits);
    fprintf(out,
            "{\"pursuit_sweep\": 1, \"name\": \"\", \"plan_sha256\": \"%s\", \"source\": \"test\", "
            "\"n_runs\": %ld, \"parameters\": [{\"key\": \"seed\", \"name\": \"seed\", \"type\": "
            "\"integer\"}], \"grid\": null}\n",
            digits, runs);
    for (long run = 0; run < runs; run++)
        fprintf(out, "{\"run\": %ld, \"id\": \"%s\", \"values\": {\"seed\": %ld}}\n", run, ids[run],
                run);
    free(all);
    return fclose(out) == 0 ? 0 : 3;
}

int main(int argc, char **argv)
{
    long runs = argc > 2 ? atol(argv[2]) : 0;
    if (runs < 1) {
        fprintf(stderr, "usage: %s DIR RUNS [TRIALS [QUOTE_ROWS]]\n", argv[0]);
        return 2;
    }
    char path[1024];
    char(*ids)[ID] = malloc((size_t)runs * sizeof *ids);
    pp_error error = {0};
    snprintf(path, sizeof path, "%s/runs", argv[1]);
    mkdir(argv[1], 0777);
    mkdir(path, 0777);
    pp_status status = ids ? PP_OK : PP_ENOMEM;
    for (long run = 0; run < runs && status == PP_OK; run++)
        status = write_run(argv[1], run, argc > 3 ? atoll(argv[3]) : 1,
                           argc > 4 ? atoll(argv[4]) : 0, ids[run], &error);
    if (status != PP_OK)
        fprintf(stderr, "%s\n", error.message);
    int code = status == PP_OK ? write_manifest(argv[1], runs, ids) : 3;
    free(ids);
    return code;
}

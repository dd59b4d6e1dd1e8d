// What a run of a sweep costs beside its simulation, where each is tiny and there are many: the
// experiment made ready and its file created, written, sealed and put under its name.
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "data/file/transfer.h"
#include "experiments/bench/bench.h"

/// Seconds by the processor and by the wall clock.
typedef struct times {
    double processor, wall;
} times;

typedef enum part { EXPERIMENT, BUFFERS, SIMULATION, CREATION, WRITING, PARTS } part;

static const char *const part_names[PARTS] = {
    [EXPERIMENT] = "the experiment, after another",        [BUFFERS] = "a trial's buffers",
    [SIMULATION] = "its simulation, which does not count", [CREATION] = "creating the file",
    [WRITING] = "writing, closing, sealing, renaming",
};

static void clocks(times *t, double sign)
{
    t->processor += sign * bench_processor();
    t->wall += sign * bench_wall();
}

typedef struct sweep {
    bench_market market;           ///< its experiment is that of the run before
    pp_results_template *template; ///< of the file of the run before
    char folder[PP_TEXT_MAX], path[PP_TEXT_MAX + 32];
    unsigned char *bytes; ///< [n_bytes] of the first run's file
    size_t n_bytes;
    times parts[PARTS], whole, copies;
} sweep;

static void begin(sweep *s)
{
    const char *root = getenv("TMPDIR");
    *s = (sweep){0};
    bench_market_build(&s->market, 3, "null");
    s->market.scenario.run.trials = 1;
    s->market.scenario.market.rounds = 50;
    s->market.scenario.market.burn_in_epochs = s->market.scenario.market.test_epochs = 1;
    snprintf(s->folder, sizeof s->folder, "%s/pursuit-bench-XXXXXX", root && *root ? root : "/tmp");
    if (!mkdtemp(s->folder))
        bench_die(s->folder, &(pp_error){.message = "cannot be created"});
}

static void end(sweep *s)
{
    rmdir(s->folder);
    pp_results_template_destroy(s->template);
    free(s->bytes);
    bench_market_finish(&s->market);
}

/// The next run's own experiment and the name of its file.
static pp_status next(sweep *s, int64_t run, pp_error *error)
{
    pp_experiment *previous = s->market.experiment;
    s->market.scenario.run.seed = run;
    s->market.experiment = NULL;
    snprintf(s->path, sizeof s->path, "%s/%lld.h5", s->folder, (long long)run);
    return pp_experiment_follow(previous, &s->market.scenario, &s->market.experiment, error);
}

static void remove_file(const sweep *s)
{
    if (unlink(s->path) != 0)
        bench_die(s->path, &(pp_error){.message = "is not there"});
}

/// Keep the bytes of the file that is there.
static void keep_bytes(sweep *s)
{
    struct stat about;
    int fd = open(s->path, O_RDONLY | O_CLOEXEC);
    bool read = fd >= 0 && fstat(fd, &about) == 0 && about.st_size > 0 &&
                (s->bytes = malloc((size_t)about.st_size)) != NULL &&
                pp_read_exactly(fd, 0, (size_t)about.st_size, s->bytes);
    if (!read)
        bench_die(s->path, &(pp_error){.message = "cannot be read"});
    close(fd);
    s->n_bytes = (size_t)about.st_size;
}

/// The least that a file costs which appears under its name whole: what a run is measured by.
static void copy_plainly(sweep *s)
{
    char partial[sizeof s->path + 16];
    snprintf(partial, sizeof partial, "%s.partial", s->path);
    clocks(&s->copies, -1);
    int fd = open(partial, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    bool written = fd >= 0 && pp_write_exactly(fd, 0, s->n_bytes, s->bytes);
    written = fd >= 0 && close(fd) == 0 && written && rename(partial, s->path) == 0;
    clocks(&s->copies, 1);
    if (!written)
        bench_die(s->path, &(pp_error){.message = "cannot be written"});
    remove_file(s);
}

static void run_whole(sweep *s, int64_t run)
{
    pp_error error = {0};
    pp_run_options options = {.output = s->path,
                              .threads = 1,
                              .keep = PP_KEEP_ANEW,
                              .unsynced = true,
                              .kept = &s->template,
                              .command_line = "pursuit-bench",
                              .program = "pursuit-bench"};
    clocks(&s->whole, -1);
    pp_status status = next(s, run, &error);
    if (status == PP_OK)
        status = pp_experiment_run(s->market.experiment, &options, &error);
    clocks(&s->whole, 1);
    if (status != PP_OK)
        bench_die("sweep", &error);
    if (!s->bytes)
        keep_bytes(s);
    remove_file(s);
}

static pp_status write_trial(sweep *s, pp_workspace *workspace, pp_record *record, pp_error *error)
{
    static const char key[] = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
    const pp_results_checkpoint unsynced = {
        .key = key, .replace = true, .hold_seconds = 60, .unsynced = true};
    pp_results *results = NULL;
    pp_results_layout layout = pp_experiment_layout(s->market.experiment);
    layout.command_line = layout.program = "pursuit-bench";
    layout.kept = &s->template;
    clocks(&s->parts[SIMULATION], -1);
    pp_status status = pp_trial_run(workspace, 0, NULL, record, error);
    clocks(&s->parts[SIMULATION], 1);
    clocks(&s->parts[CREATION], -1);
    char *scenario = pp_scenario_yaml(&s->market.scenario);
    layout.scenario = scenario;
    if (status == PP_OK)
        status = pp_results_resume(s->path, false, &layout, &unsynced, &results, error);
    clocks(&s->parts[CREATION], 1);
    clocks(&s->parts[WRITING], -1);
    if (status == PP_OK)
        status = pp_results_append(results, record, error);
    if (status == PP_OK)
        status = pp_results_commit(results, error);
    clocks(&s->parts[WRITING], 1);
    free(scenario);
    return status;
}

/// The same run step by step, as pp_experiment_run takes them.
static void run_in_parts(sweep *s, int64_t run)
{
    pp_error error = {0};
    pp_workspace *workspace = NULL;
    pp_record *record = NULL;
    clocks(&s->parts[EXPERIMENT], -1);
    pp_status status = next(s, run, &error);
    clocks(&s->parts[EXPERIMENT], 1);
    clocks(&s->parts[BUFFERS], -1);
    pp_results_layout layout = pp_experiment_layout(s->market.experiment);
    layout.command_line = layout.program = layout.scenario = "";
    if (status == PP_OK)
        status = pp_workspace_create(s->market.experiment, 1, &workspace, &error);
    if (status == PP_OK)
        status = pp_record_create(&layout, &record, &error);
    clocks(&s->parts[BUFFERS], 1);
    if (status == PP_OK)
        status = write_trial(s, workspace, record, &error);
    clocks(&s->parts[BUFFERS], -1);
    pp_record_destroy(record);
    pp_workspace_destroy(workspace);
    clocks(&s->parts[BUFFERS], 1);
    if (status != PP_OK)
        bench_die("sweep", &error);
    remove_file(s);
}

void bench_sweep(const bench *b)
{
    static sweep s; // large
    int64_t n = bench_size(b, 500, 2);
    double per = 1e3 / (double)n;
    begin(&s);
    run_whole(&s, n); // the first run's tables, which later ones share
    s.whole = (times){0};
    for (int64_t i = 0; i < n; i++) {
        run_whole(&s, i);
        copy_plainly(&s);
    }
    for (int64_t i = 0; i < n; i++)
        run_in_parts(&s, i);
    const times *simulation = &s.parts[SIMULATION];
    bench_judge(b, per * (s.whole.processor - simulation->processor), "ms", BENCH_BELOW, 5,
                "processor time of one of %lld tiny runs, its simulation apart", (long long)n);
    bench_judge(b, per * (s.whole.wall - simulation->wall), "ms", BENCH_BELOW, 5,
                "the same by wall clock");
    bench_judge(b, (s.whole.processor - simulation->processor) / s.copies.processor, "x",
                BENCH_AT_MOST, 10, "a tiny run, file and all, over a plain copy of its bytes");
    bench_tell(b, 1e3 * per * s.copies.processor, "us",
               "processor time of a plain copy of its bytes");
    for (int p = 0; p < PARTS; p++) {
        bench_tell(b, 1e3 * per * s.parts[p].processor, "us", "processor time of %s",
                   part_names[p]);
        bench_tell(b, 1e3 * per * s.parts[p].wall, "us", "wall clock of %s", part_names[p]);
    }
    end(&s);
}

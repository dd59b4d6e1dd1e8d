// How numbers are told: JSON on stdout, rows of a Markdown table, and what they were measured on.
#include <omp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

#ifdef __GLIBC__
#include <gnu/libc-version.h>
#endif
#include <gsl/gsl_version.h>

#include "experiments/bench/bench.h"
#include "market/base/simd.h"

#define TEXT_(x) #x
#define TEXT(x)  TEXT_(x)
#if defined(__clang__)
#define COMPILER                                                                                   \
    "clang " TEXT(__clang_major__) "." TEXT(__clang_minor__) "." TEXT(__clang_patchlevel__)
#else
#define COMPILER "gcc " __VERSION__
#endif

void bench_die(const char *what, const pp_error *error)
{
    fprintf(stderr, "pursuit-bench: %s: %s\n", what, error->message);
    exit(4);
}

int64_t bench_size(const bench *b, int64_t full, int64_t quick)
{
    return b->quick ? quick : full;
}

/// Three digits or so, and a unit; ratios have theirs without a blank.
static const char *quantity(double value, const char *unit, char *text, size_t size)
{
    double size_of = value < 0 ? -value : value;
    int digits = size_of >= 100 ? 0 : size_of >= 10 ? 1 : 2;
    bool close = strcmp(unit, "x") == 0 || strcmp(unit, "%") == 0 || !*unit;
    snprintf(text, size, "%.*f%s%s", digits, value, close ? "" : " ", unit);
    return text;
}

/// A target as it was set, without zeros that nobody wrote.
static const char *wanted(bench_aim aim, double target, const char *unit, char *text, size_t size)
{
    static const char *const words[] = {"", "at most", "at least", "below"};
    bool close = strcmp(unit, "x") == 0 || strcmp(unit, "%") == 0 || !*unit;
    snprintf(text, size, "%s %g%s%s", words[aim], target, close ? "" : " ", unit);
    return text;
}

static bool met(double value, bench_aim aim, double target)
{
    return aim == BENCH_AT_LEAST  ? value >= target
           : aim == BENCH_AT_MOST ? value <= target
                                  : value < target;
}

static void tell(const bench *b, double value, const char *unit, bench_aim aim, double target,
                 const char *what)
{
    char measured[64], aimed[64] = "";
    const char *verdict = "";
    printf("{\"bench\": \"%s\", \"what\": \"%s\", \"value\": %.6g, \"unit\": \"%s\"", b->name, what,
           value, unit);
    if (aim != BENCH_NONE) {
        verdict = met(value, aim, target) ? "yes" : "no";
        wanted(aim, target, unit, aimed, sizeof aimed);
        printf(", \"target\": \"%s\", \"met\": %s", aimed, *verdict == 'y' ? "true" : "false");
    }
    printf("}\n");
    fflush(stdout);
    if (b->table)
        fprintf(b->table, "| %s: %s | %s | %s | %s |\n", b->name, what,
                quantity(value, unit, measured, sizeof measured), aimed, verdict);
}

void bench_tell(const bench *b, double value, const char *unit, const char *what, ...)
{
    char text[256];
    va_list arguments;
    va_start(arguments, what);
    vsnprintf(text, sizeof text, what, arguments);
    va_end(arguments);
    tell(b, value, unit, BENCH_NONE, 0, text);
}

void bench_judge(const bench *b, double value, const char *unit, bench_aim aim, double target,
                 const char *what, ...)
{
    char text[256];
    va_list arguments;
    va_start(arguments, what);
    vsnprintf(text, sizeof text, what, arguments);
    va_end(arguments);
    tell(b, value, unit, aim, target, text);
}

/// What follows the colon of the first line of /proc/cpuinfo that starts so; not on every
/// architecture.
static void processor_name(char *name, size_t size)
{
    char line[512];
    FILE *file = fopen("/proc/cpuinfo", "r");
    snprintf(name, size, "unknown processor");
    while (file && fgets(line, sizeof line, file)) {
        const char *colon = strchr(line, ':');
        if (strncmp(line, "model name", 10) != 0 || !colon)
            continue;
        snprintf(name, size, "%s", colon + 1 + strspn(colon + 1, " \t"));
        name[strcspn(name, "\n\"\\|")] = '\0'; // what would end a string or a cell
        break;
    }
    if (file)
        fclose(file);
}

static const char *libc_version(void)
{
#ifdef __GLIBC__
    return gnu_get_libc_version();
#else
    return "none";
#endif
}

void bench_machine(const bench *b)
{
    char processor[256];
    struct utsname system;
    double load = 0;
    processor_name(processor, sizeof processor);
    const char *architecture = uname(&system) == 0 ? system.machine : "unknown";
    const char *vectors = pp_simd_names[pp_simd_level()];
    int cores = omp_get_num_procs();
    if (getloadavg(&load, 1) != 1)
        load = -1;
    printf("{\"bench\": \"machine\", \"processor\": \"%s\", \"architecture\": \"%s\", "
           "\"cores\": %d, \"vectors\": \"%s\", \"compiler\": \"%s\", \"libc\": \"glibc %s\", "
           "\"gsl\": \"%s\", \"load\": %.2f}\n",
           processor, architecture, cores, vectors, COMPILER, libc_version(), gsl_version, load);
    fflush(stdout);
    if (!b->table)
        return;
    fprintf(b->table,
            "%sMachine: %s (%s), %d cores; vectors %s; %s, glibc %s, GSL %s. Load average when it "
            "started: %.2f.\n\n| what | measured | target | met |\n|---|---:|---|---|\n",
            b->quick ? "A quick run, whose numbers mean nothing. " : "", processor, architecture,
            cores, vectors, COMPILER, libc_version(), gsl_version, load);
}

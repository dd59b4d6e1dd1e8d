// Ranks: rank 0 hands out numbers, and the others ask for them.
#include "experiments/cli/ranks/ranks.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "experiments/cli/ranks/transport.h"
#include "market/base/clock.h"

enum {
    LOOK_FOR_QUESTIONS = 1, ///< milliseconds; how long a free rank waits at most
    LOOK_AT_OTHERS = 50,
};

struct pp_ranks {
    pp_ranks_transport transport; ///< unset if alone
    bool alone;
    int processors;
    pp_ranks_plan plan;
    // Of ranks other than 0:
    bool asking;                 ///< has not been told that there are no more
    int told[PP_RANKS_OUTCOMES]; ///< since the last question
    // Of rank 0:
    pthread_t server; ///< answers while the rank itself is busy
    pthread_mutex_t lock;
    // Guarded by the lock:
    size_t next;
    bool stopped;
    bool open;  ///< the server may speak
    int others; ///< that may still ask
    int64_t outcomes[PP_RANKS_OUTCOMES];
};

int pp_ranks_share(const cpu_set_t *own, const cpu_set_t *sets, size_t n)
{
    double share = 0;
    for (int cpu = 0; cpu < CPU_SETSIZE; cpu++) {
        int users = 0;
        for (size_t i = 0; CPU_ISSET(cpu, own) && i < n; i++)
            users += CPU_ISSET(cpu, &sets[i]) != 0;
        if (users > 0)
            share += 1.0 / users;
    }
    // Thirds add up to a little less than one.
    int whole = (int)(share + 1e-6);
    return whole > 1 ? whole : 1;
}

#ifdef PP_MPI
static pp_status count_processors(pp_ranks *ranks, pp_error *error)
{
    const pp_ranks_transport *t = &ranks->transport;
    cpu_set_t own, *sets = calloc((size_t)t->neighbours, sizeof *sets);
    if (t->highest(sets == NULL) || !sets) {
        free(sets);
        return pp_error_set(error, PP_ENOMEM, "out of memory");
    }
    if (sched_getaffinity(0, sizeof own, &own) != 0)
        CPU_ZERO(&own);
    t->neighbour_processors(&own, sets);
    ranks->processors = pp_ranks_share(&own, sets, (size_t)t->neighbours);
    free(sets);
    return PP_OK;
}
#endif

static pp_status join_launched(pp_ranks *ranks, pp_error *error)
{
#ifdef PP_MPI
    if (pp_mpi_launched()) {
        pp_status status = pp_mpi_join(&ranks->transport, error);
        ranks->alone = status != PP_OK;
        return status == PP_OK ? count_processors(ranks, error) : status;
    }
#endif
    (void)ranks, (void)error;
    return PP_OK;
}

pp_status pp_ranks_join(bool alone, pp_ranks **ranks, pp_error *error)
{
    pp_ranks *made = calloc(1, sizeof *made);
    *ranks = NULL;
    if (!made)
        return pp_error_set(error, PP_ENOMEM, "out of memory");
    pthread_mutex_init(&made->lock, NULL);
    made->alone = true;
    pp_status status = alone ? PP_OK : join_launched(made, error);
    if (status == PP_OK)
        *ranks = made;
    else
        pp_ranks_leave(made);
    return status;
}

void pp_ranks_leave(pp_ranks *ranks)
{
    if (!ranks)
        return;
    if (!ranks->alone)
        ranks->transport.leave();
    pthread_mutex_destroy(&ranks->lock);
    free(ranks);
}

int pp_ranks_rank(const pp_ranks *ranks)
{
    return ranks->alone ? 0 : ranks->transport.rank;
}

int pp_ranks_size(const pp_ranks *ranks)
{
    return ranks->alone ? 1 : ranks->transport.size;
}

int pp_ranks_highest(pp_ranks *ranks, int value)
{
    return ranks->alone ? value : ranks->transport.highest(value);
}

void pp_ranks_sum(pp_ranks *ranks, int64_t *values, int n)
{
    if (!ranks->alone)
        ranks->transport.sum(values, n);
}

int pp_ranks_processors(const pp_ranks *ranks)
{
    return ranks->processors;
}

bool pp_ranks_same(pp_ranks *ranks, const void *data, size_t size)
{
    if (ranks->alone)
        return true;
    void *copy = malloc(size);
    bool failed = ranks->transport.highest(copy == NULL) != 0, same = false;
    if (copy && !failed) {
        memcpy(copy, data, size);
        ranks->transport.from_first(copy, size);
        same = memcmp(copy, data, size) == 0;
    }
    free(copy);
    return same;
}

/// Rank 0's books of what came of numbers.
static void note(pp_ranks *ranks, const int *told)
{
    pthread_mutex_lock(&ranks->lock);
    for (int i = 0; i < PP_RANKS_OUTCOMES; i++) {
        ranks->outcomes[i] += told[i];
        ranks->stopped |= told[i] > 0 && (ranks->plan.stop_after >> i & 1);
    }
    pthread_mutex_unlock(&ranks->lock);
}

/// And of who has which. @return a number, or -1
static int64_t hand_out(pp_ranks *ranks)
{
    const pp_ranks_plan *plan = &ranks->plan;
    int64_t number = -1;
    pthread_mutex_lock(&ranks->lock);
    ranks->stopped |= pp_stopped(plan->stop);
    if (!ranks->stopped && ranks->next < plan->n)
        number = (int64_t)ranks->next++;
    pthread_mutex_unlock(&ranks->lock);
    return number;
}

static void open_to_questions(pp_ranks *ranks)
{
    pthread_mutex_lock(&ranks->lock);
    ranks->open = true;
    pthread_mutex_unlock(&ranks->lock);
}

static bool is_open(pp_ranks *ranks)
{
    pthread_mutex_lock(&ranks->lock);
    bool open = ranks->open;
    pthread_mutex_unlock(&ranks->lock);
    return open;
}

static bool others_ask(pp_ranks *ranks)
{
    pthread_mutex_lock(&ranks->lock);
    bool ask = ranks->others > 0;
    pthread_mutex_unlock(&ranks->lock);
    return ask;
}

/// Answers the other ranks' questions until each has asked its last.
static void *serve(void *context)
{
    pp_ranks *ranks = context;
    const pp_ranks_transport *t = &ranks->transport;
    while (!is_open(ranks))
        pp_clock_nap(LOOK_FOR_QUESTIONS);
    while (others_ask(ranks)) {
        pp_ranks_question question;
        if (!t->asked(&question)) {
            pp_clock_nap(LOOK_FOR_QUESTIONS);
            continue;
        }
        note(ranks, question.told);
        t->answer(question.rank, question.leaving ? -1 : hand_out(ranks));
        if (!question.leaving)
            continue;
        pthread_mutex_lock(&ranks->lock);
        ranks->others--;
        pthread_mutex_unlock(&ranks->lock);
    }
    return NULL;
}

/// Signals are for the thread that simulates.
static bool start_server(pp_ranks *ranks)
{
    sigset_t all, old;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &old);
    bool failed = pthread_create(&ranks->server, NULL, serve, ranks) != 0;
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    return !failed;
}

pp_status pp_ranks_start(pp_ranks *ranks, const pp_ranks_plan *plan, pp_error *error)
{
    ranks->plan = *plan;
    ranks->next = 0;
    ranks->stopped = false;
    memset(ranks->outcomes, 0, sizeof ranks->outcomes);
    if (ranks->alone)
        return PP_OK;
    bool first = ranks->transport.rank == 0;
    ranks->asking = !first;
    memset(ranks->told, 0, sizeof ranks->told);
    ranks->others = ranks->transport.size - 1;
    bool failed = first && ranks->others > 0 && !start_server(ranks);
    if (ranks->transport.highest(failed))
        return pp_error_set(error, PP_ENOMEM, "cannot start a thread to hand out runs");
    open_to_questions(ranks); // from here to the end rank 0 speaks through the server alone
    return PP_OK;
}

static bool is_first(const pp_ranks *ranks)
{
    return ranks->alone || ranks->transport.rank == 0;
}

static int64_t ask(pp_ranks *ranks, bool leaving)
{
    int64_t given = ranks->transport.ask(ranks->told, leaving);
    memset(ranks->told, 0, sizeof ranks->told);
    ranks->asking = given >= 0;
    return given;
}

bool pp_ranks_next(pp_ranks *ranks, size_t *number)
{
    int64_t given = -1;
    if (is_first(ranks))
        given = hand_out(ranks);
    else if (ranks->asking)
        given = ask(ranks, false);
    if (given >= 0)
        *number = (size_t)given;
    return given >= 0;
}

void pp_ranks_tell(pp_ranks *ranks, int outcome)
{
    if (outcome < 0 || outcome >= PP_RANKS_OUTCOMES)
        return;
    ranks->told[outcome]++;
    if (!is_first(ranks))
        return; // with the next question
    note(ranks, ranks->told);
    memset(ranks->told, 0, sizeof ranks->told);
}

void pp_ranks_outcomes(pp_ranks *ranks, int64_t count[PP_RANKS_OUTCOMES])
{
    pthread_mutex_lock(&ranks->lock);
    memcpy(count, ranks->outcomes, sizeof ranks->outcomes);
    pthread_mutex_unlock(&ranks->lock);
}

void pp_ranks_finish(pp_ranks *ranks, void (*waiting)(void *context), void *context)
{
    if (!is_first(ranks))
        ask(ranks, true);
    if (!is_first(ranks) || pp_ranks_size(ranks) == 1)
        return;
    while (others_ask(ranks)) {
        if (waiting)
            waiting(context);
        pp_clock_nap(LOOK_AT_OTHERS);
    }
    pthread_join(ranks->server, NULL);
}

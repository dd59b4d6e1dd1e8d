// Ranks of an MPI job. Compiled only where there is MPI. All of it goes through MPI_COMM_WORLD, as
// a launcher's job has only this one purpose.
#include <mpi.h>
#include <string.h>

#include "experiments/cli/ranks/transport.h"
#include "market/base/clock.h"

enum { TAG_QUESTION = 1, TAG_ANSWER = 2 };

/// Until it is ready. MPI's own waiting keeps a processor busy that a neighbour could use.
static void sleep_until(MPI_Request request)
{
    enum { AT_ONCE = 100 };
    int done = 0;
    for (int looks = 0; !done; looks++) {
        MPI_Request_get_status(request, &done, MPI_STATUS_IGNORE);
        if (!done && looks >= AT_ONCE)
            pp_clock_nap(1);
    }
}

static int highest(int value)
{
    int all = value;
    MPI_Request request;
    MPI_Iallreduce(&value, &all, 1, MPI_INT, MPI_MAX, MPI_COMM_WORLD, &request);
    sleep_until(request);
    MPI_Wait(&request, MPI_STATUS_IGNORE);
    return all;
}

static void sum(int64_t *values, int n)
{
    MPI_Request request;
    MPI_Iallreduce(MPI_IN_PLACE, values, n, MPI_INT64_T, MPI_SUM, MPI_COMM_WORLD, &request);
    sleep_until(request);
    MPI_Wait(&request, MPI_STATUS_IGNORE);
}

static void from_first(void *data, size_t size)
{
    MPI_Request request;
    MPI_Ibcast(data, (int)size, MPI_BYTE, 0, MPI_COMM_WORLD, &request);
    sleep_until(request);
    MPI_Wait(&request, MPI_STATUS_IGNORE);
}

static MPI_Comm neighbours(void)
{
    MPI_Comm machine;
    MPI_Comm_split_type(MPI_COMM_WORLD, MPI_COMM_TYPE_SHARED, 0, MPI_INFO_NULL, &machine);
    return machine;
}

static void neighbour_processors(const cpu_set_t *own, cpu_set_t *sets)
{
    MPI_Comm machine = neighbours();
    MPI_Allgather(own, (int)sizeof *own, MPI_BYTE, sets, (int)sizeof *sets, MPI_BYTE, machine);
    MPI_Comm_free(&machine);
}

static bool asked(pp_ranks_question *question)
{
    int there;
    MPI_Status status;
    MPI_Iprobe(MPI_ANY_SOURCE, TAG_QUESTION, MPI_COMM_WORLD, &there, &status);
    if (!there)
        return false;
    question->rank = status.MPI_SOURCE;
    int words[PP_RANKS_OUTCOMES + 1];
    MPI_Recv(words, PP_RANKS_OUTCOMES + 1, MPI_INT, question->rank, TAG_QUESTION, MPI_COMM_WORLD,
             MPI_STATUS_IGNORE);
    memcpy(question->told, words, sizeof question->told);
    question->leaving = words[PP_RANKS_OUTCOMES] != 0;
    return true;
}

static void answer(int rank, int64_t number)
{
    MPI_Send(&number, 1, MPI_INT64_T, rank, TAG_ANSWER, MPI_COMM_WORLD);
}

static int64_t ask(const int *told, bool leaving)
{
    int words[PP_RANKS_OUTCOMES + 1];
    memcpy(words, told, PP_RANKS_OUTCOMES * sizeof *words);
    words[PP_RANKS_OUTCOMES] = leaving;
    int64_t number = -1;
    MPI_Request request;
    MPI_Irecv(&number, 1, MPI_INT64_T, 0, TAG_ANSWER, MPI_COMM_WORLD, &request);
    MPI_Send(words, PP_RANKS_OUTCOMES + 1, MPI_INT, 0, TAG_QUESTION, MPI_COMM_WORLD);
    sleep_until(request);
    MPI_Wait(&request, MPI_STATUS_IGNORE);
    return number;
}

static void leave(void)
{
    highest(0); // Finalize waits too, but not asleep
    MPI_Finalize();
}

pp_status pp_mpi_join(pp_ranks_transport *transport, pp_error *error)
{
    int level;
    *transport = (pp_ranks_transport){.leave = leave,
                                      .highest = highest,
                                      .sum = sum,
                                      .from_first = from_first,
                                      .neighbour_processors = neighbour_processors,
                                      .asked = asked,
                                      .answer = answer,
                                      .ask = ask};
    // Rank 0 answers from a thread of its own, and never speaks from two at once.
    MPI_Init_thread(NULL, NULL, MPI_THREAD_SERIALIZED, &level);
    if (level < MPI_THREAD_SERIALIZED) {
        MPI_Finalize();
        return pp_error_set(error, PP_EINVAL,
                            "this MPI cannot be used from a thread (MPI_THREAD_SERIALIZED)");
    }
    MPI_Comm_rank(MPI_COMM_WORLD, &transport->rank);
    MPI_Comm_size(MPI_COMM_WORLD, &transport->size);
    MPI_Comm machine = neighbours();
    MPI_Comm_size(machine, &transport->neighbours);
    MPI_Comm_free(&machine);
    return PP_OK;
}

// What the environment tells of how this process was started. It does not take MPI to know that.
#include <stdlib.h>

#include "experiments/cli/ranks/ranks.h"
#include "experiments/cli/ranks/transport.h"

/// @return -1 if it is not set
static long number_in(const char *name)
{
    const char *text = getenv(name);
    return text ? strtol(text, NULL, 10) : -1;
}

// Open MPI's mpirun; PMI-1 and PMI-2, which are MPICH's, Intel's, Cray's and srun --mpi=pmi2's.
// PMIx (prterun, srun
// --mpi=pmix) does not tell.
static const char *const mpi_sizes[] = {"OMPI_COMM_WORLD_SIZE", "PMI_SIZE"};

static long mpi_size(void)
{
    long size = -1;
    for (size_t i = 0; i < sizeof mpi_sizes / sizeof *mpi_sizes && size < 0; i++)
        size = number_in(mpi_sizes[i]);
    return size;
}

long pp_ranks_started(void)
{
    long size = mpi_size(), tasks = number_in("SLURM_STEP_NUM_TASKS");
    if (size >= 0)
        return size;
    return tasks > 1 ? tasks : 1;
}

bool pp_mpi_launched(void)
{
    if (mpi_size() >= 0)
        return mpi_size() > 1;
    // One process alone has no use for MPI, and is better off without: a launcher may speak a
    // dialect that this MPI does not know.
    return getenv("PMIX_RANK") && number_in("SLURM_STEP_NUM_TASKS") != 1;
}

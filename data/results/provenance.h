/// @file
/// @internal
/// When, where and by what command a run was started, for the file's attributes. A run that was
/// interrupted and goes on later has those of its first start.
#ifndef PURSUIT_DATA_RESULTS_PROVENANCE_H
#define PURSUIT_DATA_RESULTS_PROVENANCE_H

#include <stdint.h>

#include "market/base/error.h"

enum { PP_SLURM_IDS = 3, PP_SLURM_ID = 64, PP_CREATED = 32, PP_HOST = 256 };

typedef struct pp_provenance {
    char *history; ///< the command line
    int32_t threads;
    char created[PP_CREATED]; ///< ISO 8601, UTC; empty if there is no clock
    char host[PP_HOST];
    char slurm[PP_SLURM_IDS][PP_SLURM_ID]; ///< as pp_slurm_ids; empty if there is none
} pp_provenance;

typedef struct pp_slurm_id {
    const char *attribute, *variable; ///< in the file; of the environment
} pp_slurm_id;
extern const pp_slurm_id pp_slurm_ids[PP_SLURM_IDS];

/// Of this process, now. SOURCE_DATE_EPOCH, seconds since 1970, stands for the time if it is set:
/// the convention of reproducible builds.
/// @return PP_OK or PP_ENOMEM (to be released even so)
pp_status pp_provenance_now(const char *history, int threads, pp_provenance *provenance,
                            pp_error *error);
void pp_provenance_release(pp_provenance *provenance); ///< safe on a zeroed one

#endif

/// @file
/// A record as the writer sees it: bytes and slabs.
#ifndef PURSUIT_DATA_RESULTS_RECORD_H
#define PURSUIT_DATA_RESULTS_RECORD_H

#include "data/results/layout.h"

const pp_slabs *pp_record_slabs(const pp_record *record);
const unsigned char *pp_record_data(const pp_record *record); ///< [slabs->bytes]

#endif

// Where runs stand, and which of them are written at once.
#include "data/merge/block.h"

#include "data/merge/parts.h"
#include "data/results/layout.h"

uint64_t pp_merge_block(size_t rank, const uint64_t *dims, uint64_t fit, uint64_t *block)
{
    uint64_t places = 1;
    fit = fit ? fit : 1;
    for (size_t d = rank; d-- > 0;) {
        bool whole = dims[d] <= fit;
        block[d] = whole ? dims[d] : pp_layout_power_of_two(fit);
        fit = whole ? fit / dims[d] : 1;
        places *= block[d];
    }
    return places;
}

uint64_t pp_merge_block_at(size_t rank, const uint64_t *dims, const uint64_t *block, uint64_t first,
                           uint64_t *start, uint64_t *count)
{
    uint64_t places = 1;
    for (size_t d = rank; d-- > 0;) {
        start[d] = first % dims[d];
        first /= dims[d];
        count[d] = block[d] < dims[d] - start[d] ? block[d] : dims[d] - start[d];
        places *= count[d];
    }
    return places;
}

pp_merge_place pp_merge_place_of(const pp_merge_file *file, size_t run)
{
    uint64_t one[PP_NETCDF_RANK], start[PP_NETCDF_RANK];
    pp_merge_place place = {0};
    pp_merge_block(file->rank, file->dims, 1, one);
    pp_merge_block_at(file->rank, file->dims, one, run, start, one);
    for (size_t d = 0; d < file->rank; d++) {
        place.start[d] = start[d];
        place.count[d] = 1;
    }
    return place;
}

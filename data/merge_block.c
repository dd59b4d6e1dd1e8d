#include "data/merge_block.h"

static uint64_t power_of_two_up_to(uint64_t limit)
{
    uint64_t power = 1;
    while (power <= limit / 2)
        power *= 2;
    return power;
}

uint64_t pp_merge_block(size_t rank, const uint64_t *dims, uint64_t fit, uint64_t *block)
{
    uint64_t places = 1;
    fit = fit ? fit : 1;
    for (size_t d = rank; d-- > 0;) {
        bool whole = dims[d] <= fit;
        block[d] = whole ? dims[d] : power_of_two_up_to(fit);
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

/// @file
/// A data race on purpose: the tsan preset must report it, or its silence elsewhere means nothing.
#include <stdio.h>

int main(void)
{
    long sum = 0;
#pragma omp parallel for num_threads(4) shared(sum)
    for (long i = 0; i < 1000; i++)
        sum += i;
    printf("sum %ld\n", sum);
    return 0;
}

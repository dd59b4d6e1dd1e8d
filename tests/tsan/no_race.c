/// @file
/// OpenMP synchronisation that ThreadSanitizer must understand: a worksharing loop's barrier,
/// `single`, `critical`, a reduction, and the join at the end. The tsan preset must be silent about
/// it.
#include <stdio.h>

int main(void)
{
    static long value[1000];
    long total = 0, visits = 0, sum = 0;
#pragma omp parallel num_threads(4)
    {
#pragma omp for
        for (long i = 0; i < 1000; i++)
            value[i] = i;
#pragma omp single
        for (long i = 0; i < 1000; i++)
            total += value[i];
#pragma omp critical
        visits++;
#pragma omp for reduction(+ : sum)
        for (long i = 0; i < 1000; i++)
            sum += value[999 - i];
    }
    printf("total %ld visits %ld sum %ld\n", total, visits, sum);
    return total == sum && visits > 0 ? 0 : 1;
}

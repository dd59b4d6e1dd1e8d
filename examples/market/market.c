// A market: run a scenario, read the results back, print what each firm truly earned in a trial.
#include <pursuit/pursuit.h>

#include <stdio.h>
#include <stdlib.h>

int main(int argc, char **argv)
{
    pp_error error = {0};
    pp_results_file *results;
    double *profit; // [trial][epoch][firm] GBP
    size_t n;
    if (argc != 3 || pp_run_file(argv[1], argv[2], &error) != PP_OK ||
        pp_results_open(argv[2], &results, &error) != PP_OK ||
        pp_results_read(results, PP_VAR_true_profit, &profit, &n, &error) != PP_OK)
        return fprintf(stderr, "%s\n",
                       argc == 3 ? error.message : "usage: market SCENARIO.yaml RESULTS.h5"),
               1;
    size_t n_firms = pp_results_length(results, PP_DIM_FIRM),
           n_trials = pp_results_length(results, PP_DIM_TRIAL);
    for (size_t f = 0; f < n_firms; f++) {
        double sum = 0;
        for (size_t i = f; i < n; i += n_firms)
            sum += profit[i];
        printf("%-12s %10.0f GBP\n", pp_results_firm(results, f), sum / (double)n_trials);
    }
    free(profit);
    pp_results_close(results);
}

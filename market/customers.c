// Memory of a batch of customers.
#include "market/customers.h"

#include <stdlib.h>
#include <string.h>

#include "market/base/array.h"

enum { REAL_COLUMNS = 6 };

pp_status pp_customers_create(size_t capacity, int n_columns, pp_customers *customers,
                              pp_error *error)
{
    memset(customers, 0, sizeof *customers);
    customers->storage = pp_array_reals((size_t)n_columns * capacity);
    customers->hidden = pp_array_reals(REAL_COLUMNS * capacity);
    customers->features = calloc((size_t)n_columns, sizeof(double *));
    customers->loyal_firm = calloc(capacity, sizeof(int32_t));
    if (!customers->storage || !customers->hidden || !customers->features ||
        !customers->loyal_firm) {
        pp_customers_destroy(customers);
        return pp_error_memory(error, "%zu customers", capacity);
    }
    customers->capacity = capacity;
    customers->n_columns = n_columns;
    for (int j = 0; j < n_columns; j++)
        customers->features[j] = customers->storage + (size_t)j * capacity;
    double **real[REAL_COLUMNS] = {&customers->pure_premium,    &customers->sensitivity,
                                   &customers->walk_away_scale, &customers->walk_away,
                                   &customers->loyalty,         &customers->choice_uniform};
    for (size_t j = 0; j < REAL_COLUMNS; j++)
        *real[j] = customers->hidden + j * capacity;
    return PP_OK;
}

void pp_customers_destroy(pp_customers *customers)
{
    free(customers->storage);
    free(customers->hidden);
    free(customers->features);
    free(customers->loyal_firm);
    memset(customers, 0, sizeof *customers);
}

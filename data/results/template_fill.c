// A results file out of its template: numbers into their places, texts into a heap at the end.
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "data/hdf5/heap.h"
#include "data/hdf5/seal.h"
#include "data/results/template_parts.h"
#include "market/base/utf8.h"

/// Texts of a file on their way into its heap.
typedef struct texts {
    size_t n;
    pp_heap_text *text; ///< [n]
    char **repaired;    ///< [n] ours to free, or NULL
    bool failed;
} texts;

/// @param place of the element that refers to it
static void add_text(texts *all, const char *text, size_t place)
{
    char *repaired = NULL;
    if (!pp_utf8_valid(text)) {
        repaired = pp_utf8_duplicate(text);
        all->failed |= !repaired;
    }
    text = repaired ? repaired : text;
    all->repaired[all->n] = repaired;
    all->text[all->n++] = (pp_heap_text){.text = text, .length = strlen(text), .place = place};
}

/// Readers fail on an empty attribute: it becomes a blank.
static const char *not_empty(const char *text)
{
    return text[0] ? text : " ";
}

/// Values of a dataset.
static const unsigned char *values_of(const pp_contents *c, size_t dataset)
{
    return c->values + c->slabs->slab[dataset].offset * (size_t)c->layout->n_trials;
}

static size_t count_values(const pp_contents *c, size_t dataset)
{
    return c->slabs->slab[dataset].count * (size_t)c->layout->n_trials;
}

static size_t count_texts(const pp_contents *c)
{
    size_t n = PP_TEMPLATE_TEXTS + (size_t)c->layout->n_firms + 1;
    for (size_t i = 0; i < c->slabs->n; i++)
        if (c->slabs->slab[i].type == PP_STRING)
            n += count_values(c, i);
    return n;
}

static void gather(const pp_results_template *t, const pp_contents *c, texts *all)
{
    pp_template_text attributes[PP_TEMPLATE_TEXTS];
    pp_template_texts(c->layout, c->started, attributes);
    for (size_t i = 0; i < PP_TEMPLATE_TEXTS; i++)
        if (attributes[i].text)
            add_text(all, not_empty(attributes[i].text), t->texts[i]);
    for (size_t i = 0; i < (size_t)c->layout->n_firms; i++)
        add_text(all, c->layout->firm_labels[i], t->firm + i * PP_HEAP_REFERENCE);
    add_text(all, not_empty(c->layout->scenario), t->scenario);
    for (size_t i = 0; i < c->slabs->n; i++)
        for (size_t j = 0; c->slabs->slab[i].type == PP_STRING && j < count_values(c, i); j++)
            add_text(all, (const char *)values_of(c, i) + j * PP_RECORD_TEXT,
                     t->datasets[i] + j * PP_HEAP_REFERENCE);
}

static pp_status collect(const pp_results_template *t, const pp_contents *c, texts *all,
                         pp_error *error)
{
    size_t n = count_texts(c);
    *all = (texts){.text = malloc(n * sizeof *all->text), .repaired = calloc(n, sizeof(char *))};
    if (all->text && all->repaired)
        gather(t, c, all);
    if (!all->text || !all->repaired || all->failed)
        return pp_error_set(error, PP_ENOMEM, "out of memory");
    assert(all->n <= n);
    for (size_t i = 0; i < all->n; i++)
        if (all->text[i].length > UINT32_MAX)
            return pp_error_set(error, PP_EFORMAT, "a text does not fit into a file");
    return n <= PP_HEAP_TEXTS ? PP_OK : pp_error_set(error, PP_EFORMAT, "too many texts");
}

static void release(texts *all)
{
    for (size_t i = 0; i < all->n; i++)
        free(all->repaired[i]);
    free(all->text);
    free(all->repaired);
}

static void put(const pp_results_template *t, unsigned char *bytes, size_t place,
                const void *values, size_t n)
{
    assert(place > 0 && place <= t->image.n && n <= t->image.n - place);
    (void)t;
    memcpy(bytes + place, values, n);
}

static void put_numbers(const pp_results_template *t, const pp_contents *c, unsigned char *bytes)
{
    const pp_results_layout *layout = c->layout;
    put(t, bytes, t->seed, &layout->seed, sizeof layout->seed);
    put(t, bytes, t->threads, &c->started->threads, sizeof c->started->threads);
    for (int64_t i = 0; i < layout->n_trials; i++) {
        int64_t trial = layout->first_trial + i;
        put(t, bytes, t->trial + (size_t)i * sizeof trial, &trial, sizeof trial);
    }
    for (size_t i = 0; i < c->slabs->n; i++) {
        pp_value_type type = c->slabs->slab[i].type;
        size_t n = count_values(c, i);
        if (n > 0 && type != PP_STRING)
            put(t, bytes, t->datasets[i], values_of(c, i), n * pp_value_size(type));
    }
}

/// Is the file to be read back?
static bool is_to_be_checked(const pp_results_template *t)
{
#ifdef NDEBUG
    return !t->checked;
#else
    (void)t;
    return true;
#endif
}

pp_status pp_template_fill(pp_results_template *t, const pp_contents *contents,
                           unsigned char **bytes, size_t *n, pp_error *error)
{
    enum { ALIGNMENT = 8 };
    texts all;
    *bytes = NULL;
    pp_status status = collect(t, contents, &all, error);
    if (status != PP_OK) {
        release(&all);
        return status;
    }
    size_t start = (t->image.n + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    size_t end = start + pp_heap_bytes(all.text, all.n);
    unsigned char *made = malloc(end + PP_SEAL);
    if (made) {
        memcpy(made, t->image.bytes, t->image.n);
        memset(made + t->image.n, 0, end - t->image.n);
        put_numbers(t, contents, made);
        pp_heap_write(all.text, all.n, made, start);
        pp_image_finish(&t->image, made, end);
        pp_seal_make(made, end, made + end);
    } else {
        status = pp_error_set(error, PP_ENOMEM, "no memory for a file of %zu bytes", end);
    }
    release(&all);
    if (status == PP_OK && is_to_be_checked(t))
        status = pp_template_check(contents, made, end, error);
    t->checked |= status == PP_OK;
    if (status != PP_OK) {
        free(made);
        return status;
    }
    *bytes = made;
    *n = end + PP_SEAL;
    return PP_OK;
}

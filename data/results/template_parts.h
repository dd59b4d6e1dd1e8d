/// @file
/// @internal
/// What the files that make, fill and check templates share.
#ifndef PURSUIT_DATA_RESULTS_TEMPLATE_PARTS_H
#define PURSUIT_DATA_RESULTS_TEMPLATE_PARTS_H

#include "data/hdf5/image.h"
#include "data/results/template.h"

/// Attributes of texts that differ from run to run: six of every file, and Slurm's.
enum { PP_TEMPLATE_TEXTS = 6 + PP_SLURM_IDS };

struct pp_results_template {
    unsigned char *key; ///< [key_bytes] of the layouts that it fits
    size_t key_bytes;
    pp_image image;
    bool checked; ///< a file made of it has been read back

    // Places in the image; 0: not there.
    size_t texts[PP_TEMPLATE_TEXTS];
    size_t seed, threads, trial, firm, scenario;
    size_t *datasets; ///< [pp_layout_datasets]
};

typedef struct pp_template_text {
    const char *name, *text; ///< NULL: the file is without it
} pp_template_text;

/// The attributes of texts that differ from run to run.
void pp_template_texts(const pp_results_layout *layout, const pp_provenance *started,
                       pp_template_text texts[PP_TEMPLATE_TEXTS]);

enum { PP_TEMPLATE_PATH = 80 };
/// The path of a dataset in the file.
void pp_template_path(const pp_results_layout *layout, size_t dataset, char path[PP_TEMPLATE_PATH]);

/// Read a file back, and compare everything that was put into it.
/// @return PP_OK; PP_EFORMAT; PP_ENOMEM
pp_status pp_template_check(const pp_contents *contents, const unsigned char *bytes, size_t n,
                            pp_error *error);

#endif

/// @file
/// @internal
/// A parameter in words, for `pursuit agents` and the manual page.
#ifndef PURSUIT_EXPERIMENTS_CLI_PRINT_PARAMS_H
#define PURSUIT_EXPERIMENTS_CLI_PRINT_PARAMS_H

#include "market/base/param.h"

enum { PP_WORDS_MAX = 512 };

/// What may be written: "a whole number, [1, 64]", "logistic | mlp", ...
void pp_param_values_text(const pp_param *row, char text[PP_WORDS_MAX]);
/// The default as it would be written: "0.05", "true", "required", "mean_rate" if derived.
void pp_param_default_text(const pp_param *row, char text[PP_WORDS_MAX]);
/// " GBP", or "" for a pure number or text.
void pp_param_unit_text(const pp_param *row, char text[PP_WORDS_MAX]);

#endif

// Parameters in words.
#include "experiments/cli/print/params.h"

#include <stdio.h>
#include <string.h>

#include "market/base/text.h"

static void choices_text(const pp_param *row, char text[PP_WORDS_MAX])
{
    size_t used = 0;
    text[0] = '\0';
    for (size_t i = 0; row->names[i] && used < PP_WORDS_MAX; i++)
        used += (size_t)snprintf(text + used, PP_WORDS_MAX - used, "%s%s", i ? " | " : "",
                                 row->names[i]);
}

void pp_param_values_text(const pp_param *row, char text[PP_WORDS_MAX])
{
    char range[96];
    pp_param_range_text(row, range, sizeof range);
    const bool any = strcmp(range, "any number") == 0;
    switch (row->type) {
    case PP_PARAM_INTEGER:
        snprintf(text, PP_WORDS_MAX, "whole number%s%s", any ? "" : ", ", any ? "" : range);
        break;
    case PP_PARAM_REAL:
        snprintf(text, PP_WORDS_MAX, "number%s%s", any ? "" : ", ", any ? "" : range);
        break;
    case PP_PARAM_REALS:
        snprintf(text, PP_WORDS_MAX, "list of numbers%s%s", any ? "" : ", each ", any ? "" : range);
        break;
    case PP_PARAM_BOOLEAN:
        snprintf(text, PP_WORDS_MAX, "true | false");
        break;
    case PP_PARAM_ENUM:
        choices_text(row, text);
        break;
    case PP_PARAM_TEXT:
        snprintf(text, PP_WORDS_MAX, "text");
        break;
    }
}

static void reals_text(const pp_param *row, char text[PP_WORDS_MAX])
{
    char number[PP_REAL_MAX];
    size_t used = (size_t)snprintf(text, PP_WORDS_MAX, "[");
    for (size_t i = 0; i < row->n_default_reals && used < PP_WORDS_MAX; i++)
        used += (size_t)snprintf(text + used, PP_WORDS_MAX - used, "%s%s", i ? ", " : "",
                                 pp_format_real(row->default_reals[i], number));
    if (used < PP_WORDS_MAX)
        snprintf(text + used, PP_WORDS_MAX - used, "]");
}

void pp_param_default_text(const pp_param *row, char text[PP_WORDS_MAX])
{
    if (row->flags & PP_REQUIRED)
        snprintf(text, PP_WORDS_MAX, "required");
    else if (row->flags & PP_OPTIONAL && row->default_number != row->default_number)
        snprintf(text, PP_WORDS_MAX, "%s", row->derived ? row->derived : "none");
    else if (row->type == PP_PARAM_BOOLEAN)
        snprintf(text, PP_WORDS_MAX, "%s", row->default_number != 0 ? "true" : "false");
    else if (row->type == PP_PARAM_ENUM)
        snprintf(text, PP_WORDS_MAX, "%s", row->names[(size_t)row->default_number]);
    else if (row->type == PP_PARAM_TEXT)
        snprintf(text, PP_WORDS_MAX, "%s",
                 row->default_text && *row->default_text ? row->default_text : "empty");
    else if (row->type == PP_PARAM_REALS)
        reals_text(row, text);
    else
        snprintf(text, PP_WORDS_MAX, "%.10g", row->default_number);
}

void pp_param_unit_text(const pp_param *row, char text[PP_WORDS_MAX])
{
    const bool none = !row->unit || !*row->unit || strcmp(row->unit, "1") == 0;
    snprintf(text, PP_WORDS_MAX, "%s%s", none ? "" : " ", none ? "" : row->unit);
}

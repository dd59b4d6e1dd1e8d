// Values of a plan in canonical text.
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "experiments/scenario/bind.h"
#include "experiments/sweep/plan/parts.h"
#include "market/base/buffer.h"

const char *pp_sweep_number(double value, char text[])
{
    const double whole_max = 9007199254740992.0; // 2^53
    value += 0;                                  // no -0
    if (value == floor(value) && fabs(value) <= whole_max)
        snprintf(text, PP_NUMBER_MAX, "%.0f", value);
    else
        pp_number_text(value, text);
    return text;
}

/// Does the text, within a flow collection and without quotes, stay what it is?
static bool is_plain(const char *text)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_";
    return text[0] && strchr(letters, text[0]) &&
           text[strcspn(text, ",[]{}:#&*!|>'\"%@`\\")] == '\0' && text[strlen(text) - 1] != ' ' &&
           strspn(text, " -./+_0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ") ==
               strlen(text);
}

static void write_scalar(pp_buffer *out, const pp_node *scalar)
{
    char text[PP_NUMBER_MAX];
    double value;
    if (pp_node_number(scalar, &value))
        pp_buffer_add(out, "%s", pp_sweep_number(value, text));
    else if (pp_node_is_null(scalar))
        pp_buffer_add(out, "null");
    else if (!scalar->quoted && is_plain(scalar->text))
        pp_buffer_add(out, "%s", scalar->text);
    else
        pp_buffer_quote(out, scalar->text);
}

// No deeper than the tree, whose depth the parser limits.
static void write_flow(pp_buffer *out, const pp_node *node)
{
    bool map = node->kind == PP_NODE_MAP;
    if (node->kind == PP_NODE_SCALAR) {
        write_scalar(out, node);
        return;
    }
    pp_buffer_add(out, map ? "{" : "[");
    for (size_t i = 0; i < node->n; i++) {
        const pp_entry *entry = &node->entries[i];
        pp_buffer_add(out, "%s", i ? ", " : "");
        if (map && is_plain(entry->key))
            pp_buffer_add(out, "%s: ", entry->key);
        else if (map) {
            pp_buffer_quote(out, entry->key);
            pp_buffer_add(out, ": ");
        }
        write_flow(out, entry->value);
    }
    pp_buffer_add(out, map ? "}" : "]");
}

char *pp_sweep_text(const pp_node *value, bool number)
{
    pp_buffer out = {0};
    bool as_is = value->kind == PP_NODE_SCALAR && !pp_node_is_null(value);
    double ignored;
    if (as_is && !(number && pp_node_number(value, &ignored)))
        pp_buffer_add(&out, "%s", value->text);
    else
        write_flow(&out, value);
    return pp_buffer_take(&out);
}

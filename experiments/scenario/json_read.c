// JSON objects read by the YAML parser.
#include "experiments/scenario/json_read.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "market/base/text.h"
#include "market/base/utf8.h"

pp_status pp_json_object(const char *text, size_t length, pp_node **map)
{
    pp_report report = {.path = ""};
    pp_problems problems = {0};
    *map = NULL;
    if (length == 0 || text[0] != '{')
        return PP_EFORMAT;
    pp_node *node = pp_tree_parse(text, length, 0, &report);
    bool memory = report.out_of_memory, bad = pp_report_count(&report) > 0;
    pp_report_finish(&report, &problems);
    pp_problems_destroy(&problems);
    if (node && !bad && !memory && node->kind == PP_NODE_MAP) {
        *map = node;
        return PP_OK;
    }
    pp_node_destroy(node);
    return memory ? PP_ENOMEM : PP_EFORMAT;
}

bool pp_json_has(const pp_node *node, const char *const *names, size_t n)
{
    if (!node || node->kind != PP_NODE_MAP || node->n != n)
        return false;
    for (size_t i = 0; i < n; i++)
        if (!pp_node_get(node, names[i]))
            return false;
    return true;
}

const char *pp_json_text(const pp_node *node)
{
    return node && node->kind == PP_NODE_SCALAR && node->quoted && pp_utf8_valid(node->text)
               ? node->text
               : NULL;
}

bool pp_json_is_number(const pp_node *node, bool whole)
{
    if (!node || node->kind != PP_NODE_SCALAR || node->quoted)
        return false;
    const char *text = node->text, *allowed = whole ? "-0123456789" : "-+.eE0123456789";
    if (strspn(text + (*text == '-'), "0123456789") == 0 || text[strspn(text, allowed)])
        return false;
    char *end;
    errno = 0;
    double value = whole ? (double)strtoll(text, &end, 10) : pp_parse_real(text, &end);
    return !*end && isfinite(value) && !(whole && errno);
}

bool pp_json_count(const pp_node *node, size_t most, size_t *count)
{
    if (!pp_json_is_number(node, true) || node->text[0] == '-')
        return false;
    unsigned long long value = strtoull(node->text, NULL, 10);
    *count = value <= most ? (size_t)value : 0;
    return value <= most;
}

// The rules of what a sale pays and costs a firm.
#include <stdio.h>
#include <string.h>

#include "experiments/scenario/check.h"

/// Paths of keys below `where`, with blanks between. @param names with blanks between
static void paths_of(const char *where, const char *names, char *paths, size_t size)
{
    size_t n = 0;
    paths[0] = '\0';
    while (*names && n < size) {
        size_t length = strcspn(names, " ");
        n += (size_t)snprintf(paths + n, size - n, "%s.%.*s ", where, (int)length, names);
        names += length + (names[length] == ' ');
    }
}

void pp_check_economics(pp_check *check, size_t i)
{
    const pp_economics_config *c = &check->scenario->firms[i].economics;
    char where[PP_WHERE_MAX], keys[5 * PP_WHERE_MAX], text[PP_ECONOMICS_TEXT];
    pp_check_firm(check, i, "economics", where);
    size_t before = check->n;
    if (!check->report)
        pp_check_table(check, where, &pp_economics_table, c);
    for (size_t rule = 0; rule < PP_ECONOMICS_RULES && check->n == before; rule++) {
        const char *names = pp_economics_problem(c, rule, text);
        if (!names)
            continue;
        paths_of(where, names, keys, sizeof keys);
        size_t n = strlen(keys);
        snprintf(keys + n, sizeof keys - n, "%s.kind %s", where, where);
        pp_check_add(check, where, keys, "%s", text);
    }
}

#include "experiments/scenario/difference.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "market/base/utf8.h"
#include "market/base/param.h"

/// A walk over the lines of a resolved scenario; it knows where it is by indentation, which
/// pp_scenario_yaml keeps to.
typedef struct walk {
    const char *next;                 ///< of the line that follows
    const char *line, *section;       ///< of the present one; section NULL at the top level
    size_t length, indent, n_section; ///< bytes of line and section
    bool in_agent;                    ///< within a firm's `agent:`
} walk;

/// Does the text start with that key and a colon?
static bool has_key(const char *text, const char *key)
{
    size_t n = strlen(key);
    return strncmp(text, key, n) == 0 && text[n] == ':';
}

static bool in_section(const walk *w, const char *key)
{
    return w->section && has_key(w->section, key);
}

/// Lines that may differ.
static bool is_free(const walk *w)
{
    static const struct {
        const char *section; ///< NULL: the top level
        size_t indent;
        const char *key;
    } rows[] = {
        {NULL, 0, "title"},
        {NULL, 0, "trials"},
        {NULL, 0, "first_trial"},
        {"population", 2, "file"},
        {"firms", 2, "- name"},
        {"firms", 4, "explore"},
        {"results", 2, "quotes_every"},
    };
    for (size_t i = 0; i < PP_COUNT(rows); i++)
        if (w->indent == rows[i].indent && has_key(w->line + w->indent, rows[i].key) &&
            (rows[i].section ? in_section(w, rows[i].section) : !w->section))
            return true;
    return w->in_agent;
}

static void read_line(walk *w)
{
    w->line = w->next;
    w->length = strcspn(w->line, "\n");
    w->indent = strspn(w->line, " ");
    w->next = w->line + w->length + (w->line[w->length] == '\n');
    if (w->indent == 0) {
        bool opens = w->length && w->line[w->length - 1] == ':';
        w->section = opens ? w->line : NULL;
        w->n_section = opens ? w->length : 0;
    }
    if (w->indent <= 4)
        w->in_agent = w->indent == 4 && in_section(w, "firms") && has_key(w->line + 4, "agent");
}

/// Go to the next line that counts. @return false at the end
static bool advance(walk *w)
{
    while (*w->next) {
        read_line(w);
        if (!is_free(w))
            return true;
    }
    return false;
}

static void describe(const walk *w, char text[PP_DIFFERENCE_MAX])
{
    char whole[4 * PP_DIFFERENCE_MAX];
    bool within = w->section && w->line != w->section;
    snprintf(whole, sizeof whole, "%.*s%s%.*s", within ? (int)w->n_section : 0,
             within ? w->section : "", within ? " " : "", (int)(w->length - w->indent),
             w->line + w->indent);
    pp_utf8_copy(text, PP_DIFFERENCE_MAX, whole);
}

static bool same_line(const walk *a, const walk *b)
{
    return a->length == b->length && memcmp(a->line, b->line, a->length) == 0;
}

bool pp_scenario_difference_find(const char *base, const char *other,
                                 pp_scenario_difference *difference)
{
    walk a = {.next = base}, b = {.next = other};
    *difference = (pp_scenario_difference){"", ""};
    for (;;) {
        bool more_a = advance(&a), more_b = advance(&b);
        if (!more_a && !more_b)
            return false;
        if (more_a && more_b && same_line(&a, &b))
            continue;
        if (more_a)
            describe(&a, difference->base);
        if (more_b)
            describe(&b, difference->other);
        return true;
    }
}

// Problems collected with their places, and sorted by them.
#include "experiments/scenario/report.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "market/base/array.h"
#include "market/base/text.h"

struct pp_report_item {
    pp_mark mark;
    size_t order;
    size_t message; ///< where in text the problem itself begins, behind its place and path
    char *text;     ///< and after its NUL the path of the value that is in doubt; "" for none
};

static bool is_control(char c)
{
    return (unsigned char)c < 0x20 || c == 0x7F;
}

const char *pp_clip(const char *text, char clipped[PP_CLIP_MAX])
{
    static const char ellipsis[] = "...";
    size_t room = PP_CLIP_MAX - 1, n = strlen(text);
    bool cut = n > room;
    if (cut) {
        n = room - strlen(ellipsis);
        while (n > 0 && ((unsigned char)text[n] & 0xC0) == 0x80)
            n--;
    }
    for (size_t i = 0; i < n; i++)
        clipped[i] = (char)(is_control(text[i]) ? '?' : text[i]);
    snprintf(clipped + n, PP_CLIP_MAX - n, "%s", cut ? ellipsis : "");
    return clipped;
}

static bool is_file(pp_mark mark)
{
    return mark.set == 0 || mark.set == PP_MARK_PLAN;
}

void pp_report_place(const pp_report *report, pp_mark mark, char text[PP_PLACE_MAX])
{
    char clipped[PP_CLIP_MAX];
    const char *path = mark.set == PP_MARK_PLAN ? report->plan : report->path;
    if (!is_file(mark))
        snprintf(text, PP_PLACE_MAX, "--set %s", pp_clip(report->sets[mark.set - 1], clipped));
    else if (mark.line > 0)
        snprintf(text, PP_PLACE_MAX, "%s:%d:%d", path, mark.line, mark.column);
    else
        snprintf(text, PP_PLACE_MAX, "%s", path);
    for (char *c = text; *c; c++) // a file's name too must not drive the terminal
        if (is_control(*c))
            *c = '?';
}

/// @param at becomes where in the text the message begins; may be NULL
static char *compose(const char *place, const char *where, const char *message, const char *about,
                     size_t *at)
{
    const char *separator = where[0] ? ": " : "";
    size_t size = strlen(place) + strlen(where) + strlen(message) + 5;
    char *text = malloc(size + strlen(about) + 1);
    if (text) {
        int n = snprintf(text, size, "%s: %s%s%s", place, where, separator, message);
        strcpy(text + n + 1, about);
        if (at)
            *at = (size_t)n - strlen(message);
    }
    return text;
}

/// Is it told already? What an alias repeats stands in one place, and is one mistake.
static bool is_told(const pp_report *report, pp_mark mark, const char *message)
{
    for (size_t i = 0; mark.line > 0 && i < report->n; i++) {
        const struct pp_report_item *item = &report->items[i];
        if (item->mark.set == mark.set && item->mark.line == mark.line &&
            item->mark.column == mark.column && strcmp(item->text + item->message, message) == 0)
            return true;
    }
    return false;
}

/// @param text    taken over; NULL if memory ran out
/// @param message where in it the problem begins
static void record(pp_report *report, pp_mark mark, char *text, size_t message)
{
    struct pp_report_item *items = report->items;
    if (report->n >= PP_REPORT_MAX) {
        report->dropped++;
        free(text);
    } else if (!text ||
               !(items = pp_array_grow(items, report->n, &report->capacity, sizeof *items))) {
        report->out_of_memory = true;
        free(text);
    } else {
        items[report->n] = (struct pp_report_item){mark, report->n, message, text};
        report->items = items;
        report->n++;
    }
}

static void add(pp_report *report, pp_mark mark, const char *where, const char *about,
                const char *format, va_list arguments)
{
    char place[PP_PLACE_MAX], message[PP_ERROR_MAX];
    pp_vprint(message, sizeof message, format, arguments);
    size_t at = 0;
    pp_report_place(report, mark, place);
    if (is_told(report, mark, message)) {
        report->repeated++;
        return;
    }
    char *text = compose(place, where, message, about, &at);
    record(report, mark, text, at);
}

void pp_report_add(pp_report *report, pp_mark mark, const char *where, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    add(report, mark, where, where, format, arguments);
    va_end(arguments);
}

void pp_report_add_about(pp_report *report, pp_mark mark, const char *where, const char *about,
                         const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    add(report, mark, where, about, format, arguments);
    va_end(arguments);
}

/// Is the inner path the outer one, or that of a part of it?
static bool contains(const char *outer, const char *inner)
{
    size_t n = strlen(outer);
    return n && strncmp(outer, inner, n) == 0 && strchr(".[", inner[n]);
}

bool pp_report_is_known(const pp_report *report, const char *where)
{
    for (size_t i = 0; i < report->n; i++) {
        const char *text = report->items[i].text;
        if (contains(text + strlen(text) + 1, where))
            return false;
    }
    return report->dropped == 0;
}

bool pp_report_is_sound(const pp_report *report, const char *where)
{
    for (size_t i = 0; i < report->n; i++) {
        const char *text = report->items[i].text, *about = text + strlen(text) + 1;
        if (contains(about, where) || contains(where, about))
            return false;
    }
    return report->dropped == 0;
}

void pp_report_add_text(pp_report *report, pp_mark mark, const char *text)
{
    char *copy = malloc(strlen(text) + 2); // and an empty path
    if (copy)
        copy[strlen(strcpy(copy, text)) + 1] = 0;
    record(report, mark, copy, 0);
}

size_t pp_report_count(const pp_report *report)
{
    return report->n + report->dropped + report->repeated;
}

pp_status pp_report_status(const pp_report *report)
{
    size_t n = pp_report_count(report);
    if (n == 0)
        return PP_OK;
    return n == report->unread ? report->unread_status : PP_ESCENARIO;
}

static int compare(const void *left, const void *right)
{
    const struct pp_report_item *a = left, *b = right;
    // One more, so that the plan's SIZE_MAX wraps round and comes first.
    if (a->mark.set + 1 != b->mark.set + 1)
        return a->mark.set + 1 < b->mark.set + 1 ? -1 : 1;
    // Within one --set all marks are on its own line, so that the order of discovery is what helps.
    if (is_file(a->mark) && a->mark.line != b->mark.line)
        return a->mark.line < b->mark.line ? -1 : 1;
    if (is_file(a->mark) && a->mark.column != b->mark.column)
        return a->mark.column < b->mark.column ? -1 : 1;
    return a->order < b->order ? -1 : a->order > b->order;
}

static char *dropped_text(const pp_report *report)
{
    char message[64];
    snprintf(message, sizeof message, "and %zu more problems", report->dropped);
    return compose(report->path, "", message, "", NULL);
}

void pp_report_sort(pp_report *report)
{
    if (report->n)
        qsort(report->items, report->n, sizeof *report->items, compare);
}

const char *pp_report_text(const pp_report *report, size_t i, pp_mark *mark)
{
    *mark = report->items[i].mark;
    return report->items[i].text;
}

void pp_report_clear(pp_report *report)
{
    for (size_t i = 0; i < report->n; i++)
        free(report->items[i].text);
    free(report->items);
    report->items = NULL;
    report->n = report->capacity = report->dropped = report->repeated = report->unread = 0;
}

void pp_report_finish(pp_report *report, pp_problems *problems)
{
    size_t n = report->n + (report->dropped > 0);
    char **text = n ? calloc(n, sizeof *text) : NULL;
    if (n && !text) {
        report->out_of_memory = true;
        for (size_t i = 0; i < report->n; i++)
            free(report->items[i].text);
        n = 0;
    } else if (n) {
        pp_report_sort(report);
        for (size_t i = 0; i < report->n; i++)
            text[i] = report->items[i].text;
        if (report->dropped && !(text[report->n] = dropped_text(report)))
            n--;
    }
    free(report->items);
    report->items = NULL;
    report->n = report->capacity = report->dropped = report->repeated = report->unread = 0;
    *problems = (pp_problems){n, n, text};
}

void pp_problems_destroy(pp_problems *problems)
{
    if (!problems)
        return;
    for (size_t i = 0; i < problems->n; i++)
        free(problems->text[i]);
    free(problems->text);
    *problems = (pp_problems){0};
}

/// @file
/// Collecting the problems of a scenario, each with the place it was found at, so that a user sees
/// all of them at once and in the order of the file.
#ifndef PURSUIT_EXPERIMENTS_SCENARIO_REPORT_H
#define PURSUIT_EXPERIMENTS_SCENARIO_REPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "experiments/scenario/problems.h"
#include "market/base/param.h"

enum { PP_REPORT_MAX = 1000, PP_CLIP_MAX = 80, PP_PLACE_MAX = PP_TEXT_MAX + 64 };

/// pp_mark.set of what stands in a sweep's plan.
#define PP_MARK_PLAN SIZE_MAX

/// Where something stands. Line and column count from 1; line 0 is "the file as a whole".
typedef struct pp_mark {
    size_t set; ///< 0: in the file; i: in the i-th --set, counted from 1; or PP_MARK_PLAN
    int line, column;
} pp_mark;

/// Zero-initialise, then set path and sets, and plan if there is one (all borrowed).
typedef struct pp_report {
    const char *path;
    const char *const *sets;
    const char *plan; ///< path of the sweep's plan
    /// [parameters] told, as values are read, the types of those that pp_node.parameter numbers;
    /// may be NULL
    int *types;
    size_t n, capacity;
    struct pp_report_item *items;
    size_t dropped;          ///< problems beyond PP_REPORT_MAX, counted only
    size_t unread;           ///< of the problems, those of files that could not be read
    pp_status unread_status; ///< of these
    size_t repeated;         ///< problems that their place had already, counted only
    bool out_of_memory;      ///< a problem could not be recorded, or a caller ran out of memory
} pp_report;

/// Record a problem, unless its place has the same already.
/// @param where path of the value, e.g. "firms[2].agent"; "" for the top level
void pp_report_add(pp_report *report, pp_mark mark, const char *where, const char *format, ...)
    PP_PRINTF(4, 5);

/// Record a problem that puts another value in doubt than the one it is reported for: the key that
/// a mistyped one was to be, or one that is missing.
/// @param about path of the value in doubt; "" for none
void pp_report_add_about(pp_report *report, pp_mark mark, const char *where, const char *about,
                         const char *format, ...) PP_PRINTF(5, 6);

/// Is the value at this path what the scenario says, as far as is known? A default may stand in
/// its place if there is a problem of it, of a part of it, or of what it is a part of.
bool pp_report_is_sound(const pp_report *report, const char *where);

/// The same of the value itself and of what it is a part of: its parts may be in doubt.
bool pp_report_is_known(const pp_report *report, const char *where);

/// The place of a mark as people read it: "file.yaml:14:7", "--set seed=x".
void pp_report_place(const pp_report *report, pp_mark mark, char text[PP_PLACE_MAX]);

/// Record a problem whose text names its place already.
void pp_report_add_text(pp_report *report, pp_mark mark, const char *text);

/// Problems recorded so far; compare before and after a step to learn whether it failed.
size_t pp_report_count(const pp_report *report);

/// PP_OK without any problem, PP_ESCENARIO, or if all are of files that could not be read their
/// status.
pp_status pp_report_status(const pp_report *report);

/// Sort by place: the plan, the file, each --set.
void pp_report_sort(pp_report *report);
/// Problem i of those recorded and kept, and where it was found.
/// @return its whole text; the report's
const char *pp_report_text(const pp_report *report, size_t i, pp_mark *mark);
/// Forget all problems and free what holds them.
void pp_report_clear(pp_report *report);

/// Sort by place and hand the texts over; the report is empty afterwards.
void pp_report_finish(pp_report *report, pp_problems *problems);

/// A user's text made fit for a message: control characters replaced, cut at a character's
/// boundary.
/// @return clipped
const char *pp_clip(const char *text, char clipped[PP_CLIP_MAX]);

#endif

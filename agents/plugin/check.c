// What is asked of the class of an agent that is not built in: whatever the rest of the program
// relies on without looking.
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agents/plugin/plugin.h"
#include "market/base/utf8.h"

enum {
    NAME_MAX_BYTES = 59,    ///< what a path of --set and a message have room for
    ROWS_MAX = 1000,        ///< as many as a map may have keys
    CONFIG_MAX = 1 << 20,   ///< bytes of parameters
    PREPARED_MAX = 1 << 16, ///< doubles per quote
};

/// A number of a table that a double does not hold exactly would not come back from a file.
static const double WHOLE_MAX = 9007199254740992.0;

/// Where a row stands, for messages.
typedef struct place {
    const pp_agent_class *agent;
    const pp_param *row;
    pp_error *error;
} place;

static bool is_name(const char *name)
{
    size_t n = name ? strlen(name) : 0;
    return n > 0 && n <= NAME_MAX_BYTES &&
           strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_") == n;
}

/// One line of text that can be shown.
static bool is_line(const char *text)
{
    if (!text || !text[0] || !pp_utf8_valid(text))
        return false;
    for (; *text; text++)
        if ((unsigned char)*text < 0x20 || *text == 0x7F)
            return false;
    return true;
}

static bool is_whole(double value)
{
    return fabs(value) <= WHOLE_MAX && value == floor(value);
}

static pp_status wrong(const place *at, const char *what)
{
    return pp_error_set(at->error, PP_EINVAL, "agent '%s': parameter '%s': %s", at->agent->name,
                        at->row->name, what);
}

/// Bytes of the C type behind a parameter and what its address must be a multiple of; 0 if there is
/// no such type.
static size_t type_size(pp_param_type type, size_t *alignment)
{
#define TYPE(type_) (*alignment = _Alignof(type_), sizeof(type_))
    switch (type) {
    case PP_PARAM_INTEGER:
        return TYPE(int64_t);
    case PP_PARAM_REAL:
        return TYPE(double);
    case PP_PARAM_BOOLEAN:
        return TYPE(bool);
    case PP_PARAM_ENUM:
        return TYPE(int);
    case PP_PARAM_TEXT:
        return TYPE(pp_text);
    case PP_PARAM_REALS:
        return TYPE(pp_reals);
    }
#undef TYPE
    return 0;
}

static pp_status check_field(const place *at)
{
    size_t size, alignment = 1, whole = at->agent->params->size;
    size = type_size(at->row->type, &alignment);
    if (!size)
        return wrong(at, "its type is unknown");
    if (at->row->offset > whole || size > whole - at->row->offset)
        return pp_error_set(at->error, PP_EINVAL,
                            "agent '%s': parameter '%s': %zu bytes at offset %zu are outside the "
                            "%zu bytes of the table's struct",
                            at->agent->name, at->row->name, size, at->row->offset, whole);
    if (at->row->offset % alignment)
        return wrong(at, "its offset is no multiple of its type's alignment");
    return PP_OK;
}

static size_t count_choices(const pp_param *row)
{
    size_t n = 0;
    while (row->names && row->names[n])
        n++;
    return n;
}

static pp_status check_choices(const place *at)
{
    size_t n = count_choices(at->row);
    if (n == 0)
        return wrong(at, "it has no choices");
    for (size_t i = 0; i < n; i++)
        if (!is_line(at->row->names[i]))
            return wrong(at, "a choice is empty or no text");
    return PP_OK;
}

/// Of what the table's own conversion cannot tell.
static pp_status check_default_form(const place *at)
{
    const pp_param *row = at->row;
    const char *text = row->default_text ? row->default_text : "";
    double number = row->default_number;
    bool numeric = row->type != PP_PARAM_TEXT && row->type != PP_PARAM_REALS;
    bool whole = numeric && row->type != PP_PARAM_REAL;
    if (whole && !is_whole(number))
        return wrong(at, "its default is no whole number");
    if (row->type == PP_PARAM_BOOLEAN && number != 0 && number != 1)
        return wrong(at, "its default is neither 0 nor 1");
    if (row->type == PP_PARAM_ENUM && !(number >= 0 && number < (double)count_choices(row)))
        return wrong(at, "its default is none of its choices");
    if (row->type == PP_PARAM_TEXT && (strlen(text) >= PP_TEXT_MAX || !pp_utf8_valid(text)))
        return wrong(at, "its default is too long or not UTF-8");
    if (row->type == PP_PARAM_REALS &&
        (row->n_default_reals > PP_REALS_MAX || (row->n_default_reals && !row->default_reals)))
        return wrong(at, "its default is no list of at most 32 numbers");
    return PP_OK;
}

static pp_status check_default(const place *at, void *config)
{
    const pp_param *row = at->row;
    const pp_param_table *table = at->agent->params;
    const pp_param_table one = {table->name, table->doc, row, 1, table->size};
    pp_error detail = {0};
    pp_status status = check_default_form(at);
    if (status != PP_OK || row->flags & PP_REQUIRED)
        return status;
    pp_param_defaults(&one, config);
    if (pp_param_check(&one, config, &detail) != PP_OK)
        return pp_error_set(at->error, PP_EINVAL, "agent '%s': default of %s", at->agent->name,
                            detail.message);
    return PP_OK;
}

static bool is_taken(const pp_param_table *table, size_t row)
{
    static const char *const reserved[] = {"kind", "plugin", "plugin_sha256"};
    const char *name = table->rows[row].name;
    for (size_t i = 0; i < PP_COUNT(reserved); i++)
        if (strcmp(name, reserved[i]) == 0)
            return true;
    return false;
}

static pp_status check_row(const pp_agent_class *agent, size_t i, void *config, pp_error *error)
{
    const pp_param_table *table = agent->params;
    const pp_param *row = &table->rows[i];
    const place at = {agent, row, error};
    const unsigned flags = PP_OPEN_MIN | PP_OPEN_MAX | PP_OPTIONAL | PP_REQUIRED | PP_AUTO;
    if (!is_name(row->name))
        return pp_error_set(error, PP_EINVAL,
                            "agent '%s': the name of parameter %zu is not 1 to %d characters of "
                            "a-z, 0-9 and _",
                            agent->name, i, (int)NAME_MAX_BYTES);
    if (is_taken(table, i))
        return wrong(&at, "the name is that of a key of every agent");
    if (pp_param_find(table, row->name) != row)
        return wrong(&at, "the name is there twice");
    if (!is_line(row->doc) || !is_line(row->citation) || !row->unit || !pp_utf8_valid(row->unit))
        return wrong(&at, "it needs a doc, a source and a unit (\"\" for none)");
    pp_status status = check_field(&at);
    if (status != PP_OK)
        return status;
    bool optional = row->flags & PP_OPTIONAL, automatic = row->flags & PP_AUTO;
    if (row->flags & ~flags || (optional && row->type != PP_PARAM_REAL) || (automatic && !optional))
        return wrong(&at, "its flags are wrong");
    if (!(row->min <= row->max))
        return wrong(&at, "its minimum is above its maximum");
    if (row->type == PP_PARAM_ENUM)
        status = check_choices(&at);
    return status == PP_OK ? check_default(&at, config) : status;
}

static pp_status check_table(const pp_agent_class *agent, pp_error *error)
{
    const pp_param_table *table = agent->params;
    if (!table)
        return pp_error_set(error, PP_EINVAL, "agent '%s' has no table of parameters", agent->name);
    if (!table->name || !table->doc || (table->n_rows && !table->rows) ||
        table->n_rows > ROWS_MAX || table->size > CONFIG_MAX)
        return pp_error_set(error, PP_EINVAL,
                            "agent '%s': its table of parameters needs a name, a doc, at most %d "
                            "rows and a struct of at most %d bytes",
                            agent->name, (int)ROWS_MAX, (int)CONFIG_MAX);
    // Names first: each is compared with those before it.
    for (size_t i = 0; i < table->n_rows; i++)
        if (!table->rows[i].name)
            return pp_error_set(error, PP_EINVAL, "agent '%s': parameter %zu has no name",
                                agent->name, i);
    void *config = malloc(table->size ? table->size : 1);
    if (!config)
        return pp_error_set(error, PP_ENOMEM, "no memory for the parameters of an agent");
    pp_status status = PP_OK;
    for (size_t i = 0; i < table->n_rows && status == PP_OK; i++)
        status = check_row(agent, i, config, error);
    free(config);
    return status;
}

static pp_status check_functions(const pp_agent_class *agent, pp_error *error)
{
    const char *what = NULL;
    if (!agent->train)
        what = "it has no 'train'";
    else if (!agent->quote && !agent->quote_batch)
        what = "it has no way to quote: neither 'quote' nor 'quote_batch'";
    else if (agent->quote_seeing)
        what = "it has a 'quote_seeing', which only the built-in oracle may have";
    else if (agent->prepare && !agent->prepared)
        what = "it has a 'prepare' that prepares nothing: 'prepared' is 0";
    else if (agent->prepared && !agent->prepare)
        what = "its 'prepared' is not 0 but it has no 'prepare'";
    else if (agent->prepared > PREPARED_MAX)
        what = "its 'prepared' is above 65536";
    if (what)
        return pp_error_set(error, PP_EINVAL, "agent '%s': %s", agent->name, what);
    return PP_OK;
}

pp_status pp_agent_check(const pp_agent_class *agent, pp_error *error)
{
    if (!agent)
        return pp_error_set(error, PP_EINVAL, "it has no class");
    if (agent->abi != PP_AGENT_ABI)
        return pp_error_set(error, PP_EINVAL, "its class says version %d, this program has %d",
                            agent->abi, (int)PP_AGENT_ABI);
    if (!agent->name || !agent->name[0])
        return pp_error_set(error, PP_EINVAL, "its agent has no name");
    if (!is_name(agent->name))
        return pp_error_set(error, PP_EINVAL,
                            "its agent's name is not 1 to %d characters of a-z, 0-9 and _",
                            (int)NAME_MAX_BYTES);
    if (!is_line(agent->doc))
        return pp_error_set(error, PP_EINVAL, "agent '%s' has no doc of one line", agent->name);
    pp_status status = check_table(agent, error);
    return status == PP_OK ? check_functions(agent, error) : status;
}

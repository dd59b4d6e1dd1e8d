// Texts of statuses, and the record of a first failure.
#include "market/base/error.h"

#include "market/base/text.h"

const char *pp_status_text(pp_status status)
{
    static const char *const texts[] = {
#define PP_STATUS_TEXT(code, text) text,
        PP_STATUS_LIST(PP_STATUS_TEXT)
#undef PP_STATUS_TEXT
    };
    size_t i = (size_t)status;
    return i < sizeof texts / sizeof *texts ? texts[i] : "unknown status";
}

int pp_error_record(pp_error *error, pp_status status, const char *format, ...)
{
    va_list arguments;
    if (!error || error->status != PP_OK)
        return 0;
    va_start(arguments, format);
    pp_vprint(error->message, sizeof error->message, format, arguments);
    va_end(arguments);
    error->status = status;
    return 1;
}

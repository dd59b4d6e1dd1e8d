// Numbers as text, in the C locale.
#include "market/base/text.h"

#include <errno.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>

/// A thread's own locale, put aside for the C locale.
typedef struct put_aside {
    locale_t own, c;
} put_aside;

// Neither glibc nor musl takes memory for the C locale, so that this cannot fail.
static put_aside enter_c(void)
{
    locale_t c = newlocale(LC_ALL_MASK, "C", (locale_t)0);
    return (put_aside){uselocale(c), c};
}

static void leave_c(put_aside locale)
{
    uselocale(locale.own);
    freelocale(locale.c);
}

double pp_parse_real(const char *text, char **end)
{
    put_aside locale = enter_c();
    double value = strtod(text, end);
    leave_c(locale);
    return value;
}

int pp_vprint(char *text, size_t size, const char *format, va_list arguments)
{
    put_aside locale = enter_c();
    int n = vsnprintf(text, size, format, arguments);
    leave_c(locale);
    return n;
}

int pp_print(char *text, size_t size, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    int n = pp_vprint(text, size, format, arguments);
    va_end(arguments);
    return n;
}

// Any decimal of up to 15 digits survives the way through a double, so if a short one is right then
// that of 15 digits is the same one, its zeros left off. (Not so below 1e-307, where 15 may be more
// than needed.)
const char *pp_format_real(double value, char text[PP_REAL_MAX])
{
    enum { ALWAYS_KEPT = 15, ALWAYS_ENOUGH = 17 };
    const int cause = errno; // strtod sets it for subnormal numbers
    for (int digits = ALWAYS_KEPT; digits <= ALWAYS_ENOUGH; digits++) {
        pp_print(text, PP_REAL_MAX, "%.*g", digits, value);
        if (pp_parse_real(text, NULL) == value)
            break;
    }
    errno = cause;
    return text;
}

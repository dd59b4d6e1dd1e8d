// Cells of CSV, quoted where they need it.
#include "data/csv/write.h"

#include <math.h>
#include <string.h>

#include "market/base/text.h"

void pp_csv_put_text(FILE *out, const char *text)
{
    if (!text[strcspn(text, "\",\r\n")]) {
        fputs(text, out);
        return;
    }
    putc('"', out);
    for (; *text; text++) {
        if (*text == '"')
            putc('"', out);
        putc(*text, out);
    }
    putc('"', out);
}

/// Whole numbers that a double holds exactly and that are written without an exponent.
static const double whole_limit = 1e15;

static void put_special(FILE *out, double value)
{
    if (isinf(value)) // NaN is an empty field
        fputs(value < 0 ? "-Inf" : "Inf", out);
}

void pp_csv_put_real(FILE *out, double value)
{
    char text[PP_REAL_MAX];
    if (!isfinite(value)) {
        put_special(out, value);
        return;
    }
    if (fabs(value) < whole_limit && value == (double)(int64_t)value &&
        !(value == 0 && signbit(value))) {
        pp_csv_put_integer(out, (int64_t)value);
        return;
    }
    fputs(pp_format_real(value, text), out);
}

// By hand: most fields are whole numbers, and printf takes longer than all else together.
void pp_csv_put_integer(FILE *out, int64_t value)
{
    char text[24], *digit = text + sizeof text;
    uint64_t rest = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
    do {
        *--digit = (char)('0' + rest % 10);
        rest /= 10;
    } while (rest > 0);
    if (value < 0)
        *--digit = '-';
    fwrite(digit, 1, (size_t)(text + sizeof text - digit), out);
}

bool pp_csv_is_formula(const char *text)
{
    return text[0] && strchr("=+-@\t\r", text[0]);
}

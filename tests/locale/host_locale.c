// Puts a test into the locale of its environment before it starts, as a host program may.
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>

/// glibc does not free its copy of LOCPATH, which is no leak of ours. LeakSanitizer asks for this
/// name.
__attribute__((visibility("default"))) const char *
__lsan_default_suppressions(void);            // NOLINT(bugprone-reserved-identifier)
const char *__lsan_default_suppressions(void) // NOLINT(bugprone-reserved-identifier)
{
    return "leak:__argz_add_sep\n";
}

__attribute__((constructor)) static void set_host_locale(void)
{
    const char *name = getenv("PP_TEST_LOCALE");
    if (!name)
        return;
    char text[16] = "";
    if (setlocale(LC_NUMERIC, name))
        snprintf(text, sizeof text, "%.1f", 0.5);
    if (text[1] == ',')
        return;
    fprintf(stderr, "no locale %s with a decimal comma\n", name);
    exit(EXIT_FAILURE);
}

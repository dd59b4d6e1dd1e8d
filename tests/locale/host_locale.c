// Puts a test into the locale of its environment before it starts, as a host program may.
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>

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

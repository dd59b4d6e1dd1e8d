/// @file
/// @internal
/// Text from files, made safe to print.
#ifndef PURSUIT_EXPERIMENTS_CLI_PRINT_PRINTABLE_H
#define PURSUIT_EXPERIMENTS_CLI_PRINT_PRINTABLE_H

#include <stddef.h>

/// Printable copy of at most `most` characters, "..." closing what was cut; control characters,
/// which could drive a terminal, and malformed bytes become '?'. @return malloc'd, or NULL
char *pp_printable(const char *text, size_t most);

/// Characters of well-formed text.
size_t pp_character_count(const char *text);

#endif

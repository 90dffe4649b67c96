/* One line on stderr for each failure. */
#include "cli/status.h"

#include <gemml.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Longer than any sentence of the library with a path or two around it. */
#define LINE_BYTES 8192

static void clean(char *line)
{
    for (char *c = line; *c; c++)
        if ((unsigned char)*c < 0x20 || *c == 0x7f)
            *c = '?';
}

static void write_line(const char *format, va_list values, const char *verb)
{
    char line[LINE_BYTES] = "gemml: ";
    size_t used = strlen(line);
    vsnprintf(line + used, sizeof line - used, format, values);
    clean(line);
    if (verb)
        fprintf(stderr, "%s (see 'gemml%s%s --help')\n", line, *verb ? " " : "", verb);
    else
        fprintf(stderr, "%s\n", line);
}

int failed(const char *format, ...)
{
    va_list values;
    va_start(values, format);
    write_line(format, values, NULL);
    va_end(values);
    return EXIT_FAILED;
}

int failed_library(void)
{
    return failed("%s", gemml_last_error());
}

int failed_usage(const char *verb, const char *format, ...)
{
    va_list values;
    va_start(values, format);
    write_line(format, values, verb ? verb : "");
    va_end(values);
    return EXIT_USAGE;
}

void notify(const char *notice)
{
    char line[LINE_BYTES];
    if (!*notice)
        return;
    snprintf(line, sizeof line, "gemml: note: %s", notice);
    clean(line);
    fprintf(stderr, "%s\n", line);
}

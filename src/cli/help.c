/* The help of a verb, from its table: examples, usage, options with defaults. */
#include <string.h>

#include "cli/options.h"
#include "cli/words.h"

#define OPTION_COLUMN 26

static void write_option(FILE *file, const struct option_spec *spec)
{
    if (spec->group)
        fprintf(file, "\n%s:\n", spec->group);
    const char *value = spec->type == OPTION_FLAG ? NULL : spec->value;
    int used = fprintf(file, "  --%s%s%s", spec->name, value ? " " : "", value ? value : "");
    if (used > OPTION_COLUMN - 2) {
        fputc('\n', file);
        used = 0;
    }
    fprintf(file, "%*s", OPTION_COLUMN - used, "");
    size_t at = words_write(file, spec->help, OPTION_COLUMN, OPTION_COLUMN);
    const char *initial = spec->initial ? spec->initial : spec->automatic;
    if (initial || spec->required) {
        char text[160];
        snprintf(text, sizeof text, "%s%s)", initial ? "(default: " : "(required", initial ? initial : "");
        words_write(file, text, at, OPTION_COLUMN);
    }
    fputc('\n', file);
}

void options_help(FILE *file, const struct verb *verb)
{
    fprintf(file, "Examples:\n%s\nUsage: gemml %s", verb->examples, verb->name);
    for (size_t i = 0; i < POSITIONS_MAX && verb->positions[i]; i++)
        fprintf(file, " %s", verb->positions[i]);
    fprintf(file, "%s\n\n", verb->usage);
    words_write(file, verb->details, 0, 0);
    fputc('\n', file);
    if (verb->option_count > 0 && !verb->options[0].group)
        fputs("\nOptions:\n", file);
    for (size_t i = 0; i < verb->option_count; i++)
        if (verb_has(verb, &verb->options[i]))
            write_option(file, &verb->options[i]);
}

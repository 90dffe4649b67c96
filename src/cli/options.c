/* From arguments to a verb's values, by its table. */
#include "cli/options.h"

#include <inttypes.h>
#include <math.h>
#include <stdint.h>
#include <string.h>

#include "cli/nearest.h"
#include "cli/number.h"
#include "cli/status.h"

static size_t position_count(const struct verb *verb)
{
    size_t count = 0;
    while (count < POSITIONS_MAX && verb->positions[count])
        count++;
    return count;
}

/* The place of `text` in "a|b|c"; -1 when it is not there. */
static int choice_index(const char *list, const char *text)
{
    size_t length = strlen(text);
    for (int index = 0;; index++) {
        size_t item = strcspn(list, "|");
        if (item == length && memcmp(list, text, length) == 0)
            return index;
        if (list[item] == '\0')
            return -1;
        list += item + 1;
    }
}

static bool in_range(const struct option_spec *spec, double value)
{
    return (spec->above ? value > spec->low : value >= spec->low) && (spec->high == 0 || value <= spec->high);
}

/* Stores an integer of type size_t or uint64_t; SIZE_MAX is "not given". */
static bool store_integer(const struct option_spec *spec, char *target, const char *text)
{
    uint64_t value;
    if (!number_count(text, &value))
        return false;
    if (spec->type == OPTION_SEED) {
        *(uint64_t *)(void *)target = value;
        return true;
    }
    if (value >= SIZE_MAX || !in_range(spec, (double)value))
        return false;
    *(size_t *)(void *)target = (size_t)value;
    return true;
}

/* Stores a value; false when `text` is not one. A target lies at the offset of
 * a member of its type, hence aligned. */
static bool store(const struct option_spec *spec, void *values, const char *text)
{
    char *target = (char *)values + spec->offset;
    double real;
    int index;
    switch (spec->type) {
    case OPTION_FLAG:
        *(bool *)target = true;
        return true;
    case OPTION_TEXT:
        *(const char **)(void *)target = text;
        return *text != '\0';
    case OPTION_REAL:
        if (spec->word && strcmp(text, spec->word) == 0)
            real = (double)NAN;
        else if (!number_real(text, &real) || !in_range(spec, real))
            return false;
        *(double *)(void *)target = real;
        return true;
    case OPTION_CHOICE:
        index = choice_index(spec->value, text);
        if (index >= 0)
            *(int *)(void *)target = index;
        return index >= 0;
    default:
        return store_integer(spec, target, text);
    }
}

static void store_default(const struct option_spec *spec, void *values)
{
    char *target = (char *)values + spec->offset;
    if (spec->initial)
        store(spec, values, spec->initial);
    else if (spec->type == OPTION_FLAG)
        *(bool *)target = false;
    else if (spec->type == OPTION_TEXT)
        *(const char **)(void *)target = NULL;
    else if (spec->type == OPTION_REAL)
        *(double *)(void *)target = (double)NAN;
    else if (spec->type == OPTION_COUNT)
        *(size_t *)(void *)target = SIZE_MAX;
}

/* "a number > 0", "a whole number from 1 to 1024", "one of a, b, c". */
static void describe_values(const struct option_spec *spec, char *text, size_t bytes)
{
    if (spec->type == OPTION_TEXT) {
        snprintf(text, bytes, "a value that is not empty");
    } else if (spec->type == OPTION_CHOICE) {
        int used = snprintf(text, bytes, "one of ");
        for (const char *c = spec->value; *c && (size_t)used + 3 < bytes; c++)
            used += snprintf(text + used, bytes - (size_t)used, *c == '|' ? ", " : "%c", *c);
    } else {
        const char *kind = spec->type == OPTION_REAL ? "a number" : "a whole number";
        if (spec->type == OPTION_SEED)
            snprintf(text, bytes, "%s from 0 to %" PRIu64, kind, UINT64_MAX);
        else if (spec->high != 0)
            snprintf(text, bytes, "%s from %g to %g", kind, spec->low, spec->high);
        else
            snprintf(text, bytes, "%s %s %g%s%s", kind, spec->above ? ">" : ">=", spec->low, spec->word ? ", or " : "",
                     spec->word ? spec->word : "");
    }
}

static int wrong_value(const struct verb *verb, const struct option_spec *spec, const char *text)
{
    char wanted[128];
    describe_values(spec, wanted, sizeof wanted);
    return failed_usage(verb->name, "--%s takes %s, not '%s'", spec->name, wanted, text);
}

static int unknown_option(const struct verb *verb, const char *written)
{
    const char *name = written + strspn(written, "-"), *nearest = NULL;
    size_t best = SIZE_MAX;
    char bare[64];
    snprintf(bare, sizeof bare, "%.*s", (int)strcspn(name, "="), name);
    for (size_t i = 0; i < verb->option_count; i++) {
        size_t distance = nearest_distance(bare, verb->options[i].name);
        if (verb_has(verb, &verb->options[i]) && distance < best) {
            best = distance;
            nearest = verb->options[i].name;
        }
    }
    int length = (int)strcspn(written, "=");
    if (nearest)
        return failed_usage(verb->name, "unknown option %.*s: did you mean --%s?", length, written, nearest);
    return failed_usage(verb->name, "unknown option %.*s of %s", length, written, verb->name);
}

static const struct option_spec *find_option(const struct verb *verb, const char *name, size_t length)
{
    for (size_t i = 0; i < verb->option_count; i++)
        if (verb_has(verb, &verb->options[i]) && strlen(verb->options[i].name) == length &&
            memcmp(verb->options[i].name, name, length) == 0)
            return &verb->options[i];
    return NULL;
}

/* Takes "--name=value", or "--name" and its value from the next argument. A
 * value may start with one dash (a column -1), not with two. */
static bool take_option(const struct verb *verb, int argc, char **argv, int *next, struct arguments *arguments,
                        void *values)
{
    const char *written = argv[*next - 1], *name = written + 2;
    size_t length = strcspn(name, "=");
    const struct option_spec *spec = written[1] == '-' ? find_option(verb, name, length) : NULL;
    if (!spec) {
        unknown_option(verb, written);
        return false;
    }
    const char *value = name[length] == '=' ? name + length + 1 : NULL;
    if (spec->type == OPTION_FLAG && value) {
        failed_usage(verb->name, "--%s takes no value, but got '%s'", spec->name, value);
        return false;
    }
    if (spec->type != OPTION_FLAG && !value) {
        if (*next == argc || strncmp(argv[*next], "--", 2) == 0) {
            failed_usage(verb->name, "--%s wants a value: %s", spec->name, spec->value);
            return false;
        }
        value = argv[(*next)++];
    }
    if (!store(spec, values, value)) {
        wrong_value(verb, spec, value);
        return false;
    }
    arguments->given[spec - verb->options] = true;
    return true;
}

static bool take_position(const struct verb *verb, struct arguments *arguments, const char *written)
{
    size_t count = position_count(verb), i = 0;
    while (i < count && arguments->positions[i])
        i++;
    if (i == count) {
        failed_usage(verb->name, "'%s' is one argument too many for %s", written, verb->name);
        return false;
    }
    arguments->positions[i] = written;
    return true;
}

static bool complete(const struct verb *verb, const struct arguments *arguments)
{
    for (size_t i = 0; i < position_count(verb); i++)
        if (!arguments->positions[i]) {
            failed_usage(verb->name, "%s: %s is missing", verb->name, verb->positions[i]);
            return false;
        }
    for (size_t i = 0; i < verb->option_count; i++)
        if (verb_has(verb, &verb->options[i]) && verb->options[i].required && !arguments->given[i]) {
            failed_usage(verb->name, "%s: --%s %s is missing", verb->name, verb->options[i].name,
                         verb->options[i].value);
            return false;
        }
    return true;
}

enum options_result options_parse(const struct verb *verb, int argc, char **argv, struct arguments *arguments,
                                  void *values)
{
    memset(arguments, 0, sizeof *arguments);
    for (size_t i = 0; i < verb->option_count; i++)
        if (verb_has(verb, &verb->options[i]))
            store_default(&verb->options[i], values);
    bool ended = false;
    for (int next = 0; next < argc;) {
        const char *written = argv[next++];
        if (!ended && (strcmp(written, "--help") == 0 || strcmp(written, "-h") == 0)) {
            options_help(stdout, verb);
            return OPTIONS_HELP;
        }
        if (!ended && strcmp(written, "--") == 0) {
            ended = true;
        } else if (!ended && written[0] == '-' && written[1] != '\0') {
            if (!take_option(verb, argc, argv, &next, arguments, values))
                return OPTIONS_WRONG;
        } else if (!take_position(verb, arguments, written)) {
            return OPTIONS_WRONG;
        }
    }
    return complete(verb, arguments) ? OPTIONS_RUN : OPTIONS_WRONG;
}

bool options_given(const struct verb *verb, const struct arguments *arguments, const char *name)
{
    const struct option_spec *spec = find_option(verb, name, strlen(name));
    return spec && arguments->given[spec - verb->options];
}

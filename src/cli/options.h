/* Verbs and their options, declared once: parsing, checks, defaults and help
 * all come from the same table. */
#ifndef GEMML_CLI_OPTIONS_H
#define GEMML_CLI_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

enum option_type {
    OPTION_FLAG,  /* bool */
    OPTION_TEXT,  /* const char * */
    OPTION_REAL,  /* double */
    OPTION_COUNT, /* size_t */
    OPTION_SEED,  /* uint64_t */
    OPTION_CHOICE /* int: the place of the value in the list "a|b|c" */
};

struct option_spec {
    const char *name; /* without the dashes */
    enum option_type type;
    size_t offset;         /* of the value in the verb's structure */
    const char *value;     /* how help calls the value; for a choice the list "a|b|c" */
    const char *initial;   /* the default, read like an argument; NULL: NULL, false, NaN or SIZE_MAX */
    const char *word;      /* of a real: this word is a value too, NaN; NULL: none */
    const char *automatic; /* what help says of the default when `initial` is NULL; NULL: nothing */
    const char *help;
    const char *group; /* a heading of help that starts with this option; NULL: none */
    double low, high;  /* range of a number; high 0: no limit above */
    bool above;        /* low itself is outside */
    bool required;
    int mark;       /* for the verb's own use */
    unsigned verbs; /* bits of the verbs that have it, of those that share the table; 0: all */
};

#define OPTIONS_MAX 120
#define POSITIONS_MAX 2

struct verb {
    const char *name;                     /* "predict", "train linear" */
    const char *positions[POSITIONS_MAX]; /* names of the positional arguments, all required */
    const char *usage;                    /* required options and kin, for the usage line */
    const char *summary;                  /* one line */
    const char *examples;                 /* lines */
    const char *details;                  /* one paragraph */
    const struct option_spec *options;
    size_t option_count;
    unsigned bit; /* the verb's, where several share a table; 0: the table is its own */
    int (*run)(const struct verb *verb, int argc, char **argv); /* arguments behind the verb; an exit status */
};

/* Options that several verbs have, at members `threads` and `quiet` of their structures. */
#define OPTION_THREADS(values)                                                                                \
    {                                                                                                         \
        .name = "threads", .type = OPTION_COUNT, .offset = offsetof(values, threads), .value = "N", .low = 1, \
        .high = GEMML_THREADS_MAX, .automatic = "GEMML_NUM_THREADS, else all cores",                          \
        .help = "threads; results do not depend on it"                                                        \
    }
#define OPTION_QUIET(values, text)                                                            \
    {                                                                                         \
        .name = "quiet", .type = OPTION_FLAG, .offset = offsetof(values, quiet), .help = text \
    }

/* Whether an option of the table is one of the verb's. */
static inline bool verb_has(const struct verb *verb, const struct option_spec *spec)
{
    return spec->verbs == 0 || (spec->verbs & verb->bit) != 0;
}

struct arguments {
    const char *positions[POSITIONS_MAX];
    bool given[OPTIONS_MAX]; /* by the place in the verb's table */
};

enum options_result { OPTIONS_RUN, OPTIONS_HELP, OPTIONS_WRONG };

/* Parses the arguments of a verb. `values` is the verb's structure: all its
 * options get their defaults first. OPTIONS_HELP: --help was among them and was
 * answered; OPTIONS_WRONG: the mistake was written to stderr. */
enum options_result options_parse(const struct verb *verb, int argc, char **argv, struct arguments *arguments,
                                  void *values);

/* Whether the option was on the command line. */
bool options_given(const struct verb *verb, const struct arguments *arguments, const char *name);

/* The help of one verb. */
void options_help(FILE *file, const struct verb *verb);

#endif

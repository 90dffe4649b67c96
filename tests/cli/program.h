/* Runs the program as a person would, in a folder of its own. */
#ifndef GEMML_TESTS_CLI_PROGRAM_H
#define GEMML_TESTS_CLI_PROGRAM_H

#include <jansson.h>
#include <sys/types.h>

#include "../support/support.h"

struct run {
    int status; /* of exit; 128 + the signal that killed it */
    char *out, *err;
};

/* Where the standard streams go: paths, opened as they are; NULL: captured (or
 * nothing to read). */
struct streams {
    const char *in, *out, *err;
};

/* RUN("inspect", "m.gemml") runs `gemml inspect m.gemml` and waits. */
#define RUN(...) run_program((struct streams){NULL, NULL, NULL}, (const char *const[]){"gemml", __VA_ARGS__, NULL})
#define RUN_WITH(streams, ...) run_program(streams, (const char *const[]){"gemml", __VA_ARGS__, NULL})
struct run run_program(struct streams streams, const char *const arguments[]);
void run_free(struct run *run);

/* Runs that must succeed without a word on stderr; RUN_JSON parses the output. */
#define RUN_OK(...) run_ok((const char *const[]){"gemml", __VA_ARGS__, NULL})
#define RUN_JSON(...) run_json((const char *const[]){"gemml", __VA_ARGS__, NULL})
char *run_ok(const char *const arguments[]); /* its output */
json_t *run_json(const char *const arguments[]);

/* Starts it and does not wait; the streams must be given. */
pid_t start_program(struct streams streams, const char *const arguments[]);
int wait_program(pid_t process);

/* Changes to a new, empty scratch folder; how many entries the folder has. */
void enter_folder(void);
size_t folder_entries(void);

/* Writes a file of these bytes, or this text, in the current folder (or at a path). */
void make_file(const char *path, const void *bytes, size_t count);
void make_text(const char *path, const char *text);

/* The numbers of a CSV text without quotes, header skipped; row-major. */
struct numbers {
    double *values;
    size_t rows, cols;
};
struct numbers parse_csv(const char *text);

/* The members of a parsed JSON object; the test fails where one is missing. */
double json_double(const json_t *object, const char *key);
const char *json_string_of(const json_t *object, const char *key);
json_t *json_of_file(const char *path);

/* The estimate of inspect --json for a name (and an output; NULL: the only one). */
double estimate_of(const json_t *inspect, const char *name, const char *output);

/* Writes a NPY file of doubles in the current folder. */
void write_npy(const char *path, const double *values, size_t rows, size_t cols);

#endif

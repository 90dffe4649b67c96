/* Output files that are there whole or not at all, and the standard output. */
#ifndef GEMML_CLI_OUTPUT_H
#define GEMML_CLI_OUTPUT_H

#include <gemml.h>
#include <stdbool.h>
#include <stdio.h>

/* Looks before the work begins whether the file can be written: its folder is
 * there and writable, and what stands there already is no folder and may be
 * written. `option` names it in the message. Gives an exit status; NULL is fine. */
int output_check(const char *option, const char *path);

/* Whether two paths, whose files need not exist, lead to the same file. */
bool output_same(const char *a, const char *b);

/* A file being written: a temporary one beside the target, which it replaces at
 * the end. A target that is no regular file (a pipe, a terminal) is written
 * directly. */
struct output {
    FILE *file;
    const char *path; /* as given, for messages; NULL: the standard output */
    gemml_file *replacement;
};

/* Opens; `path` NULL or "-" is the standard output. */
int output_open(struct output *output, const char *path);

/* Ends the writing; publish then puts the file in its place. On failure nothing
 * is left. Each gives an exit status. */
int output_close(struct output *output);
int output_publish(struct output *output);

/* Gives up: nothing is left. */
void output_abandon(struct output *output);

/* Flushes the standard output; says so when that fails. */
int output_flush(void);

#endif

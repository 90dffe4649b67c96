/* Exit statuses, and the one line that a failure writes. */
#ifndef GEMML_CLI_STATUS_H
#define GEMML_CLI_STATUS_H

enum exit_status {
    EXIT_DONE = 0,   /* a model or a result was written */
    EXIT_FAILED = 1, /* it could not be */
    EXIT_USAGE = 2   /* the command line makes no sense */
};

/* Writes "gemml: " and the message to stderr, as one line whatever names the
 * message quotes: control characters become '?'. Gives EXIT_FAILED. */
int failed(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* The same for the library's last error. */
int failed_library(void);

/* The same for a mistake on the command line, with a pointer to the help of
 * `verb` ("train linear"; NULL: of the program). Gives EXIT_USAGE. */
int failed_usage(const char *verb, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Writes a notice of the library to stderr, as one line likewise; nothing for "". */
void notify(const char *notice);

#endif

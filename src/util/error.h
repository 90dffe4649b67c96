/* The thread-local sentence behind gemml_last_error, and how it crosses threads. */
#ifndef GEMML_UTIL_ERROR_H
#define GEMML_UTIL_ERROR_H

#include <gemml/base.h>

#define ERROR_BYTES 512

/* Sets this thread's sentence, cut at ERROR_BYTES - 1, never inside a UTF-8 character. */
void error_write(const char *format, ...) __attribute__((format(printf, 1, 2)));

static inline gemml_status error_status(gemml_status status)
{
    return status;
}

/* error_set(status, format, ...): sets the sentence and is `status`, so that a
 * caller writes `return error_set(GEMML_ERROR_SHAPE, "x is %zu x %zu but ...", ...)`.
 * A macro, so that the compiler sees which status a function returns. */
#define error_set(status, ...) (error_write(__VA_ARGS__), error_status(status))

/* The sentence for a failed allocation of `bytes` bytes. */
gemml_status error_memory(size_t bytes);

/* Sets the sentence to `text` as it is: how an error of a worker thread, kept
 * with error_text(), reaches the caller's buffer. */
gemml_status error_restore(gemml_status status, const char *text);

/* This thread's sentence; "" when there was none. */
const char *error_text(void);

/* Leaves the function with the status of a call that failed. */
#define TRY(call)                         \
    do {                                  \
        gemml_status try_status = (call); \
        if (try_status != GEMML_OK)       \
            return try_status;            \
    } while (0)

#endif

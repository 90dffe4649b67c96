/* Running in a child process what may exit, hang, print or crash, and hearing of it. */
#ifndef GEMML_TESTS_HARDENING_ISOLATED_H
#define GEMML_TESTS_HARDENING_ISOLATED_H

#include <stddef.h>

/* Is this compiled for a sanitizer that has its own malloc and larger frames? */
#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SANITIZED
#endif
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED
#endif

/* In the child: says what comes next, for the case that it does not come back. */
void isolated_step(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* In the child: ends it with a finding. Elsewhere: ends the test. */
void isolated_fail(const char *format, ...) __attribute__((format(printf, 1, 2), noreturn));

#define isolated_check(condition, ...)  \
    do {                                \
        if (!(condition))               \
            isolated_fail(__VA_ARGS__); \
    } while (0)

/* In the child: counts something; in the parent: how often in all children. */
void isolated_count(void);
size_t isolated_counted(void);

/* Runs body(context) in a child. Gives NULL when it came to its end within so many
 * seconds, failed no check, called no exit() and printed nothing; otherwise a
 * sentence in a static buffer. */
const char *isolated_run(void (*body)(void *context), void *context, unsigned seconds);

#endif

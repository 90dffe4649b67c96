/* Waiting for threads and child processes, such that what hangs fails: waits
 * have a deadline, children an alarm. */
#ifndef GEMML_TESTS_UTIL_CHILDREN_H
#define GEMML_TESTS_UTIL_CHILDREN_H

#include "support/support.h"

#include <errno.h>
#include <stdatomic.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define PATIENCE_SECONDS 30

static inline void nap(void)
{
    nanosleep(&(struct timespec){.tv_nsec = 200000}, NULL);
}

/* Waits until *counter >= wanted; false when that takes too long. */
static inline bool await_count(atomic_size_t *counter, size_t wanted)
{
    time_t end = time(NULL) + PATIENCE_SECONDS;
    while (atomic_load(counter) < wanted) {
        if (time(NULL) > end)
            return false;
        nap();
    }
    return true;
}

/* Runs `body` in a child process and gives its exit status, -signal when a
 * signal ended it: the alarm's when it hung. */
static inline int run_in_child(int (*body)(void))
{
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        alarm(PATIENCE_SECONDS);
        leave_process(body());
    }
    int status;
    while (waitpid(child, &status, 0) < 0)
        if (errno != EINTR)
            return -1000;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

/* Leaves a test whose child processes start threads while their parent has some:
 * the thread sanitizer does not support that. */
#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define THREAD_SANITIZER
#endif
#elif defined(__SANITIZE_THREAD__)
#define THREAD_SANITIZER
#endif
static inline void need_threads_in_children(void)
{
#ifdef THREAD_SANITIZER
    skip();
#endif
}

#endif

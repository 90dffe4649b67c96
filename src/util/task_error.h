/* The error of parallel tasks: kept from the task of lowest index that failed,
 * so that the sentence does not depend on threads, and given to the caller. */
#ifndef GEMML_UTIL_TASK_ERROR_H
#define GEMML_UTIL_TASK_ERROR_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

#include "util/error.h"

struct task_error {
    pthread_mutex_t mutex;
    atomic_size_t lowest; /* index of the lowest task that failed; SIZE_MAX: none */
    gemml_status status;
    char text[ERROR_BYTES];
};

void task_error_init(struct task_error *error);

/* Called in a task: notes a status that is not OK, with this thread's sentence. */
void task_error_note(struct task_error *error, size_t index, gemml_status status);

/* Has a task below `index` failed? Then task `index` may be skipped; one below
 * a task that failed must still run, since it may have the error that counts. */
bool task_error_failed(struct task_error *error, size_t index);

/* Called by the thread that started the tasks, when all are done: the status,
 * its sentence now being this thread's. */
gemml_status task_error_finish(struct task_error *error);

#endif

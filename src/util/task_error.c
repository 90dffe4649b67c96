#include "util/task_error.h"

#include <string.h>

void task_error_init(struct task_error *error)
{
    pthread_mutex_init(&error->mutex, NULL);
    atomic_init(&error->failed, false);
    error->status = GEMML_OK;
    error->index = SIZE_MAX;
    error->text[0] = '\0';
}

void task_error_note(struct task_error *error, size_t index, gemml_status status)
{
    if (status == GEMML_OK)
        return;
    pthread_mutex_lock(&error->mutex);
    if (index < error->index) {
        error->index = index;
        error->status = status;
        memcpy(error->text, error_text(), strlen(error_text()) + 1);
    }
    pthread_mutex_unlock(&error->mutex);
    atomic_store(&error->failed, true);
}

bool task_error_failed(struct task_error *error)
{
    return atomic_load(&error->failed);
}

gemml_status task_error_finish(struct task_error *error)
{
    pthread_mutex_destroy(&error->mutex);
    if (error->status != GEMML_OK)
        error_restore(error->status, error->text);
    return error->status;
}

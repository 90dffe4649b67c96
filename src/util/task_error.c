#include "util/task_error.h"

#include <string.h>

void task_error_init(struct task_error *error)
{
    pthread_mutex_init(&error->mutex, NULL);
    atomic_init(&error->lowest, SIZE_MAX);
    error->status = GEMML_OK;
    error->text[0] = '\0';
}

void task_error_note(struct task_error *error, size_t index, gemml_status status)
{
    if (status == GEMML_OK)
        return;
    pthread_mutex_lock(&error->mutex);
    if (index < atomic_load(&error->lowest)) {
        atomic_store(&error->lowest, index);
        error->status = status;
        memcpy(error->text, error_text(), strlen(error_text()) + 1);
    }
    pthread_mutex_unlock(&error->mutex);
}

bool task_error_failed(struct task_error *error, size_t index)
{
    return atomic_load(&error->lowest) < index;
}

gemml_status task_error_finish(struct task_error *error)
{
    pthread_mutex_destroy(&error->mutex);
    if (error->status != GEMML_OK)
        error_restore(error->status, error->text);
    return error->status;
}

/* gemml_file: the library's way to replace a file, for files of others. */
#include <gemml/io.h>
#include <string.h>

#include "io/atomic_file.h"
#include "util/alloc.h"

struct gemml_file {
    struct atomic_file atomic;
    char path[];
};

gemml_status gemml_file_open(gemml_file **file, const char *path)
{
    gemml_file *made;
    if (!file || !path)
        return error_set(GEMML_ERROR_ARGUMENT, "%s is NULL", file ? "path" : "file");
    size_t length = strlen(path);
    TRY(memory_alloc(&made, 1, memory_sum(sizeof *made, length + 1)));
    memcpy(made->path, path, length + 1);
    gemml_status status = atomic_file_open(&made->atomic, made->path);
    if (status == GEMML_OK)
        *file = made;
    else
        memory_free(made);
    return status;
}

int gemml_file_descriptor(const gemml_file *file)
{
    return file ? file->atomic.file : -1;
}

const char *gemml_file_temporary(const gemml_file *file)
{
    return file ? file->atomic.temporary : "";
}

gemml_status gemml_file_finish(gemml_file *file)
{
    if (!file)
        return error_set(GEMML_ERROR_ARGUMENT, "file is NULL");
    return atomic_file_finish(&file->atomic);
}

gemml_status gemml_file_publish(gemml_file *file)
{
    if (!file)
        return error_set(GEMML_ERROR_ARGUMENT, "file is NULL");
    return atomic_file_publish(&file->atomic);
}

void gemml_file_free(gemml_file *file)
{
    if (file)
        atomic_file_discard(&file->atomic);
    memory_free(file);
}

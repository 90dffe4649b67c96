#include "io/safetensors_file.h"

#include <string.h>

#include "io/path.h"
#include "io/regular_file.h"
#include "io/safetensors.h"

static gemml_status read_open(unsigned char **bytes, const struct regular_file *file)
{
    unsigned char start[8] = {0}, *made;
    size_t first = file->size < sizeof start ? file->size : sizeof start;
    TRY(regular_file_read(file, start, first));
    TRY(safetensors_check_start(start, file->size, path_shown(file->path)));
    TRY(memory_alloc(&made, file->size, 1));
    memcpy(made, start, sizeof start);
    gemml_status status = regular_file_read(file, made + sizeof start, file->size - sizeof start);
    if (status == GEMML_OK)
        *bytes = made;
    else
        memory_free(made);
    return status;
}

gemml_status safetensors_file_read(unsigned char **bytes, size_t *count, const char *path)
{
    struct regular_file file;
    TRY(regular_file_open(&file, path));
    gemml_status status = read_open(bytes, &file);
    *count = file.size;
    regular_file_close(&file);
    return status;
}

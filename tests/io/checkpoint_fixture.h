/* What the file of a checkpoint tells of the data of its run. */
#ifndef GEMML_TESTS_IO_CHECKPOINT_FIXTURE_H
#define GEMML_TESTS_IO_CHECKPOINT_FIXTURE_H

#include "io/crafted.h"

#include "io/checkpoint.h"
#include "io/safetensors.h"

/* The rows and digests that the file itself tells. */
static inline struct checkpoint_data data_of(const unsigned char *bytes, size_t count)
{
    struct safetensors file;
    struct checkpoint_data data = {0};
    assert_int_equal(safetensors_parse(&file, bytes, count, "a file"), GEMML_OK);
    for (size_t i = 0; i < file.count; i++)
        if (strcmp(file.tensors[i].name, "run.data") == 0)
            for (size_t j = 0; j < 2; j++) {
                data.rows[j] = (size_t)get_u64((const unsigned char *)file.tensors[i].data + 8 * j);
                data.digest[j] = get_u64((const unsigned char *)file.tensors[i].data + 16 + 8 * j);
            }
    safetensors_free(&file);
    assert_true(data.rows[0] > 0);
    return data;
}

#endif

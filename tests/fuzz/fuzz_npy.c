/* NPY files, as if mapped: elements must be those bytes of the file. The magic is put
 * in front of what the fuzzer makes, so that it need not be found. */
#include <stdlib.h>
#include <string.h>

#include "data/npy.h"
#include "fuzz.h"
#include "util/view.h"

static void check_elements(const gemml_table *table, const uint8_t *file, size_t count)
{
    size_t bytes = table->rows * table->columns * dtype_size(table->cells.dtype);
    REQUIRE(bytes > 0 && bytes <= count);
    REQUIRE(memcmp(table->cells.data, file + count - bytes, bytes) == 0);
    REQUIRE((uintptr_t)table->cells.data % dtype_size(table->cells.dtype) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count)
{
    size_t length = NPY_MAGIC_BYTES + count;
    uint8_t *file = malloc(length);
    REQUIRE(file);
    memcpy(file, NPY_MAGIC, NPY_MAGIC_BYTES);
    if (count > 0)
        memcpy(file + NPY_MAGIC_BYTES, bytes, count);
    gemml_table *table = fuzz_table(file, length);
    fuzz_watch_memory(length, FUZZ_MULTIPLE);
    gemml_status status = npy_read(table);
    fuzz_check_memory();
    if (status == GEMML_OK)
        check_elements(table, file, length);
    fuzz_check(table, status);
    free(file);
    return 0;
}

/* The rate of reading memory. */
#include "kernel/vector.h"
#include "peak.h"
#include "util/alloc.h"
#include "util/parallel.h"

#define COUNT ((size_t)64 << 20)

struct peak_reader {
    size_t parts;
    double *x;
};

static void read_part(void *context, size_t index)
{
    const struct peak_reader *reader = context;
    size_t first = COUNT * index / reader->parts, end = COUNT * (index + 1) / reader->parts;
    volatile double sum = vector_sum_f64(end - first, reader->x + first); /* not to be optimised away */
    (void)sum;
}

gemml_status peak_reader_make(struct peak_reader **made, size_t threads)
{
    struct peak_reader *reader;
    TRY(memory_alloc(&reader, 1, sizeof *reader));
    reader->parts = threads;
    gemml_status status = memory_alloc(&reader->x, COUNT, sizeof(double));
    if (status != GEMML_OK) {
        memory_free(reader);
        return status;
    }
    for (size_t i = 0; i < COUNT; i++)
        reader->x[i] = 1; /* pages that were never written are all the same one */
    *made = reader;
    return GEMML_OK;
}

gemml_status peak_read(void *reader)
{
    parallel_for(((struct peak_reader *)reader)->parts, read_part, reader);
    return GEMML_OK;
}

double peak_gbps(double seconds)
{
    return 1e-9 * (double)(COUNT * sizeof(double)) / seconds;
}

void peak_reader_free(struct peak_reader *reader)
{
    if (reader)
        memory_free(reader->x);
    memory_free(reader);
}

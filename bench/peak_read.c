/* The measured rate of reading memory. */
#include "kernel/vector.h"
#include "peak.h"
#include "runner.h"
#include "util/alloc.h"
#include "util/parallel.h"

#define COUNT ((size_t)64 << 20)
#define RUNS 3

struct reading {
    size_t parts;
    const double *x;
};

static void read_part(void *context, size_t index)
{
    const struct reading *reading = context;
    size_t first = COUNT * index / reading->parts, end = COUNT * (index + 1) / reading->parts;
    volatile double sum = vector_sum_f64(end - first, reading->x + first); /* not to be optimised away */
    (void)sum;
}

gemml_status peak_read_gbps(size_t threads, double *gbps)
{
    double *x;
    TRY(memory_alloc(&x, COUNT, sizeof *x));
    for (size_t i = 0; i < COUNT; i++)
        x[i] = 1; /* pages that were never written are all the same one */
    struct reading reading = {threads, x};
    *gbps = 0;
    for (int run = 0; run < RUNS; run++) {
        double start = bench_now();
        parallel_for(threads, read_part, &reading);
        double rate = 1e-9 * (double)(COUNT * sizeof *x) / (bench_now() - start);
        *gbps = rate > *gbps ? rate : *gbps;
    }
    memory_free(x);
    return GEMML_OK;
}

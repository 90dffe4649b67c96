/* The measured peak of gemm. */
#include "kernel/linalg.h"
#include "peak.h"
#include "runner.h"
#include "util/alloc.h"
#include "util/parallel.h"

#define SIZE ((size_t)2048)
#define RUNS 3

struct product {
    size_t strips;
    real *A, *B, *C;
};

static void strip(void *context, size_t index)
{
    struct product *product = context;
    size_t first = SIZE * index / product->strips, end = SIZE * (index + 1) / product->strips;
    /* Strides that fit an int: it cannot fail. */
    (void)R(gemm)(false, false, end - first, SIZE, SIZE, 1, product->A + first * SIZE, SIZE, product->B, SIZE, 0,
                  product->C + first * SIZE, SIZE);
}

static double best_of_runs(struct product *product)
{
    double best = 0;
    for (int run = 0; run < RUNS; run++) {
        double start = bench_now();
        parallel_for(product->strips, strip, product);
        double rate = 2e-9 * (double)(SIZE * SIZE * SIZE) / (bench_now() - start);
        best = rate > best ? rate : best;
    }
    return best;
}

gemml_status R(peak_gflops)(size_t threads, double *gflops)
{
    struct product product = {threads, NULL, NULL, NULL};
    real *space;
    TRY(memory_alloc(&space, 3 * SIZE * SIZE, sizeof(real)));
    product.A = space, product.B = space + SIZE * SIZE, product.C = space + 2 * SIZE * SIZE;
    R(bench_random)(1, 2 * SIZE * SIZE, space);
    gemml_status status = linalg_enter(threads);
    if (status == GEMML_OK) {
        *gflops = best_of_runs(&product);
        linalg_leave(threads);
    }
    memory_free(space);
    return status;
}

/* Operands, made on all threads: each stretch of numbers is a stream of its own. */
#include <math.h>

#include "runner.h"
#include "util/parallel.h"
#include "util/rng.h"

#define STRETCH ((size_t)1 << 16)

struct filling {
    unsigned seed;
    size_t n;
    float *single;
    double *whole; /* the other one is NULL */
};

static void fill_stretch(void *context, size_t index)
{
    const struct filling *filling = context;
    size_t first = index * STRETCH, end = filling->n - first < STRETCH ? filling->n : first + STRETCH;
    struct rng rng = rng_make(filling->seed, index);
    for (size_t i = first; i < end; i++) {
        double x = 2 * rng_uniform(&rng) - 1;
        if (filling->whole)
            filling->whole[i] = x;
        else
            filling->single[i] = (float)x;
    }
}

void bench_random_f32(unsigned seed, size_t n, float *x)
{
    struct filling filling = {seed, n, x, NULL};
    parallel_for((n + STRETCH - 1) / STRETCH, fill_stretch, &filling);
}

void bench_random_f64(unsigned seed, size_t n, double *x)
{
    struct filling filling = {seed, n, NULL, x};
    parallel_for((n + STRETCH - 1) / STRETCH, fill_stretch, &filling);
}

double bench_distance(size_t n, const double *a, const double *b)
{
    double error = 0, scale = 0;
    for (size_t i = 0; i < n; i++) {
        error = isnan(a[i]) ? INFINITY : fmax(error, fabs(a[i] - b[i]));
        scale = fmax(scale, fabs(b[i]));
    }
    return error == 0 ? 0 : error / scale;
}

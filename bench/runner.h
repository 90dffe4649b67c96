/* What a benchmark case is, and how one is measured. */
#ifndef GEMML_BENCH_RUNNER_H
#define GEMML_BENCH_RUNNER_H

#include <stdbool.h>
#include <stddef.h>

#include <gemml.h>

/* What a case's speed is held against. */
enum bench_bound {
    BENCH_GEMM = 0, /* its flops against those of a large gemm */
    BENCH_READ      /* its bytes against the rate of reading memory */
};

/* One thing to measure. `run` is ours, `naive` the plain loops on the same
 * operands with results of their own, `residual` how far the two are apart after
 * each ran once (or how well the problem is solved). */
struct bench_case {
    char name[64];         /* ROOM/OPERATION/SHAPE/PRECISION */
    const char *precision; /* "f32" or "f64" */
    bool parallel;         /* runs on all threads, not on one */
    size_t threads;        /* runs on so many, whatever was asked for; 0: as `parallel` says */
    enum bench_bound bound;
    size_t shape[3];       /* m, n, k, or what the case makes of them */
    double flops, bytes;   /* of one run, at least; 0: not a useful number */
    double footprint;      /* bytes of what is read again and again; 0: `bytes` */
    double tolerance;      /* of the residual */
    bool memory;           /* its memory is measured */
    const void *operation; /* the case's own */
    gemml_status (*setup)(const struct bench_case *bench, void **state);
    gemml_status (*run)(void *state);
    gemml_status (*naive)(void *state); /* NULL: none */
    gemml_status (*bare)(void *state);  /* the BLAS calls in `run`, and nothing else; NULL: none */
    gemml_status (*residual)(void *state, double *residual);
    double (*passes)(void *state); /* over the data, of the last run; NULL: not counted */
    void (*teardown)(void *state);
};

/* The cases of one room. */
struct bench_list {
    struct bench_case *cases;
    size_t count, capacity;
};

/* A new case at the end, zeroed; NULL when memory is out. */
struct bench_case *bench_add(struct bench_list *list);

/* What was measured; NaN: was not. */
struct bench_result {
    size_t threads; /* that the case had */
    double seconds_min, seconds_median;
    double naive_seconds, bare_seconds; /* the fastest runs */
    double residual;
    double reading_seconds; /* the fastest of 512 MB, in turns with the runs; where memory is what bounds */
    double memory;          /* bytes that the first run had at most, beyond those that were there before */
    double passes;
};

/* Is the answer right? */
bool bench_right(const struct bench_case *bench, const struct bench_result *result);

/* The threads that a case runs on, where `all` are what the library takes. */
size_t bench_threads(const struct bench_case *bench, size_t all);

/* Measures one case: a warm-up run, one naive run, the residual, then repeats
 * of all for about `budget` seconds each; where reading memory is the mark, for thrice as long and in turns with that.
 * Runs that are too short for the clock are timed many at a time; a naive run longer than the budget is not repeated.
 */
gemml_status bench_measure(const struct bench_case *bench, double budget, struct bench_result *result);

/* Seconds of a clock that only goes forward. */
double bench_now(void);

/* n numbers, uniform on [-1, 1), the same for the same seed. */
void bench_random_f32(unsigned seed, size_t n, float *x);
void bench_random_f64(unsigned seed, size_t n, double *x);

/* max |a - b| / max |b|, infinite where there is a NaN. */
double bench_distance(size_t n, const double *a, const double *b);

#endif

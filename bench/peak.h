/* What the machine can do: the marks that results are held against. */
#ifndef GEMML_BENCH_PEAK_H
#define GEMML_BENCH_PEAK_H

#include <stdio.h>

#include "runner.h"

/* The best GFLOP/s of a 2048 x 2048 x 2048 gemm, its rows cut into one strip a thread. */
gemml_status peak_gflops_f32(size_t threads, double *gflops);
gemml_status peak_gflops_f64(size_t threads, double *gflops);

/* The best GB/s of reading 512 MB once, each thread a part of its own. */
gemml_status peak_read_gbps(size_t threads, double *gbps);

/* A mark that was measured. */
struct peak {
    size_t threads;
    enum bench_bound bound;
    const char *precision; /* of BENCH_GEMM; reading has one mark for both */
    double rate;           /* GFLOP/s or GB/s */
};

/* Measures the marks that the cases need, and says what they are. */
gemml_status peak_measure_all(FILE *out, const struct bench_list *list, size_t threads);

/* What was measured so far. */
size_t peak_count(void);
const struct peak *peak_at(size_t index);

/* The case's speed as a share of its mark; NaN where there is none. */
double peak_share(const struct bench_case *bench, const struct bench_result *result);

#endif

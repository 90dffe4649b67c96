/* What the machine can do: the marks that results are held against. */
#ifndef GEMML_BENCH_PEAK_H
#define GEMML_BENCH_PEAK_H

#include <stdio.h>

#include "runner.h"

/* The best GFLOP/s of a 2048 x 2048 x 2048 gemm, its rows cut into one strip a thread. */
gemml_status peak_gflops_f32(size_t threads, double *gflops);
gemml_status peak_gflops_f64(size_t threads, double *gflops);

/* Reads 512 MB once, each thread a part of its own; the rate of that in GB/s. The rate of memory that is shared with
 * others changes from minute to minute, so it is measured beside a case, in turns with its runs. */
struct peak_reader;
gemml_status peak_reader_make(struct peak_reader **reader, size_t threads);
gemml_status peak_read(void *reader);
double peak_gbps(double seconds);
void peak_reader_free(struct peak_reader *reader);

/* Is the case held against the rate of reading? Not where its data may stand in a cache. */
bool peak_reads(const struct bench_case *bench);

/* A mark of gemm that was measured. */
struct peak {
    size_t threads;
    const char *precision;
    double gflops;
};

/* Measures those that the cases need, and says what they are. */
gemml_status peak_measure_all(FILE *out, const struct bench_list *list, size_t threads);

/* What was measured so far. */
size_t peak_count(void);
const struct peak *peak_at(size_t index);

/* The case's speed as a share of its mark; NaN where there is none. */
double peak_share(const struct bench_case *bench, const struct bench_result *result);

#endif

/* What the machine can do: the marks that results are held against. */
#ifndef GEMML_BENCH_PEAK_H
#define GEMML_BENCH_PEAK_H

#include <gemml.h>

/* The best GFLOP/s of a 2048 x 2048 x 2048 gemm, its rows cut into one strip a thread. */
gemml_status peak_gflops_f32(size_t threads, double *gflops);
gemml_status peak_gflops_f64(size_t threads, double *gflops);

/* The best GB/s of reading 512 MB once, each thread a part of its own. */
gemml_status peak_read_gbps(size_t threads, double *gbps);

#endif

/* Where results go: a table on the standard output, and a CSV file. */
#ifndef GEMML_BENCH_REPORT_H
#define GEMML_BENCH_REPORT_H

#include <stdio.h>

#include "runner.h"

/* The machine and the builds that the numbers belong to. */
void report_machine(FILE *out, size_t threads);

/* The measured peaks, for `threads` threads and for one. */
gemml_status report_peaks(FILE *out, size_t threads);

/* Headings; `csv` may be NULL. */
void report_heading(FILE *out, FILE *csv);

/* A line for each. The share is of the gemm peak of the case's precision and
 * number of threads; a residual beyond its tolerance is marked. */
void report_result(FILE *out, FILE *csv, const struct bench_case *bench, size_t threads,
                   const struct bench_result *result);

#endif

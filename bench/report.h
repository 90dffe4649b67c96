/* Where results go: a table on the standard output, a CSV file, a JSON file. */
#ifndef GEMML_BENCH_REPORT_H
#define GEMML_BENCH_REPORT_H

#include <stdio.h>

#include "runner.h"

/* The machine and the builds that the numbers belong to. */
struct machine {
    char processor[128];
    const char *blas, *core, *compiler, *version;
    size_t threads;
};
void machine_describe(struct machine *machine);
void machine_print(FILE *out, const struct machine *machine);

/* What is told of a case; NaN where there is nothing to tell. */
enum figure {
    SECONDS_MIN,
    SECONDS_MEDIAN,
    GFLOPS,
    GBPS,
    PEAK_SHARE,
    NAIVE_RATIO,
    RESIDUAL,
    PASSES,
    MEMORY_MB,  /* beyond the data */
    BARE_RATIO, /* seconds_min over those of the bare BLAS calls */
    READING_GBPS,
    FIGURES
};
extern const char *const figure_names[FIGURES];
void figures_of(const struct bench_case *bench, const struct bench_result *result, double figures[FIGURES]);

/* The table. A residual beyond its tolerance is marked. */
void report_heading(FILE *out);
void report_result(FILE *out, const struct bench_case *bench, const struct bench_result *result);

/* The same as CSV: case, figures, precision, threads and what the share is of. */
void csv_heading(FILE *csv);
void csv_result(FILE *csv, const struct bench_case *bench, const struct bench_result *result);

/* The same as JSON, the machine and its peaks too. Errors: IO, MEMORY. */
gemml_status json_write(const char *path, const struct machine *machine, const struct bench_list *list,
                        const struct bench_result *results);

/* What the table as a whole says: where plain loops are overtaken, how time grows with
 * the rows, and how it falls with the threads; each where its cases were measured. */
void summary_print(FILE *out, const struct bench_list *list, const struct bench_result *results);

#endif

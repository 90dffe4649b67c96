/* The machine, the table of results, and the CSV file. */
#include "report.h"

#include <math.h>
#include <string.h>

#include "kernel/linalg_guard.h"
#include "peak.h"

#ifdef __clang__
#define COMPILER "clang " __clang_version__
#elif defined(__GNUC__)
#define COMPILER "gcc " __VERSION__
#else
#define COMPILER "unknown"
#endif

/* The processor's name as Linux gives it. */
static void find_processor(char *text, size_t capacity)
{
    char line[256], *name = NULL;
    FILE *file = fopen("/proc/cpuinfo", "r");
    while (file && !name && fgets(line, sizeof line, file))
        if (strncmp(line, "model name", 10) == 0)
            name = strchr(line, ':');
    if (file)
        fclose(file);
    if (name)
        name[strcspn(name, "\n")] = '\0';
    snprintf(text, capacity, "%s", name ? name + 2 : "unknown");
}

void machine_describe(struct machine *machine)
{
    find_processor(machine->processor, sizeof machine->processor);
    machine->blas = linalg_build();
    machine->core = linalg_core();
    machine->compiler = COMPILER;
    machine->version = gemml_version();
    machine->threads = gemml_threads();
}

void machine_print(FILE *out, const struct machine *machine)
{
    fprintf(out, "processor  %s\n", machine->processor);
    fprintf(out, "blas       %s, running %s\n", machine->blas, machine->core);
    fprintf(out, "compiler   %s\n", machine->compiler);
    fprintf(out, "gemml      %s, %zu thread%s\n", machine->version, machine->threads, machine->threads == 1 ? "" : "s");
}

/* ---- Figures ------------------------------------------------------------------- */

const char *const figure_names[FIGURES] = {"seconds_min", "seconds_median", "gflops",      "gbps",
                                           "peak_share",  "naive_ratio",    "residual",    "passes",
                                           "memory_mb",   "bare_ratio",     "reading_gbps"};

void figures_of(const struct bench_case *bench, const struct bench_result *result, double figures[FIGURES])
{
    figures[SECONDS_MIN] = result->seconds_min;
    figures[SECONDS_MEDIAN] = result->seconds_median;
    figures[GFLOPS] = bench->flops > 0 ? 1e-9 * bench->flops / result->seconds_min : (double)NAN;
    figures[GBPS] = bench->bytes > 0 ? 1e-9 * bench->bytes / result->seconds_min : (double)NAN;
    figures[PEAK_SHARE] = peak_share(bench, result);
    figures[NAIVE_RATIO] = result->naive_seconds / result->seconds_min;
    figures[RESIDUAL] = result->residual;
    figures[PASSES] = result->passes;
    figures[MEMORY_MB] = 1e-6 * result->memory;
    figures[BARE_RATIO] = result->seconds_min / result->bare_seconds;
    figures[READING_GBPS] = peak_gbps(result->reading_seconds);
}

static const char *share_of(const struct bench_case *bench)
{
    return bench->bound == BENCH_READ ? "read" : "gemm";
}

/* ---- The table ----------------------------------------------------------------- */

void report_heading(FILE *out)
{
    fprintf(out, "\n%-44s %10s %10s %8s %7s %10s %8s %8s %9s %7s\n", "case", "min s", "median s", "GFLOP/s", "GB/s",
            "of peak", "x naive", "residual", "precision", "threads");
}

static void print_cell(FILE *out, int width, const char *format, double value)
{
    char text[32] = "-";
    if (isfinite(value))
        snprintf(text, sizeof text, format, value);
    fprintf(out, " %*s", width, text);
}

void report_result(FILE *out, const struct bench_case *bench, const struct bench_result *result)
{
    double figures[FIGURES];
    figures_of(bench, result, figures);
    fprintf(out, "%-44s %10.4g %10.4g", bench->name, figures[SECONDS_MIN], figures[SECONDS_MEDIAN]);
    print_cell(out, 8, "%.2f", figures[GFLOPS]);
    print_cell(out, 7, "%.2f", figures[GBPS]);
    print_cell(out, 5, "%.0f%%", 100 * figures[PEAK_SHARE]);
    fprintf(out, " %4s", isfinite(figures[PEAK_SHARE]) ? share_of(bench) : "");
    print_cell(out, 8, "%.1f", figures[NAIVE_RATIO]);
    fprintf(out, " %8.1e %9s %7zu", figures[RESIDUAL], bench->precision, result->threads);
    if (isfinite(figures[PASSES]))
        fprintf(out, "  passes: %.0f", figures[PASSES]);
    if (isfinite(figures[MEMORY_MB]))
        fprintf(out, "  beyond the data: %.1f MB", figures[MEMORY_MB]);
    if (isfinite(figures[BARE_RATIO]))
        fprintf(out, "  bare BLAS: %.0f%%, x %.2f", 100 / figures[BARE_RATIO], figures[BARE_RATIO]);
    if (isfinite(figures[READING_GBPS]))
        fprintf(out, "  reading: %.1f GB/s", figures[READING_GBPS]);
    fprintf(out, "%s\n", bench_right(bench, result) ? "" : "  WRONG: the residual is too large");
    fflush(out);
}

/* ---- CSV ----------------------------------------------------------------------- */

void csv_heading(FILE *csv)
{
    fprintf(csv, "case");
    for (size_t i = 0; i < FIGURES; i++)
        fprintf(csv, ",%s", figure_names[i]);
    fprintf(csv, ",precision,threads,peak\n");
}

void csv_result(FILE *csv, const struct bench_case *bench, const struct bench_result *result)
{
    double figures[FIGURES];
    figures_of(bench, result, figures);
    fprintf(csv, "%s", bench->name);
    for (size_t i = 0; i < FIGURES; i++)
        fprintf(csv, isfinite(figures[i]) ? ",%.6g" : ",", figures[i]);
    fprintf(csv, ",%s,%zu,%s\n", bench->precision, result->threads, share_of(bench));
    fflush(csv);
}

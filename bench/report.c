/* The table of results. */
#include "report.h"

#include <math.h>
#include <string.h>

#include "kernel/linalg_guard.h"
#include "peak.h"
#include "util/error.h"

#ifdef __clang__
#define COMPILER "clang " __clang_version__
#elif defined(__GNUC__)
#define COMPILER "gcc " __VERSION__
#else
#define COMPILER "unknown"
#endif

/* GFLOP/s of gemm by [f64][on all threads], as far as they were measured. */
static double peaks[2][2];

/* The processor's name as Linux gives it. */
static void print_processor(FILE *out)
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
    fprintf(out, "processor  %s\n", name ? name + 2 : "unknown");
}

void report_machine(FILE *out, size_t threads)
{
    print_processor(out);
    fprintf(out, "blas       %s, running %s\n", linalg_build(), linalg_core());
    fprintf(out, "compiler   %s\n", COMPILER);
    fprintf(out, "gemml      %s, %zu thread%s\n", gemml_version(), threads, threads == 1 ? "" : "s");
}

static gemml_status measure_peaks(FILE *out, size_t threads, bool all)
{
    double gbps;
    TRY(peak_gflops_f32(threads, &peaks[0][all]));
    TRY(peak_gflops_f64(threads, &peaks[1][all]));
    TRY(peak_read_gbps(threads, &gbps));
    fprintf(out, "peak       %zu thread%s: gemm %.1f GFLOP/s f32, %.1f GFLOP/s f64; reading %.1f GB/s\n", threads,
            threads == 1 ? "" : "s", peaks[0][all], peaks[1][all], gbps);
    return GEMML_OK;
}

gemml_status report_peaks(FILE *out, size_t threads)
{
    TRY(measure_peaks(out, 1, false));
    if (threads > 1)
        return measure_peaks(out, threads, true);
    peaks[0][1] = peaks[0][0];
    peaks[1][1] = peaks[1][0];
    return GEMML_OK;
}

void report_heading(FILE *out, FILE *csv)
{
    fprintf(out, "\n%-30s %7s %9s %12s %12s %8s %7s %6s %7s %9s\n", "case", "threads", "precision", "seconds_min",
            "seconds_med", "gflops", "gbps", "peak", "naive/", "residual");
    if (csv)
        fprintf(csv, "case,threads,precision,seconds_min,seconds_median,gflops,gbps,peak_share,naive_ratio,residual\n");
}

/* A number, or nothing where there is none. */
static void print_field(FILE *csv, double value)
{
    if (isfinite(value))
        fprintf(csv, ",%.6g", value);
    else
        fprintf(csv, ",");
}

static void print_cell(FILE *out, int width, const char *format, double value)
{
    char text[32] = "-";
    if (isfinite(value))
        snprintf(text, sizeof text, format, value);
    fprintf(out, " %*s", width, text);
}

void report_result(FILE *out, FILE *csv, const struct bench_case *bench, size_t threads,
                   const struct bench_result *result)
{
    double gflops = bench->flops > 0 ? 1e-9 * bench->flops / result->seconds_min : NAN;
    double gbps = 1e-9 * bench->bytes / result->seconds_min;
    double share = gflops / peaks[strcmp(bench->precision, "f64") == 0][bench->parallel];
    double ratio = result->naive_seconds / result->seconds_min;
    size_t used = bench->parallel ? threads : 1;
    fprintf(out, "%-30s %7zu %9s %12.4g %12.4g", bench->name, used, bench->precision, result->seconds_min,
            result->seconds_median);
    print_cell(out, 8, "%.2f", gflops);
    print_cell(out, 7, "%.2f", gbps);
    print_cell(out, 6, "%.0f%%", 100 * share);
    print_cell(out, 7, "%.1f", ratio);
    fprintf(out, " %9.1e%s\n", result->residual, result->residual <= bench->tolerance ? "" : "  TOO LARGE");
    fflush(out);
    if (!csv)
        return;
    fprintf(csv, "%s,%zu,%s,%.6g,%.6g", bench->name, used, bench->precision, result->seconds_min,
            result->seconds_median);
    print_field(csv, gflops);
    print_field(csv, gbps);
    print_field(csv, share);
    print_field(csv, ratio);
    print_field(csv, result->residual);
    fputc('\n', csv);
}

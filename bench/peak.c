/* The marks that a list of cases needs, each measured once. */
#include "peak.h"

#include <math.h>
#include <string.h>

#include "util/error.h"

#define MOST 64
#define CACHED 256e6 /* bytes that may stand in a cache, where the rate of memory is no mark */

static struct peak peaks[MOST];
static size_t measured;

size_t peak_count(void)
{
    return measured;
}

const struct peak *peak_at(size_t index)
{
    return peaks + index;
}

static const struct peak *find(const struct bench_case *bench, size_t threads)
{
    for (size_t i = 0; i < measured; i++)
        if (peaks[i].threads == threads && peaks[i].bound == bench->bound &&
            (bench->bound == BENCH_READ || strcmp(peaks[i].precision, bench->precision) == 0))
            return peaks + i;
    return NULL;
}

static gemml_status measure(FILE *out, const struct bench_case *bench, size_t threads)
{
    struct peak peak = {threads, bench->bound, bench->precision, 0};
    const char *plural = threads == 1 ? "" : "s";
    if (bench->bound == BENCH_READ)
        TRY(peak_read_gbps(threads, &peak.rate));
    else if (strcmp(bench->precision, "f32") == 0)
        TRY(peak_gflops_f32(threads, &peak.rate));
    else
        TRY(peak_gflops_f64(threads, &peak.rate));
    if (bench->bound == BENCH_READ)
        fprintf(out, "peak       %zu thread%s: reading %.1f GB/s\n", threads, plural, peak.rate);
    else
        fprintf(out, "peak       %zu thread%s: gemm %s %.1f GFLOP/s\n", threads, plural, peak.precision, peak.rate);
    peaks[measured++] = peak;
    return GEMML_OK;
}

/* What is held against the mark; 0: nothing. */
static double work_of(const struct bench_case *bench)
{
    if (bench->bound == BENCH_GEMM)
        return bench->flops;
    double footprint = bench->footprint > 0 ? bench->footprint : bench->bytes;
    return footprint >= CACHED ? bench->bytes : 0;
}

gemml_status peak_measure_all(FILE *out, const struct bench_list *list, size_t threads)
{
    for (size_t i = 0; i < list->count; i++) {
        const struct bench_case *bench = list->cases + i;
        size_t used = bench_threads(bench, threads);
        if (work_of(bench) > 0 && measured < MOST && !find(bench, used))
            TRY(measure(out, bench, used));
    }
    return GEMML_OK;
}

double peak_share(const struct bench_case *bench, const struct bench_result *result)
{
    const struct peak *peak = find(bench, result->threads);
    return peak && work_of(bench) > 0 ? 1e-9 * work_of(bench) / result->seconds_min / peak->rate : (double)NAN;
}

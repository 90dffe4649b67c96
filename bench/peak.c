/* The marks of gemm that a list of cases needs, each measured once; and shares of a mark. */
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
        if (peaks[i].threads == threads && strcmp(peaks[i].precision, bench->precision) == 0)
            return peaks + i;
    return NULL;
}

static gemml_status measure(FILE *out, const struct bench_case *bench, size_t threads)
{
    struct peak peak = {threads, bench->precision, 0};
    TRY((strcmp(bench->precision, "f32") == 0 ? peak_gflops_f32 : peak_gflops_f64)(threads, &peak.gflops));
    fprintf(out, "peak       %zu thread%s: gemm %s %.1f GFLOP/s\n", threads, threads == 1 ? "" : "s", peak.precision,
            peak.gflops);
    peaks[measured++] = peak;
    return GEMML_OK;
}

bool peak_reads(const struct bench_case *bench)
{
    return bench->bound == BENCH_READ && (bench->footprint > 0 ? bench->footprint : bench->bytes) >= CACHED;
}

static bool multiplies(const struct bench_case *bench)
{
    return bench->bound == BENCH_GEMM && bench->flops > 0;
}

gemml_status peak_measure_all(FILE *out, const struct bench_list *list, size_t threads)
{
    for (size_t i = 0; i < list->count; i++) {
        const struct bench_case *bench = list->cases + i;
        size_t used = bench_threads(bench, threads);
        if (multiplies(bench) && measured < MOST && !find(bench, used))
            TRY(measure(out, bench, used));
    }
    return GEMML_OK;
}

double peak_share(const struct bench_case *bench, const struct bench_result *result)
{
    if (peak_reads(bench))
        return 1e-9 * bench->bytes / result->seconds_min / peak_gbps(result->reading_seconds);
    const struct peak *peak = multiplies(bench) ? find(bench, result->threads) : NULL;
    return peak ? 1e-9 * bench->flops / result->seconds_min / peak->gflops : (double)NAN;
}

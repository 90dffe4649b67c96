/* Adaptive repeats: as many as fit the budget, the fastest and the middle one kept. */
#include "runner.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "memory.h"
#include "peak.h"
#include "util/alloc.h"
#include "util/clock.h"

#define SAMPLES 200          /* at most */
#define FEWEST 3             /* samples, but of runs of SLOW_SECONDS, of which one more is made */
#define SLOW_SECONDS 2.0     /* a run that is not worth waiting for thrice */
#define TURNS 3.0            /* budgets of a case that takes turns with a mark */
#define TURN_SECONDS 2e-3    /* a turn is at least so long: the caches are then its own */
#define CLOCK_SECONDS 100e-6 /* a sample is at least so long: the clock's own cost is lost in it */

double bench_now(void)
{
    return clock_seconds();
}

struct bench_case *bench_add(struct bench_list *list)
{
    if (memory_grow(&list->cases, &list->capacity, list->count, list->count + 1, sizeof *list->cases) != GEMML_OK)
        return NULL;
    struct bench_case *bench = list->cases + list->count++;
    memset(bench, 0, sizeof *bench);
    return bench;
}

bool bench_right(const struct bench_case *bench, const struct bench_result *result)
{
    return result->residual <= bench->tolerance; /* false for NaN */
}

size_t bench_threads(const struct bench_case *bench, size_t all)
{
    return bench->threads > 0 ? bench->threads : bench->parallel ? all : 1;
}

typedef gemml_status (*runnable)(void *state);

/* Seconds of one run, measured over `batch` of them. */
static gemml_status time_batch(runnable run, void *state, size_t batch, double *seconds)
{
    double start = bench_now();
    for (size_t i = 0; i < batch; i++)
        TRY(run(state));
    *seconds = (bench_now() - start) / (double)batch;
    return GEMML_OK;
}

static int ascending(const void *left, const void *right)
{
    double a = *(const double *)left, b = *(const double *)right;
    return (a > b) - (a < b);
}

static void summarise(size_t count, double *samples, double *least, double *median)
{
    qsort(samples, count, sizeof *samples, ascending);
    *least = samples[0];
    *median = count % 2 ? samples[count / 2] : (samples[count / 2 - 1] + samples[count / 2]) / 2;
}

/* Runs of `first` seconds that fill so many. */
static size_t batch_of(double first, double seconds)
{
    return first < seconds ? (size_t)(seconds / fmax(first, 1e-9)) + 1 : 1;
}

/* Repeats run, of which one took about `first` seconds, for `budget` seconds. */
static gemml_status repeat(runnable run, void *state, double first, double budget, double *least, double *median)
{
    double samples[SAMPLES];
    size_t count = 0, batch = batch_of(first, CLOCK_SECONDS);
    size_t fewest = first > SLOW_SECONDS ? 1 : FEWEST;
    double end = bench_now() + budget;
    while (count < SAMPLES && (count < fewest || bench_now() < end))
        TRY(time_batch(run, state, batch, samples + count++));
    summarise(count, samples, least, median);
    return GEMML_OK;
}

static gemml_status measure_naive(const struct bench_case *bench, void *state, double first, double budget,
                                  double *seconds)
{
    double median;
    *seconds = first;
    if (!bench->naive || first > budget)
        return GEMML_OK;
    return repeat(bench->naive, state, first, budget, seconds, &median);
}

/* What a case is held against, and the seconds of its fastest run. */
struct mark {
    runnable run;
    void *state;
    double seconds;
};

/* The runs of a case, of which one took about `first` seconds, in turns with those of the mark: so both meet the
 * same machine, which others may slow down at any time. */
static gemml_status repeat_beside(const struct bench_case *bench, void *state, double first, struct mark *mark,
                                  double budget, struct bench_result *result)
{
    double samples[SAMPLES], seconds;
    TRY(time_batch(mark->run, mark->state, 1, &mark->seconds));
    size_t count = 0, batch = batch_of(first, TURN_SECONDS), mark_batch = batch_of(mark->seconds, TURN_SECONDS);
    double end = bench_now() + TURNS * budget;
    while (count < SAMPLES && (count < FEWEST || bench_now() < end)) {
        TRY(time_batch(bench->run, state, batch, samples + count++));
        TRY(time_batch(mark->run, mark->state, mark_batch, &seconds));
        mark->seconds = fmin(mark->seconds, seconds);
    }
    summarise(count, samples, &result->seconds_min, &result->seconds_median);
    return GEMML_OK;
}

static gemml_status measure_beside_reading(const struct bench_case *bench, void *state, double first, double budget,
                                           struct bench_result *result)
{
    struct peak_reader *reader;
    TRY(peak_reader_make(&reader, result->threads));
    struct mark mark = {peak_read, reader, NAN};
    gemml_status status = repeat_beside(bench, state, first, &mark, budget, result);
    result->reading_seconds = mark.seconds;
    peak_reader_free(reader);
    return status;
}

static gemml_status measure_run(const struct bench_case *bench, void *state, double first, double budget,
                                struct bench_result *result)
{
    struct mark bare = {bench->bare, state, NAN};
    result->reading_seconds = result->bare_seconds = NAN;
    if (peak_reads(bench))
        return measure_beside_reading(bench, state, first, budget, result);
    if (!bench->bare)
        return repeat(bench->run, state, first, budget, &result->seconds_min, &result->seconds_median);
    TRY(repeat_beside(bench, state, first, &bare, budget, result));
    result->bare_seconds = bare.seconds;
    return GEMML_OK;
}

/* The first run: it warms up, and gives the residual its result. */
static gemml_status warm_up(const struct bench_case *bench, void *state, double *seconds, double *memory)
{
    if (bench->memory)
        memory_mark();
    TRY(time_batch(bench->run, state, 1, seconds));
    *memory = bench->memory ? memory_beyond_mark() : (double)NAN;
    return GEMML_OK;
}

static gemml_status measure_state(const struct bench_case *bench, void *state, double budget,
                                  struct bench_result *result)
{
    double first, naive_first = NAN;
    TRY(warm_up(bench, state, &first, &result->memory));
    if (bench->naive)
        TRY(time_batch(bench->naive, state, 1, &naive_first));
    TRY(bench->residual(state, &result->residual));
    TRY(measure_run(bench, state, first, budget, result));
    result->passes = bench->passes ? bench->passes(state) : (double)NAN;
    return measure_naive(bench, state, naive_first, budget, &result->naive_seconds);
}

gemml_status bench_measure(const struct bench_case *bench, double budget, struct bench_result *result)
{
    void *state;
    size_t all = gemml_threads();
    result->threads = bench_threads(bench, all);
    TRY(bench->setup(bench, &state));
    gemml_status status = bench->threads > 0 ? gemml_set_threads(bench->threads) : GEMML_OK;
    if (status == GEMML_OK)
        status = measure_state(bench, state, budget, result);
    bench->teardown(state);
    return bench->threads > 0 && gemml_set_threads(all) != GEMML_OK ? GEMML_ERROR_MEMORY : status;
}

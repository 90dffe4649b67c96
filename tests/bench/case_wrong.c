/* Rooms for a gemml-bench of the tests: an answer that is right, others that are not, one
 * with bare calls, and one that reads. */
#include <math.h>
#include <string.h>
#include <time.h>

#include "rooms.h"
#include "util/alloc.h"

static double residuals[] = {0, 1e-3, NAN};

static gemml_status setup(const struct bench_case *bench, void **state)
{
    *state = residuals + bench->shape[0];
    return GEMML_OK;
}

static gemml_status run(void *state)
{
    (void)state;
    return GEMML_OK;
}

/* Five milliseconds at least, by what nanosleep promises. */
static gemml_status run_slowly(void *state)
{
    (void)state;
    nanosleep(&(struct timespec){.tv_nsec = 5000000}, NULL);
    return GEMML_OK;
}

static gemml_status fail(void *state)
{
    (void)state;
    return error_set(GEMML_ERROR_SHAPE, "this case cannot run");
}

static gemml_status residual(void *state, double *result)
{
    *result = *(double *)state;
    return GEMML_OK;
}

static void teardown(void *state)
{
    (void)state;
}

typedef gemml_status (*runnable)(void *state);

static gemml_status add(struct bench_list *list, const char *name, size_t which, runnable runs, runnable bare)
{
    struct bench_case *bench = bench_add(list);
    if (!bench)
        return GEMML_ERROR_MEMORY;
    *bench = (struct bench_case){.precision = "f64",
                                 .shape = {which},
                                 .tolerance = 1e-6,
                                 .setup = setup,
                                 .run = runs,
                                 .naive = run,
                                 .bare = bare,
                                 .residual = residual,
                                 .teardown = teardown};
    strncpy(bench->name, name, sizeof bench->name - 1);
    return GEMML_OK;
}

static gemml_status room(struct bench_list *list, bool quick)
{
    TRY(add(list, "made/right/1/f64", 0, run, NULL));
    TRY(add(list, "made/wrong/1/f64", 1, run, NULL));
    TRY(add(list, "made/nan/1/f64", 2, run, NULL));
    TRY(add(list, "made/failing/1/f64", 0, fail, NULL));
    TRY(add(list, "made/bare/1/f64", 0, run_slowly, run));
    TRY(add(list, "made/failing-bare/1/f64", 0, run, fail));
    if (quick)
        return GEMML_OK;
    TRY(add(list, "made/reading/1/f64", 0, run_slowly, NULL)); /* held against reading, which takes 512 MB */
    list->cases[list->count - 1].bound = BENCH_READ;
    list->cases[list->count - 1].bytes = 3e8;
    return GEMML_OK;
}

const bench_room bench_rooms[] = {room, NULL};

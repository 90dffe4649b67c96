/* The same bits: models, answers and gradients of every estimator for one to four threads,
 * sixteen places in memory, each run, predictions in batches of 1 to 256 rows, saved
 * and loaded models, and runs that were broken off and resumed. All of it under each of
 * OpenBLAS's core types that this processor can run, one process each. */
#include <dlfcn.h>
#include <sys/wait.h>
#include <unistd.h>

#include "estimators.h"

enum { PLACES = 16 };

static size_t rows_of(void)
{
    return getenv("GEMML_FULL") ? 9000 : 2100; /* blocks have about 1024 rows */
}

/* ---- Data at a place ------------------------------------------------------------- */

/* A sample in memory of its own, `place` elements behind a boundary of 64 bytes; x may be
 * of float, with another stride. */
struct placed {
    void *memory[3];
    gemml_dataset data;
};

static void *place_doubles(struct placed *placed, size_t which, const double *from, size_t count, size_t place)
{
    size_t bytes = (count + PLACES + 8) * sizeof *from / 64 * 64 + 64;
    double *to = placed->memory[which] = aligned_alloc(64, bytes);
    memcpy(to + place, from, count * sizeof *from);
    return to + place;
}

static struct placed place_sample(const struct sample *s, size_t place)
{
    struct placed placed = {.data = sample_dataset(s)};
    placed.data.x.data = place_doubles(&placed, 0, s->x, s->n * s->p, place);
    placed.data.y.data = place_doubles(&placed, 1, s->y, s->n * s->K, (3 * place) % PLACES);
    placed.data.weight.data = place_doubles(&placed, 2, s->w, s->n, (5 * place) % PLACES);
    return placed;
}

/* x as floats, with a stride of p + 1. */
static void narrow_x(struct placed *placed, const struct sample *s, size_t place)
{
    size_t stride = s->p + 1;
    free(placed->memory[0]);
    float *x = placed->memory[0] = aligned_alloc(64, (s->n * stride + PLACES + 16) * sizeof *x / 64 * 64 + 64);
    for (size_t i = 0; i < s->n; i++)
        for (size_t j = 0; j < s->p; j++)
            x[place + i * stride + j] = (float)s->x[i * s->p + j];
    placed->data.x = gemml_view_f32(x + place, s->n, s->p);
    placed->data.x.stride = stride;
}

static void placed_free(struct placed *placed)
{
    for (size_t i = 0; i < 3; i++)
        free(placed->memory[i]);
}

static struct sample weighed_sample(const struct estimator *e, size_t n)
{
    struct sample s = estimator_sample(e, n);
    sample_weigh(&s, 5);
    return s;
}

/* ---- Fits ----------------------------------------------------------------------------- */

/* All that comes of a fit: the file, the answers, the metrics' loss, the gradient. */
struct result {
    char *file;
    size_t bytes, count;
    double *numbers;
};

static struct result result_of(const struct estimator *e, const struct sample *s, size_t place, bool narrow)
{
    struct placed placed = place_sample(s, place);
    if (narrow)
        narrow_x(&placed, s, place);
    gemml_model *model = estimator_new(e);
    assert_ok(gemml_fit(model, &placed.data, NULL, NULL));
    size_t K = answers(e, s), wide = s->n * K, parameters;
    const void *unused;
    assert_ok(gemml_parameters(model, &unused, &parameters));
    struct result result = {.count = wide + parameters + 2, .numbers = calloc(wide + parameters + 2, sizeof(double))};
    gemml_metrics metrics = GEMML_METRICS_INIT;
    answer(e, model, placed.data.x, gemml_matrix_f64(result.numbers, s->n, K));
    assert_ok(gemml_loss_gradient(model, &placed.data, result.numbers + wide, result.numbers + wide + 2));
    assert_ok(gemml_score(model, &placed.data, &metrics));
    result.numbers[wide + 1] = metrics.loss;
    result.file = bytes_of(model, &result.bytes);
    gemml_model_free(model);
    placed_free(&placed);
    return result;
}

static void result_free(struct result *result)
{
    free(result->file);
    free(result->numbers);
}

static void assert_same_result(const struct estimator *e, const struct result *a, const struct result *b,
                               size_t threads, size_t place)
{
    if (a->bytes != b->bytes || memcmp(a->file, b->file, a->bytes) != 0)
        fail_msg("%s: another model with %zu threads at place %zu", e->name, threads, place);
    for (size_t i = 0; i < a->count; i++)
        if (memcmp(a->numbers + i, b->numbers + i, sizeof(double)) != 0)
            fail_msg("%s: with %zu threads at place %zu number %zu is %.17g, not %.17g", e->name, threads, place, i,
                     a->numbers[i], b->numbers[i]);
}

/* Every place with some number of threads; in the full tier with each. */
static void places_and_threads(const struct estimator *e)
{
    struct sample s = weighed_sample(e, rows_of());
    size_t each = getenv("GEMML_FULL") ? 4 : 1;
    for (int narrow = 0; narrow <= (e->dtype == GEMML_F32); narrow++) {
        assert_ok(gemml_set_threads(1));
        struct result expected = result_of(e, &s, 0, narrow);
        for (size_t place = 0; place < PLACES; place++)
            for (size_t t = 0; t < each; t++) {
                size_t threads = 1 + (place + t) % 4;
                assert_ok(gemml_set_threads(threads));
                struct result result = result_of(e, &s, place, narrow);
                assert_same_result(e, &result, &expected, threads, place);
                result_free(&result);
            }
        result_free(&expected);
    }
    assert_ok(gemml_set_threads(0));
    sample_free(&s);
}

static void five_runs(const struct estimator *e)
{
    struct sample s = weighed_sample(e, 300);
    struct result expected = result_of(e, &s, 0, false);
    for (size_t run = 1; run < 5; run++) {
        struct result result = result_of(e, &s, 0, false);
        assert_same_result(e, &result, &expected, 0, 0);
        result_free(&result);
    }
    result_free(&expected);
    sample_free(&s);
}

/* ---- Predictions ------------------------------------------------------------------------- */

static void assert_same_row(const struct estimator *e, size_t batch, const double *a, const double *b, size_t count)
{
    if (memcmp(a, b, count * sizeof *a) != 0)
        fail_msg("%s: other bits in a batch of %zu rows", e->name, batch);
}

/* f64: a row has the same answer in batches of 1 to 256 rows, at any place in memory, from
 * the model and from the one that was loaded. */
static void batches(const struct estimator *e)
{
    enum { MOST = 256, ALL = 300 };
    if (e->dtype != GEMML_F64)
        return;
    struct sample s = weighed_sample(e, ALL);
    gemml_model *model = estimator_fit(e, &s), *loaded;
    size_t K = answers(e, &s);
    double *all = answers_to(e, model, &s), *out = malloc((MOST * K + PLACES) * sizeof *out);
    assert_ok(gemml_save(model, scratch_path("batches.gemml")));
    assert_ok(gemml_load(&loaded, scratch_path("batches.gemml")));
    for (size_t batch = 1; batch <= MOST; batch++) {
        size_t first = (batch * 37) % (ALL - batch + 1), place = batch % PLACES;
        struct placed placed = place_sample(&s, place);
        gemml_view rows = placed.data.x;
        rows.data = (const double *)rows.data + first * rows.stride;
        rows.rows = batch;
        answer(e, batch % 2 ? model : loaded, rows, gemml_matrix_f64(out + place, batch, K));
        assert_same_row(e, batch, out + place, all + first * K, batch * K);
        placed_free(&placed);
    }
    free(all);
    free(out);
    gemml_model_free(model);
    gemml_model_free(loaded);
    sample_free(&s);
}

/* ---- Resumed runs ----------------------------------------------------------------------------- */

static int end_after(const gemml_progress *progress, void *epochs)
{
    return progress->epoch >= *(size_t *)epochs;
}

/* A run that is broken off after some epochs and goes on from its checkpoint, with another
 * number of threads and its data elsewhere. */
static void resumed(const struct estimator *e)
{
    if (e->solver != GEMML_SOLVER_DESCENT)
        return;
    struct sample s = weighed_sample(e, 400);
    const char *path = scratch_path("resumed.checkpoint");
    gemml_fit_options fit = GEMML_FIT_OPTIONS_INIT;
    struct result whole = result_of(e, &s, 0, false);
    for (size_t epochs = 1; epochs <= 13; epochs += 6) {
        struct placed here = place_sample(&s, epochs), there = place_sample(&s, 16 - epochs);
        gemml_model *model = estimator_new(e), *other = estimator_new(e);
        gemml_fit_info info = GEMML_FIT_INFO_INIT;
        remove(path);
        fit.checkpoint = path;
        fit.resume = 1;
        fit.progress = end_after;
        fit.progress_data = &epochs;
        assert_ok(gemml_set_threads(1 + epochs % 3));
        assert_ok(gemml_fit(model, &here.data, &fit, &info));
        if (epochs == 1)
            assert_int_equal(info.outcome, GEMML_CANCELLED); /* later it may have ended by itself */
        fit.progress = NULL;
        assert_ok(gemml_set_threads(3));
        assert_ok(gemml_fit(other, &there.data, &fit, NULL));
        size_t bytes;
        char *file = bytes_of(other, &bytes);
        if (bytes != whole.bytes || memcmp(file, whole.file, bytes) != 0)
            fail_msg("%s: broken off after %zu epochs and resumed it is another model", e->name, epochs);
        free(file);
        gemml_model_free(model);
        gemml_model_free(other);
        placed_free(&here);
        placed_free(&there);
    }
    assert_ok(gemml_set_threads(0));
    result_free(&whole);
    sample_free(&s);
}

/* ---- Core types ------------------------------------------------------------------------------------- */

static const char *self;

#define SAME_BITS(name)                   \
    static void test_##name(void **state) \
    {                                     \
        (void)state;                      \
        each_estimator(name);             \
    }
SAME_BITS(places_and_threads)
SAME_BITS(five_runs)
SAME_BITS(batches)
SAME_BITS(resumed)

/* What OpenBLAS, which the library brings along, takes the processor for. */
static const char *core_name(void)
{
    char *(*ask)(void) = NULL;
    void *found = dlsym(RTLD_DEFAULT, "openblas_get_corename");
    memcpy(&ask, &found, sizeof ask);
    return ask ? ask() : "unknown";
}

/* This program again, for one core type. */
static void run_as(const char *core)
{
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        setenv("OPENBLAS_CORETYPE", core, 1);
        execl(self, self, core, (char *)NULL);
        _exit(127);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
        fail_msg("with OPENBLAS_CORETYPE=%s: status %d", core, status);
}

static void test_core_types(void **state)
{
    (void)state;
    const struct {
        const char *name;
        int can;
    } cores[] = {
        {"Sandybridge", __builtin_cpu_supports("avx")},
        {"Haswell", __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")},
        {"SkylakeX", __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
                         __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl")},
    };
    for (size_t i = 0; i < sizeof cores / sizeof *cores; i++)
        if (cores[i].can)
            run_as(cores[i].name);
}

int main(int count, char **arguments)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_places_and_threads),
        cmocka_unit_test(test_five_runs),
        cmocka_unit_test(test_batches),
        cmocka_unit_test(test_resumed),
        cmocka_unit_test(test_core_types),
    };
    self = arguments[0];
    if (count == 1)
        return cmocka_run_group_tests(tests, NULL, NULL);
    /* A child: all but the last one, if OpenBLAS is what it was asked to be. */
    struct CMUnitTest some[4];
    memcpy(some, tests, sizeof some);
    if (strcmp(core_name(), arguments[1]) != 0) {
        printf("OpenBLAS is %s, not %s\n", core_name(), arguments[1]);
        return 1;
    }
    return cmocka_run_group_tests(some, NULL, NULL);
}

/* The same bytes for any number of threads, for a host's own threads, in any
 * order of the tasks, and each time: fits, files, predictions, scores, checks. */
#include "sample.h"

#include <pthread.h>

/* All that a fit leads to. */
struct outcome {
    char *file;
    size_t bytes;
    double *predictions;
    gemml_metrics metrics;
    gemml_normal_equations check;
    double loss, *gradient;
};

static struct outcome outcome_of(const gemml_linear_options *options, const struct sample *s)
{
    struct outcome o = {.metrics = GEMML_METRICS_INIT, .check = GEMML_NORMAL_EQUATIONS_INIT};
    gemml_dataset data = sample_dataset(s);
    gemml_model *model = fit_model(options, &data);
    const char *path = scratch_path("determinism.gemml");
    o.predictions = predictions_of(model, s);
    o.gradient = calloc((s->p + 1) * s->K, sizeof *o.gradient);
    assert_ok(gemml_score(model, &data, &o.metrics));
    assert_ok(gemml_loss_gradient(model, &data, &o.loss, o.gradient));
    assert_ok(gemml_normal_equation_check(model, &data, &o.check));
    assert_ok(gemml_save(model, path));
    o.file = read_file(path, &o.bytes);
    gemml_model_free(model);
    return o;
}

static void outcome_free(struct outcome *o)
{
    free(o->file);
    free(o->predictions);
    free(o->gradient);
}

static void assert_same_outcome(const struct outcome *a, const struct outcome *b, const struct sample *s)
{
    assert_int_equal(a->bytes, b->bytes);
    assert_memory_equal(a->file, b->file, a->bytes);
    assert_bits(a->predictions, b->predictions, s->n * s->K);
    assert_bits(a->gradient, b->gradient, (s->p + 1) * s->K);
    assert_bits(&a->loss, &b->loss, 1);
    assert_bits(&a->metrics.loss, &b->metrics.loss, 1);
    assert_bits(&a->metrics.mae, &b->metrics.mae, 1);
    assert_bits(&a->metrics.r2, &b->metrics.r2, 1);
    assert_bits(&a->check.residual, &b->check.residual, 1);
    assert_bits(&a->check.distance, &b->check.distance, 1);
    assert_bits(&a->check.digits, &b->check.digits, 1);
}

/* A host that runs the last task first. */
static void run_backwards(void *host, size_t count, gemml_task task, void *context)
{
    ++*(size_t *)host;
    for (size_t i = count; i-- > 0;)
        task(context, i);
}

struct share {
    size_t first, count;
    gemml_task task;
    void *context;
};

static void *run_share(void *argument)
{
    struct share *share = argument;
    for (size_t i = share->first; i < share->count; i += 2)
        share->task(share->context, i);
    return NULL;
}

/* A host that runs odd tasks on a thread of its own, beside the even ones. */
static void run_on_two(void *host, size_t count, gemml_task task, void *context)
{
    struct share even = {0, count, task, context}, odd = {1, count, task, context};
    pthread_t thread;
    bool started = pthread_create(&thread, NULL, run_share, &odd) == 0;
    ++*(size_t *)host;
    run_share(&even);
    if (started)
        pthread_join(thread, NULL);
    else
        run_share(&odd);
}

static void compare_all(const gemml_linear_options *options, const struct sample *s, size_t runs, bool parallel)
{
    assert_ok(gemml_set_threads(1));
    struct outcome expected = outcome_of(options, s);
    for (size_t run = 0; run < runs; run++) {
        assert_ok(gemml_set_threads(1 + run % 4));
        struct outcome o = outcome_of(options, s);
        assert_same_outcome(&o, &expected, s);
        outcome_free(&o);
    }
    const gemml_parallel_for hosts[] = {run_backwards, run_on_two};
    for (size_t h = 0; h < 2; h++) {
        size_t calls = 0;
        assert_ok(gemml_set_parallel_for(hosts[h], &calls, 2 + h));
        struct outcome o = outcome_of(options, s);
        assert_ok(gemml_set_parallel_for(NULL, NULL, 0));
        assert_same_outcome(&o, &expected, s);
        assert_true(calls > 0 || !parallel); /* the host was asked */
        outcome_free(&o);
    }
    assert_ok(gemml_set_threads(0));
    outcome_free(&expected);
}

static void compare_solvers(size_t n, size_t p, size_t K, size_t runs, size_t epochs, bool parallel)
{
    struct sample s = sample_make(n, p, K, n + p);
    sample_weigh(&s, 5);
    for (int solver = GEMML_SOLVER_CHOLESKY; solver <= GEMML_SOLVER_LBFGS; solver++) {
        gemml_linear_options options = descent_options(epochs);
        options.solver = (gemml_solver)solver;
        options.scaling = GEMML_SCALING_STANDARDIZE;
        options.l2 = 0.5;
        compare_all(&options, &s, runs, parallel);
    }
    sample_free(&s);
}

static void test_small(void **state)
{
    (void)state;
    compare_solvers(50, 3, 1, 5, 20, false);
    compare_solvers(1, 1, 2, 5, 3, false);
}

static void test_by_blocks(void **state)
{
    (void)state;
    compare_solvers(5000, 20, 1, 5, 10, true);
    compare_solvers(4099, 7, 3, 5, 10, true);
}

static void test_by_tiles(void **state)
{
    (void)state;
    compare_solvers(3000, 250, 1, 4, 3, true);
}

static void test_dependent_columns(void **state)
{
    (void)state;
    struct sample s = sample_make(2500, 12, 1, 3);
    for (size_t i = 0; i < s.n; i++)
        s.x[i * 12 + 11] = s.x[i * 12] + s.x[i * 12 + 1];
    compare_all(NULL, &s, 5, true);
    sample_free(&s);
}

static void test_batches(void **state)
{
    (void)state;
    struct sample s = sample_make(5000, 10, 2, 4);
    gemml_linear_options options = descent_options(3);
    options.batch = 2100; /* more than a block */
    options.seed = 7;
    compare_all(&options, &s, 5, true);
    options.batch = 64;
    compare_all(&options, &s, 5, true);
    sample_free(&s);
}

/* Bits of f32 arithmetic do not depend on threads either. */
static void test_floats(void **state)
{
    (void)state;
    struct sample s = sample_make(5000, 20, 2, 6);
    gemml_linear_options options = descent_options(5);
    options.dtype = GEMML_F32;
    compare_all(&options, &s, 5, true);
    sample_free(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_small),    cmocka_unit_test(test_by_blocks),
        cmocka_unit_test(test_by_tiles), cmocka_unit_test(test_dependent_columns),
        cmocka_unit_test(test_batches),  cmocka_unit_test(test_floats),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

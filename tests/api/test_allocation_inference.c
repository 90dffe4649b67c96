/* Every allocation of inference made to fail: the status is MEMORY, and what the
 * caller gave and the model hold is as before. Leaks show under the sanitizer. */
#include "sample.h"

#include "data/failing.h"

struct context {
    struct sample sample;
    gemml_dataset data;
    gemml_model *model;
    double out[4000];
};

static struct context *context_make(size_t n, size_t p, size_t K)
{
    struct context *c = calloc(1, sizeof *c);
    c->sample = sample_make(n, p, K, n);
    sample_weigh(&c->sample, 3);
    c->data = sample_dataset(&c->sample);
    c->model = fit_model(NULL, &c->data);
    return c;
}

static void context_free(struct context *c)
{
    gemml_model_free(c->model);
    sample_free(&c->sample);
    free(c);
}

static gemml_status call_table(void *context)
{
    struct context *c = context;
    size_t rows = c->sample.p + 1;
    gemml_status status =
        gemml_coefficient_table(c->model, 0, GEMML_ERRORS_CLASSICAL, gemml_matrix_f64(c->out, rows, 4));
    return status
               ? status
               : gemml_confidence_interval(c->model, 0, GEMML_ERRORS_CLASSICAL, 0.9, gemml_matrix_f64(c->out, rows, 2));
}

static gemml_status call_covariance(void *context)
{
    struct context *c = context;
    size_t rows = c->sample.p + 1;
    return gemml_covariance(c->model, 0, gemml_matrix_f64(c->out, rows, rows));
}

/* The robust errors stored before stay until new ones are complete. */
static gemml_status call_robust(void *context)
{
    struct context *c = context;
    gemml_summary before = GEMML_SUMMARY_INIT, after = GEMML_SUMMARY_INIT;
    c->out[0] = -1;
    assert_ok(gemml_get_summary(c->model, &before));
    gemml_status status = gemml_robust_errors(c->model, &c->data, GEMML_ERRORS_HC2,
                                              gemml_matrix_f64(c->out, c->sample.p + 1, c->sample.K));
    assert_ok(gemml_get_summary(c->model, &after));
    if (status != GEMML_OK)
        assert_true(after.robust == before.robust && after.robust_error == before.robust_error && c->out[0] == -1);
    return status;
}

static gemml_status call_influence(void *context)
{
    struct context *c = context;
    size_t n = c->sample.n;
    return gemml_influence(c->model, &c->data, gemml_matrix_f64(c->out, n, 1),
                           gemml_matrix_f64(c->out + n, n, c->sample.K));
}

static gemml_status call_interval(void *context)
{
    struct context *c = context;
    return gemml_predict_interval(c->model, c->data.x, 0.9, GEMML_INTERVAL_MEAN,
                                  gemml_matrix_f64(c->out, c->sample.n, 3 * c->sample.K));
}

/* A model is made and fitted anew; l2 AUTO chooses. */
static gemml_status call_auto(void *context)
{
    struct context *c = context;
    gemml_linear_options options = GEMML_LINEAR_OPTIONS_INIT;
    gemml_model *model = NULL;
    options.l2 = GEMML_AUTO;
    options.scaling = GEMML_SCALING_STANDARDIZE;
    gemml_status status = gemml_linear_create(&model, &options);
    if (status == GEMML_OK)
        status = gemml_fit(model, &c->data, NULL, NULL);
    gemml_model_free(model);
    return status;
}

static void allocations_fail(void **state)
{
    gemml_status (*const calls[])(void *) = {call_robust,    call_table,    call_covariance,
                                             call_influence, call_interval, call_auto};
    (void)state;
    assert_ok(gemml_set_threads(1));
    for (size_t i = 0; i < sizeof calls / sizeof *calls; i++) {
        struct context *c = context_make(300, 4, 2);
        fail_each_allocation(calls[i], c);
        context_free(c);
    }
}

/* More than one block of rows: states and scratch are allocated too. */
static void allocations_fail_by_blocks(void **state)
{
    gemml_status (*const calls[])(void *) = {call_robust, call_auto};
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct context *c = context_make(3500, 3, 1);
        fail_each_allocation(calls[i], c);
        context_free(c);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(allocations_fail),
        cmocka_unit_test(allocations_fail_by_blocks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

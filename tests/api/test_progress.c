/* What belongs to one call of gemml_fit: the progress callback and the time budget. */
#include "sample.h"

struct log {
    size_t calls, cancel_at;
    double losses[64], seconds[64];
};

static int log_progress(const gemml_progress *progress, void *data)
{
    struct log *log = data;
    assert_true(log->calls < 64);
    assert_int_equal(progress->struct_size, sizeof *progress);
    assert_int_equal(progress->epoch, log->calls + 1);
    assert_int_equal(progress->epochs, 30);
    assert_int_equal(progress->iteration, 3 * progress->epoch); /* batches of 20, 20 and 10 rows */
    assert_true(progress->rate == 0.02);
    assert_true(progress->seconds >= (log->calls > 0 ? log->seconds[log->calls - 1] : 0));
    log->losses[log->calls] = progress->loss;
    log->seconds[log->calls] = progress->seconds;
    log->calls++;
    return log->calls == log->cancel_at;
}

static void test_progress(void **state)
{
    (void)state;
    struct sample s = sample_make(50, 2, 1, 15);
    gemml_dataset data = sample_dataset(&s);
    gemml_linear_options options = descent_options(30);
    options.rate = 0.02;
    options.batch = 20;
    struct log log = {0};
    gemml_fit_options fit = GEMML_FIT_OPTIONS_INIT;
    fit.progress = log_progress;
    fit.progress_data = &log;
    gemml_model *model = new_model(&options);
    gemml_fit_info info = fit_info(model, &data, &fit);
    assert_int_equal(info.outcome, GEMML_LIMIT);
    assert_int_equal(log.calls, 30);
    assert_bits(log.losses, info.loss_history, 30);
    assert_true(info.seconds >= log.seconds[29]);
    gemml_model_free(model);
    sample_free(&s);
}

/* Cancelled after ten epochs it is the model of ten epochs. */
static void test_cancel(void **state)
{
    (void)state;
    struct sample s = sample_make(50, 2, 1, 16);
    gemml_dataset data = sample_dataset(&s);
    gemml_linear_options options = descent_options(30);
    options.rate = 0.02;
    options.batch = 20;
    struct log log = {.cancel_at = 10};
    gemml_fit_options fit = GEMML_FIT_OPTIONS_INIT;
    fit.progress = log_progress;
    fit.progress_data = &log;
    gemml_model *model = new_model(&options);
    gemml_fit_info info = fit_info(model, &data, &fit);
    assert_int_equal(info.outcome, GEMML_CANCELLED);
    assert_int_equal(info.epochs, 10);
    options.epochs = 10;
    gemml_model *ten = fit_model(&options, &data);
    assert_same_coefficients(model, ten, 2, 1, 0);
    gemml_model_free(model);
    gemml_model_free(ten);
    sample_free(&s);
}

struct inner {
    gemml_model *model;
    struct sample *sample;
    double before;
};

/* While a fit runs, the model predicts as before it. */
static int predict_meanwhile(const gemml_progress *progress, void *data)
{
    struct inner *inner = data;
    double *out = predictions_of(inner->model, inner->sample);
    assert_true(out[0] == inner->before);
    free(out);
    return progress->epoch == 3;
}

static void test_callback_uses_the_library(void **state)
{
    (void)state;
    struct sample s = sample_make(50, 2, 1, 17);
    gemml_dataset data = sample_dataset(&s);
    gemml_linear_options options = descent_options(5);
    struct inner inner = {fit_model(&options, &data), &s, 0};
    double *out = predictions_of(inner.model, &s);
    inner.before = out[0];
    gemml_fit_options fit = GEMML_FIT_OPTIONS_INIT;
    fit.progress = predict_meanwhile;
    fit.progress_data = &inner;
    assert_int_equal(fit_info(inner.model, &data, &fit).outcome, GEMML_CANCELLED);
    free(out);
    gemml_model_free(inner.model);
    sample_free(&s);
}

static void test_time_budget(void **state)
{
    (void)state;
    struct sample s = sample_make(200, 5, 1, 10);
    gemml_dataset data = sample_dataset(&s);
    gemml_linear_options options = descent_options(1000000000);
    options.rate = 1e-9; /* never done otherwise */
    gemml_fit_options fit = GEMML_FIT_OPTIONS_INIT;
    fit.time_budget = 0.05;
    gemml_model *model = new_model(&options);
    gemml_fit_info info = fit_info(model, &data, &fit);
    assert_int_equal(info.outcome, GEMML_TIME_LIMIT);
    assert_true(info.seconds >= 0.05 && info.seconds < 30);
    assert_true(info.epochs >= 1);
    free(predictions_of(model, &s));
    fit.time_budget = 1e-12; /* one step is made even so */
    info = fit_info(model, &data, &fit);
    assert_int_equal(info.outcome, GEMML_TIME_LIMIT);
    assert_int_equal(info.iterations, 1);
    gemml_model_free(model);
    sample_free(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_progress),
        cmocka_unit_test(test_cancel),
        cmocka_unit_test(test_callback_uses_the_library),
        cmocka_unit_test(test_time_budget),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

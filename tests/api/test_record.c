/* Parameters that are kept while a model is trained, and called back. */
#include "sample.h"

/* 0/1 by the sign of a sum, with some noise. */
static void make_classes(struct sample *s, uint64_t seed)
{
    for (size_t i = 0; i < s->n; i++)
        s->y[i] = s->x[i * s->p] + s->x[i * s->p + 1] + test_random(&seed) > 1;
}

static gemml_model *new_descent(bool logistic, size_t epochs)
{
    gemml_model *model = NULL;
    gemml_linear_options linear = GEMML_LINEAR_OPTIONS_INIT;
    gemml_logistic_options classes = GEMML_LOGISTIC_OPTIONS_INIT;
    linear.solver = classes.solver = GEMML_SOLVER_DESCENT;
    linear.epochs = classes.epochs = epochs;
    assert_ok(logistic ? gemml_logistic_create(&model, &classes) : gemml_linear_create(&model, &linear));
    return model;
}

/* Each record is what a run of so many epochs ends with. */
static void check_records(bool logistic)
{
    struct sample s = sample_make(60, 2, 1, 3);
    gemml_fit_options options = GEMML_FIT_OPTIONS_INIT;
    gemml_fit_info info = GEMML_FIT_INFO_INIT;
    if (logistic)
        make_classes(&s, 4);
    gemml_dataset data = sample_dataset(&s);
    gemml_model *model = new_descent(logistic, 10);
    options.record = 4;
    assert_ok(gemml_fit(model, &data, &options, &info));
    static const size_t epochs[] = {0, 4, 8, 10};
    assert_int_equal(info.recorded_count, 4);
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(info.recorded_epochs[i], epochs[i]);
        double zeros[3] = {0};
        const void *wanted = zeros;
        gemml_model *other = new_descent(logistic, epochs[i] > 0 ? epochs[i] : 1);
        size_t count;
        if (epochs[i] > 0) {
            assert_ok(gemml_fit(other, &data, NULL, NULL));
            assert_ok(gemml_parameters(other, &wanted, &count));
        }
        assert_memory_equal(info.recorded + 3 * i, wanted, 3 * sizeof(double));
        gemml_model_free(other);
    }
    gemml_model_free(model);
    sample_free(&s);
}

static void test_records(void **state)
{
    (void)state;
    check_records(false);
    check_records(true);
}

/* Saved with the model; a record that is called back predicts as the model did then. */
static void test_recall(void **state)
{
    (void)state;
    struct sample s = sample_make(40, 2, 1, 7);
    gemml_dataset data = sample_dataset(&s);
    gemml_fit_options options = GEMML_FIT_OPTIONS_INIT;
    gemml_fit_info info = GEMML_FIT_INFO_INIT;
    gemml_model *model = new_descent(false, 6), *half = new_descent(false, 3), *loaded = NULL;
    double then[40], now[40];
    options.record = 3;
    assert_ok(gemml_fit(model, &data, &options, NULL));
    assert_ok(gemml_fit(half, &data, NULL, NULL));
    assert_ok(gemml_save(model, scratch_path("r.gemml")));
    assert_ok(gemml_load(&loaded, scratch_path("r.gemml")));
    assert_ok(gemml_get_fit_info(loaded, &info));
    assert_int_equal(info.recorded_count, 3);
    assert_ok(gemml_recall(loaded, 1));
    assert_ok(gemml_predict(half, data.x, gemml_matrix_f64(then, 40, 1)));
    assert_ok(gemml_predict(loaded, data.x, gemml_matrix_f64(now, 40, 1)));
    assert_memory_equal(then, now, sizeof then);
    assert_ok(gemml_recall(loaded, 2));
    assert_ok(gemml_predict(model, data.x, gemml_matrix_f64(then, 40, 1)));
    assert_ok(gemml_predict(loaded, data.x, gemml_matrix_f64(now, 40, 1)));
    assert_memory_equal(then, now, sizeof then);
    assert_refused(gemml_recall(loaded, 3), GEMML_ERROR_ARGUMENT, "3");
    assert_refused(gemml_recall(half, 0), GEMML_ERROR_ARGUMENT, "0");
    assert_refused(gemml_recall(NULL, 0), GEMML_ERROR_ARGUMENT, "NULL");
    gemml_model_free(model);
    gemml_model_free(half);
    gemml_model_free(loaded);
    sample_free(&s);
}

static void test_refused(void **state)
{
    (void)state;
    struct sample s = sample_make(40, 2, 1, 7);
    gemml_dataset data = sample_dataset(&s);
    gemml_fit_options options = GEMML_FIT_OPTIONS_INIT;
    gemml_model *model = new_model(NULL);
    options.record = 0;
    assert_refused(gemml_fit(model, &data, &options, NULL), GEMML_ERROR_ARGUMENT, "record");
    options.record = 1;
    assert_refused(gemml_fit(model, &data, &options, NULL), GEMML_ERROR_UNSUPPORTED, "recorded");
    gemml_model_free(model);
    sample_free(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_records),
        cmocka_unit_test(test_recall),
        cmocka_unit_test(test_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

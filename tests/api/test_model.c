/* The model's handle: what each function refuses of it, and what the getters tell. */
#include "sample.h"

#include <pthread.h>
#include <unistd.h>

/* ---- Words ---- */

static void test_words(void **state)
{
    (void)state;
    char version[32];
    snprintf(version, sizeof version, "%d.%d.%d", GEMML_VERSION_MAJOR, GEMML_VERSION_MINOR, GEMML_VERSION_PATCH);
    assert_string_equal(gemml_version(), version);
    for (int i = GEMML_OK; i >= GEMML_ERROR_UNSUPPORTED; i--)
        for (int j = i - 1; j >= GEMML_ERROR_UNSUPPORTED; j--)
            assert_string_not_equal(gemml_status_string((gemml_status)i), gemml_status_string((gemml_status)j));
    assert_string_equal(gemml_status_string((gemml_status)-9), "unknown status");
    assert_string_equal(gemml_status_string((gemml_status)1), "unknown status");
    for (int i = GEMML_CONVERGED; i <= GEMML_DIVERGED; i++)
        for (int j = i + 1; j <= GEMML_DIVERGED; j++)
            assert_string_not_equal(gemml_outcome_string((gemml_outcome)i), gemml_outcome_string((gemml_outcome)j));
    assert_string_equal(gemml_outcome_string(GEMML_STOPPED_EARLY), "stopped_early");
    assert_non_null(strstr(gemml_outcome_string((gemml_outcome)7), "unknown"));
    assert_non_null(strstr(gemml_outcome_string((gemml_outcome)-1), "unknown"));
}

static void *last_error_of_a_new_thread(void *copy)
{
    strcpy(copy, gemml_last_error());
    (void)gemml_set_threads(4096);
    return NULL;
}

static void test_last_error(void **state)
{
    (void)state;
    char theirs[512] = "not called";
    pthread_t thread;
    assert_refused(gemml_set_threads(1025), GEMML_ERROR_ARGUMENT, "1025", "48");
    assert_int_equal(pthread_create(&thread, NULL, last_error_of_a_new_thread, theirs), 0);
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_string_equal(theirs, "");                     /* each thread has its own */
    assert_true(holds_word(gemml_last_error(), "1025")); /* and nobody else's */
    assert_ok(gemml_set_threads(2));
    assert_true(holds_word(gemml_last_error(), "1025")); /* success leaves it alone */
    assert_true(strlen(gemml_last_error()) < 512);
}

static void run_in_order(void *host, size_t count, gemml_task task, void *context)
{
    (void)host;
    for (size_t i = 0; i < count; i++)
        task(context, i);
}

static void test_threads(void **state)
{
    (void)state;
    assert_ok(gemml_set_threads(3));
    assert_int_equal(gemml_threads(), 3);
    assert_refused(gemml_set_threads(SIZE_MAX), GEMML_ERROR_ARGUMENT, "48");
    assert_int_equal(gemml_threads(), 3);
    assert_ok(gemml_set_threads(0));
    assert_true(gemml_threads() >= 1);
    assert_refused(gemml_set_parallel_for(run_in_order, NULL, 0), GEMML_ERROR_ARGUMENT, "0");
    assert_refused(gemml_set_parallel_for(run_in_order, NULL, 1025), GEMML_ERROR_ARGUMENT, "1025");
    assert_ok(gemml_set_parallel_for(run_in_order, NULL, 7));
    assert_int_equal(gemml_threads(), 7);
    assert_ok(gemml_set_parallel_for(NULL, NULL, 0));
    assert_ok(gemml_set_threads(0));
}

/* ---- Refusals ---- */

static void test_null_arguments(void **state)
{
    (void)state;
    struct sample s = sample_make(10, 2, 1, 1);
    gemml_dataset data = sample_dataset(&s);
    gemml_model *model = fit_model(NULL, &data);
    const void *parameters;
    size_t count;
    double out[10];
    gemml_fit_info info = GEMML_FIT_INFO_INIT;
    gemml_model_info model_info = GEMML_MODEL_INFO_INIT;
    gemml_layer_info layer = GEMML_LAYER_INFO_INIT;
    gemml_summary summary = GEMML_SUMMARY_INIT;
    gemml_metrics metrics = GEMML_METRICS_INIT;
    gemml_view none = GEMML_EMPTY_VIEW;
    gemml_matrix no_matrix = {0};
    const gemml_status refused = GEMML_ERROR_ARGUMENT;

    assert_refused(gemml_linear_create(NULL, NULL), refused);
    assert_refused(gemml_fit(NULL, &data, NULL, &info), refused, "model");
    assert_refused(gemml_fit(model, NULL, NULL, NULL), refused, "dataset");
    assert_refused(gemml_get_fit_info(NULL, &info), refused, "model");
    assert_refused(gemml_get_fit_info(model, NULL), refused, "gemml_fit_info");
    assert_refused(gemml_predict(NULL, data.x, gemml_matrix_f64(out, 10, 1)), refused, "model");
    assert_refused(gemml_predict(model, none, gemml_matrix_f64(out, 10, 1)), refused, "x");
    assert_refused(gemml_predict(model, data.x, no_matrix), refused, "out");
    assert_refused(gemml_predict_scratch(NULL, data.x, gemml_matrix_f64(out, 10, 1), out, 0), refused, "model");
    assert_refused(gemml_predict_scratch(model, data.x, gemml_matrix_f64(out, 10, 1), NULL, 1 << 30), refused);
    assert_int_equal(gemml_predict_scratch_size(NULL, data.x), 0);
    assert_refused(gemml_score(NULL, &data, &metrics), refused, "model");
    assert_refused(gemml_score(model, NULL, &metrics), refused, "dataset");
    assert_refused(gemml_score(model, &data, NULL), refused, "gemml_metrics");
    assert_refused(gemml_loss_gradient(NULL, &data, out, out), refused, "model");
    assert_refused(gemml_loss_gradient(model, NULL, out, out), refused, "dataset");
    assert_refused(gemml_loss_gradient(model, &data, out, NULL), refused, "gradient");
    assert_refused(gemml_normal_equation_check(NULL, &data, NULL), refused, "model");
    assert_refused(gemml_normal_equation_check(model, NULL, NULL), refused, "dataset");
    assert_refused(gemml_model_get_info(NULL, &model_info), refused, "model");
    assert_refused(gemml_model_get_info(model, NULL), refused, "gemml_model_info");
    assert_refused(gemml_parameters(NULL, &parameters, &count), refused, "model");
    assert_refused(gemml_parameters(model, NULL, &count), refused, "parameters");
    assert_refused(gemml_parameters(model, &parameters, NULL), refused, "count");
    assert_refused(gemml_layer(NULL, 0, &layer), refused, "model");
    assert_refused(gemml_layer(model, 0, NULL), refused, "gemml_layer_info");
    assert_refused(gemml_coefficients(NULL, gemml_matrix_f64(out, 3, 1)), refused, "model");
    assert_refused(gemml_coefficients(model, no_matrix), refused, "out");
    assert_refused(gemml_get_summary(NULL, &summary), refused, "model");
    assert_refused(gemml_get_summary(model, NULL), refused, "gemml_summary");
    assert_refused(gemml_save(NULL, scratch_path("null.gemml")), refused, "model");
    assert_refused(gemml_save(model, NULL), refused, "path");
    assert_refused(gemml_save(model, ""), refused, "path");
    assert_refused(gemml_model_set_schema(NULL, NULL), refused, "model");
    assert_null(gemml_model_schema(NULL));
    gemml_model_free(NULL);
    gemml_model_free(model);
    sample_free(&s);
}

static void test_null_arguments_of_load(void **state)
{
    (void)state;
    gemml_model *model = NULL;
    assert_refused(gemml_load(NULL, "x"), GEMML_ERROR_ARGUMENT);
    assert_refused(gemml_load(&model, NULL), GEMML_ERROR_ARGUMENT, "path");
    assert_refused(gemml_load(&model, ""), GEMML_ERROR_ARGUMENT, "path");
    assert_refused(gemml_load_memory(NULL, "x", 1), GEMML_ERROR_ARGUMENT);
    assert_refused(gemml_load_memory(&model, NULL, 1), GEMML_ERROR_ARGUMENT, "bytes");
    assert_refused(gemml_load_memory(&model, NULL, 0), GEMML_ERROR_FORMAT);
    assert_null(model);
}

static void test_unfitted(void **state)
{
    (void)state;
    struct sample s = sample_make(10, 2, 1, 2);
    gemml_dataset data = sample_dataset(&s);
    gemml_model *model = new_model(NULL);
    const void *parameters;
    size_t count;
    double out[16];
    gemml_fit_info info = GEMML_FIT_INFO_INIT;
    gemml_model_info model_info = GEMML_MODEL_INFO_INIT;
    gemml_layer_info layer = GEMML_LAYER_INFO_INIT;
    gemml_summary summary = GEMML_SUMMARY_INIT;
    gemml_metrics metrics = GEMML_METRICS_INIT;
    const gemml_status unfitted = GEMML_ERROR_UNFITTED;
    const char *path = scratch_path("unfitted.gemml");

    assert_refused(gemml_get_fit_info(model, &info), unfitted);
    assert_refused(gemml_predict(model, data.x, gemml_matrix_f64(out, 10, 1)), unfitted);
    assert_refused(gemml_predict_scratch(model, data.x, gemml_matrix_f64(out, 10, 1), out, sizeof out), unfitted);
    assert_int_equal(gemml_predict_scratch_size(model, data.x), 0);
    assert_refused(gemml_score(model, &data, &metrics), unfitted);
    assert_refused(gemml_loss_gradient(model, &data, out, out), unfitted);
    assert_refused(gemml_normal_equation_check(model, &data, NULL), unfitted);
    assert_refused(gemml_parameters(model, &parameters, &count), unfitted);
    assert_refused(gemml_layer(model, 0, &layer), unfitted);
    assert_refused(gemml_coefficients(model, gemml_matrix_f64(out, 3, 1)), unfitted);
    assert_refused(gemml_get_summary(model, &summary), unfitted);
    assert_refused(gemml_save(model, path), unfitted);
    assert_int_equal(access(path, F_OK), -1);
    assert_ok(gemml_model_get_info(model, &model_info));
    assert_int_equal(model_info.fitted, 0);
    assert_int_equal(model_info.inputs + model_info.outputs + model_info.layers + model_info.parameters, 0);
    assert_int_equal(model_info.solver, GEMML_SOLVER_AUTO);
    gemml_model_free(model);
    sample_free(&s);
}

/* ---- Getters ---- */

static void test_info(void **state)
{
    (void)state;
    struct sample s = sample_make(40, 3, 2, 3);
    gemml_dataset data = sample_dataset(&s);
    gemml_linear_options options = descent_options(5);
    options.dtype = GEMML_F32;
    options.scaling = GEMML_SCALING_STANDARDIZE;
    options.intercept = 0;
    options.l2 = 0.25;
    gemml_model *model = fit_model(&options, &data);
    gemml_model_info info = GEMML_MODEL_INFO_INIT;
    assert_ok(gemml_model_get_info(model, &info));
    assert_int_equal(info.kind, GEMML_LINEAR);
    assert_int_equal(info.dtype, GEMML_F32);
    assert_int_equal(info.fitted, 1);
    assert_int_equal(info.inputs, 3);
    assert_int_equal(info.outputs, 2);
    assert_int_equal(info.layers, 1);
    assert_int_equal(info.parameters, 6);
    assert_int_equal(info.intercept, 0);
    assert_int_equal(info.solver, GEMML_SOLVER_DESCENT);
    assert_int_equal(info.scaling, GEMML_SCALING_STANDARDIZE);
    assert_true(info.l2 == 0.25);
    gemml_model_free(model);
    sample_free(&s);
}

/* The flat vector is W row-major, then b; a layer's views stand in it. */
static void test_parameters_and_layer(void **state)
{
    (void)state;
    struct sample s = sample_make(40, 3, 2, 4);
    gemml_dataset data = sample_dataset(&s);
    gemml_model *model = fit_model(NULL, &data);
    const void *flat;
    size_t count;
    gemml_layer_info layer = GEMML_LAYER_INFO_INIT;
    double *w = coefficients_of(model, 3, 2);
    assert_ok(gemml_parameters(model, &flat, &count));
    assert_int_equal(count, 8);
    const double *theta = flat;
    assert_bits(theta, w + 2, 6); /* no input map: W are the coefficients */
    assert_bits(theta + 6, w, 2);
    assert_ok(gemml_layer(model, 0, &layer));
    assert_int_equal(layer.inputs, 3);
    assert_int_equal(layer.outputs, 2);
    assert_string_equal(layer.activation, "identity");
    assert_ptr_equal(layer.weight.data, theta);
    assert_true(layer.weight.rows == 3 && layer.weight.cols == 2 && layer.weight.stride == 2);
    assert_int_equal(layer.weight.dtype, GEMML_F64);
    assert_ptr_equal(layer.bias.data, theta + 6);
    assert_true(layer.bias.rows == 1 && layer.bias.cols == 2);
    assert_refused(gemml_layer(model, 1, &layer), GEMML_ERROR_ARGUMENT, "1");
    assert_refused(gemml_layer(model, SIZE_MAX, &layer), GEMML_ERROR_ARGUMENT);
    free(w);
    gemml_model_free(model);
    sample_free(&s);
}

static void test_layer_without_bias(void **state)
{
    (void)state;
    struct sample s = sample_make(40, 3, 1, 5);
    gemml_dataset data = sample_dataset(&s);
    gemml_linear_options options = GEMML_LINEAR_OPTIONS_INIT;
    options.intercept = 0;
    options.dtype = GEMML_F32;
    gemml_model *model = fit_model(&options, &data);
    gemml_layer_info layer = GEMML_LAYER_INFO_INIT;
    assert_ok(gemml_layer(model, 0, &layer));
    assert_null(layer.bias.data);
    assert_true(layer.bias.rows == 0 && layer.bias.cols == 0);
    assert_int_equal(layer.weight.dtype, GEMML_F32);
    double *w = coefficients_of(model, 3, 1);
    assert_true(w[0] == 0);
    for (size_t j = 0; j < 3; j++)
        assert_true(w[1 + j] == (double)((const float *)layer.weight.data)[j]);
    free(w);
    gemml_model_free(model);
    sample_free(&s);
}

/* w_j = W_j scale_j and intercept = b - sum shift_j w_j give the same predictions. */
static void test_coefficients_undo_the_map(void **state)
{
    (void)state;
    struct sample s = sample_make(60, 4, 2, 6);
    gemml_dataset data = sample_dataset(&s);
    for (int scaling = GEMML_SCALING_NONE; scaling <= GEMML_SCALING_MINMAX; scaling++) {
        gemml_linear_options options = GEMML_LINEAR_OPTIONS_INIT;
        options.scaling = (gemml_scaling)scaling;
        gemml_model *model = fit_model(&options, &data);
        double *w = coefficients_of(model, 4, 2), *out = predictions_of(model, &s);
        for (size_t i = 0; i < s.n; i++)
            for (size_t k = 0; k < 2; k++) {
                double z = w[k];
                for (size_t j = 0; j < 4; j++)
                    z += s.x[i * 4 + j] * w[(1 + j) * 2 + k];
                assert_near(out[i * 2 + k], z, 1e-13);
            }
        free(w);
        free(out);
        gemml_model_free(model);
    }
    sample_free(&s);
}

static void test_coefficients_into_strided_floats(void **state)
{
    (void)state;
    struct sample s = sample_make(30, 2, 2, 7);
    gemml_dataset data = sample_dataset(&s);
    gemml_model *model = fit_model(NULL, &data);
    double *w = coefficients_of(model, 2, 2);
    float out[3 * 5];
    for (size_t i = 0; i < 15; i++)
        out[i] = -77;
    assert_ok(gemml_coefficients(model, gemml_matrix_f32_strided(out, 3, 2, 5)));
    for (size_t i = 0; i < 3; i++)
        for (size_t k = 0; k < 5; k++)
            assert_true(out[i * 5 + k] == (k < 2 ? (float)w[i * 2 + k] : -77));
    assert_refused(gemml_coefficients(model, gemml_matrix_f64(w, 2, 2)), GEMML_ERROR_SHAPE, "2", "3");
    assert_refused(gemml_coefficients(model, gemml_matrix_f64(w, 3, 1)), GEMML_ERROR_SHAPE, "1", "2");
    free(w);
    gemml_model_free(model);
    sample_free(&s);
}

/* R's lm on ten rows of one column gives these. */
static void test_summary(void **state)
{
    (void)state;
    const double x[5] = {1, 2, 3, 4, 5}, y[5] = {2, 4, 5, 4, 5};
    gemml_dataset data = GEMML_DATASET_INIT;
    data.x = gemml_view_f64(x, 5, 1);
    data.y = gemml_view_f64(y, 5, 1);
    gemml_model *model = fit_model(NULL, &data);
    gemml_summary summary = GEMML_SUMMARY_INIT;
    assert_ok(gemml_get_summary(model, &summary));
    assert_int_equal(summary.rows, 5);
    assert_int_equal(summary.outputs, 1);
    assert_int_equal(summary.rank, 2);
    assert_true(summary.sum_weight == 5);
    assert_true(summary.condition >= 1 && summary.condition < 1.5);
    assert_near(summary.r2[0], 0.6, 1e-14); /* RSS 2.4 of TSS 6 */
    assert_near(summary.adjusted_r2[0], 1 - 0.4 * 4 / 3, 1e-14);
    assert_near(summary.sigma[0], sqrt(2.4 / 3), 1e-14);
    assert_true(isnan(summary.normal_equation_residual) && isnan(summary.closed_form_distance));
    gemml_model_free(model);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_words),
        cmocka_unit_test(test_last_error),
        cmocka_unit_test(test_threads),
        cmocka_unit_test(test_null_arguments),
        cmocka_unit_test(test_null_arguments_of_load),
        cmocka_unit_test(test_unfitted),
        cmocka_unit_test(test_info),
        cmocka_unit_test(test_parameters_and_layer),
        cmocka_unit_test(test_layer_without_bias),
        cmocka_unit_test(test_coefficients_undo_the_map),
        cmocka_unit_test(test_coefficients_into_strided_floats),
        cmocka_unit_test(test_summary),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

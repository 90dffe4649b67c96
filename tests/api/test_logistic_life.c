/* Logistic regression as a handle: options, refusals, predictions, files, the same
 * bits for any number of threads. */
#include "classes.h"

static void options_are_checked(void **state)
{
    gemml_logistic_options options = GEMML_LOGISTIC_OPTIONS_INIT;
    const double weights[] = {1, -1}, good[] = {1, 2};
    gemml_model *model = NULL;
    (void)state;
#define REFUSED(member, value, ...)                                                             \
    options = (gemml_logistic_options)GEMML_LOGISTIC_OPTIONS_INIT;                              \
    options.member = value;                                                                     \
    assert_refused(gemml_logistic_create(&model, &options), GEMML_ERROR_ARGUMENT, __VA_ARGS__); \
    assert_null(model)
    REFUSED(solver, GEMML_SOLVER_CHOLESKY, "solver", "1");
    REFUSED(solver, (gemml_solver)9, "solver", "9");
    REFUSED(scaling, (gemml_scaling)4, "scaling", "4");
    REFUSED(dtype, GEMML_I32, "dtype", "2");
    REFUSED(l2, -1, "l2");
    REFUSED(tolerance, -1, "tolerance");
    REFUSED(rate, 0, "rate");
    REFUSED(classes, 1, "classes", "1");
    REFUSED(class_weighting, (gemml_class_weighting)3, "class_weighting", "3");
    REFUSED(class_weighting, GEMML_CLASS_WEIGHT_GIVEN, "class_weight", "NULL");
    REFUSED(max_iterations, 0, "max_iterations");
#undef REFUSED
    gemml_logistic_options_init(&options);
    options.class_weighting = GEMML_CLASS_WEIGHT_GIVEN;
    options.class_weight = good;
    assert_refused(gemml_logistic_create(&model, &options), GEMML_ERROR_ARGUMENT, "classes");
    options.classes = 2;
    options.class_weight = weights;
    assert_refused(gemml_logistic_create(&model, &options), GEMML_ERROR_ARGUMENT, "class_weight", "1");
    assert_refused(gemml_logistic_create(NULL, &options), GEMML_ERROR_ARGUMENT, "NULL");
    options.class_weight = good;
    assert_ok(gemml_logistic_create(&model, &options));
    gemml_model_free(model);
}

static void refuse(struct sample *s, gemml_logistic_options *options, gemml_status status, const char *a, const char *b)
{
    gemml_dataset data = sample_dataset(s);
    gemml_model *model = new_logistic(options);
    assert_refused(gemml_fit(model, &data, NULL, NULL), status, a, b);
    gemml_model_free(model);
}

/* Targets that are no classes, named with their row. */
static void targets_are_checked(void **state)
{
    struct sample s = classes_make(40, 2, 3, 3);
    gemml_logistic_options options = GEMML_LOGISTIC_OPTIONS_INIT;
    double kept = s.y[7];
    (void)state;
    s.y[7] = 0.5;
    refuse(&s, NULL, GEMML_ERROR_ARGUMENT, "0", "row");
    refuse(&s, NULL, GEMML_ERROR_ARGUMENT, "7", "integers");
    s.y[7] = -1;
    refuse(&s, NULL, GEMML_ERROR_ARGUMENT, "7", "1");
    s.y[7] = NAN;
    refuse(&s, NULL, GEMML_ERROR_NONFINITE, "nan", "7");
    s.y[7] = 1e9;
    refuse(&s, NULL, GEMML_ERROR_ARGUMENT, "1000000000", "7");
    s.y[7] = 4;
    refuse(&s, NULL, GEMML_ERROR_ARGUMENT, "3", "rows");
    s.y[7] = kept;
    options.classes = 2;
    refuse(&s, &options, GEMML_ERROR_ARGUMENT, "2", "classes");
    options.classes = 5;
    refuse(&s, &options, GEMML_ERROR_ARGUMENT, "3", "5");
    for (size_t i = 0; i < s.n; i++)
        s.y[i] = 1;
    refuse(&s, NULL, GEMML_ERROR_ARGUMENT, "all", "1");
    for (size_t i = 0; i < s.n; i++)
        s.y[i] = 0;
    refuse(&s, NULL, GEMML_ERROR_ARGUMENT, "all", "0");
    /* Both classes are there, but one has no weight. */
    sample_weigh(&s, 1);
    s.y[0] = 1;
    s.w[0] = 0;
    refuse(&s, NULL, GEMML_ERROR_ARGUMENT, "weight", "0");
    gemml_dataset data = sample_dataset(&s);
    data.y = gemml_view_f64(s.y, 20, 2);
    data.x.rows = 20;
    data.weight.rows = 20;
    gemml_model *model = new_logistic(NULL);
    assert_refused(gemml_fit(model, &data, NULL, NULL), GEMML_ERROR_SHAPE, "2", "columns");
    gemml_model_free(model);
    sample_free(&s);
}

/* Probabilities sum to 1, are the softmax of the decision, and their largest is the class. */
static void check_predictions(size_t classes, gemml_dtype dtype)
{
    struct sample s = classes_make(500, 3, classes, 21);
    gemml_dataset data = sample_dataset(&s);
    gemml_logistic_options options = GEMML_LOGISTIC_OPTIONS_INIT;
    options.dtype = dtype;
    gemml_model *model = fit_logistic(&options, &data);
    size_t outputs = classes == 2 ? 1 : classes;
    double *z = malloc(500 * outputs * sizeof *z), *p = malloc(500 * classes * sizeof *p), *y = malloc(500 * sizeof *y);
    double slack = dtype == GEMML_F64 ? 1e-15 : 1e-6;
    assert_ok(gemml_decision(model, sample_x(&s), gemml_matrix_f64(z, 500, outputs)));
    assert_ok(gemml_predict_proba(model, sample_x(&s), gemml_matrix_f64(p, 500, classes)));
    assert_ok(gemml_predict(model, sample_x(&s), gemml_matrix_f64(y, 500, 1)));
    size_t right = 0;
    for (size_t i = 0; i < 500; i++) {
        double sum = 0, scale = 0, best = 0;
        const double two[] = {0, z[i * outputs]}, *row = classes == 2 ? two : z + i * outputs;
        for (size_t k = 0; k < classes; k++) {
            sum += p[i * classes + k];
            scale += exp(row[k]);
        }
        assert_near(sum, 1, 4 * slack);
        for (size_t k = 0; k < classes; k++) {
            assert_near(p[i * classes + k], exp(row[k]) / scale, 8 * slack);
            best = fmax(best, p[i * classes + k]);
        }
        assert_true(p[i * classes + (size_t)y[i]] == best);
        right += y[i] == s.y[i];
    }
    assert_true(right > 250);
    assert_refused(gemml_predict(model, sample_x(&s), gemml_matrix_f64(p, 500, classes)), GEMML_ERROR_SHAPE, "out");
    assert_refused(gemml_predict_proba(model, sample_x(&s), gemml_matrix_f64(y, 500, 1)), GEMML_ERROR_SHAPE, "out");
    free(z);
    free(p);
    free(y);
    gemml_model_free(model);
    sample_free(&s);
}

static void predictions(void **state)
{
    (void)state;
    for (size_t classes = 2; classes <= 4; classes++) {
        check_predictions(classes, GEMML_F64);
        check_predictions(classes, GEMML_F32);
    }
}

static void a_model_of_values_has_no_classes(void **state)
{
    struct sample s = sample_make(30, 2, 1, 3);
    gemml_dataset data = sample_dataset(&s);
    gemml_model *model = fit_model(NULL, &data), *unfitted = new_logistic(NULL);
    double p[60], z[30], y[30], value = 7;
    (void)state;
    assert_refused(gemml_predict_proba(model, sample_x(&s), gemml_matrix_f64(p, 30, 2)), GEMML_ERROR_UNSUPPORTED,
                   "classes");
    assert_refused(gemml_inverse_link(model, 0.5, 0, sample_x(&s), &value), GEMML_ERROR_UNSUPPORTED, "classes");
    assert_ok(gemml_decision(model, sample_x(&s), gemml_matrix_f64(z, 30, 1)));
    assert_ok(gemml_predict(model, sample_x(&s), gemml_matrix_f64(y, 30, 1)));
    assert_bits(z, y, 30);
    assert_refused(gemml_predict_proba(unfitted, sample_x(&s), gemml_matrix_f64(p, 30, 2)), GEMML_ERROR_UNFITTED,
                   "fitted");
    assert_refused(gemml_decision(unfitted, sample_x(&s), gemml_matrix_f64(z, 30, 1)), GEMML_ERROR_UNFITTED, "fitted");
    assert_true(value == 7);
    gemml_model_free(model);
    gemml_model_free(unfitted);
    sample_free(&s);
}

/* The value of a column that leads to a probability does. */
static void the_inverse_link(void **state)
{
    struct sample s = classes_make(200, 3, 2, 9);
    gemml_dataset data = sample_dataset(&s);
    gemml_model *model = fit_logistic(NULL, &data);
    (void)state;
    for (double p = 0.05; p < 1; p += 0.15)
        for (size_t j = 0; j < 3; j++) {
            double row[3] = {0.3, NAN, -0.7}, value, proba[2];
            row[1] = 0.1, row[j] = NAN;
            assert_ok(gemml_inverse_link(model, p, j, gemml_view_f64(row, 1, 3), &value));
            row[j] = value;
            assert_ok(gemml_predict_proba(model, gemml_view_f64(row, 1, 3), gemml_matrix_f64(proba, 1, 2)));
            assert_near(proba[1], p, 1e-13);
        }
    double row[3] = {0}, value = 5;
    gemml_view others = gemml_view_f64(row, 1, 3), none = GEMML_EMPTY_VIEW;
    assert_refused(gemml_inverse_link(model, 0, 0, others, &value), GEMML_ERROR_ARGUMENT, "probability");
    assert_refused(gemml_inverse_link(model, 1, 0, others, &value), GEMML_ERROR_ARGUMENT, "probability");
    assert_refused(gemml_inverse_link(model, NAN, 0, others, &value), GEMML_ERROR_ARGUMENT, "probability");
    assert_refused(gemml_inverse_link(model, 0.5, 3, others, &value), GEMML_ERROR_ARGUMENT, "3");
    assert_refused(gemml_inverse_link(model, 0.5, 0, none, &value), GEMML_ERROR_ARGUMENT, "data");
    row[1] = INFINITY;
    assert_refused(gemml_inverse_link(model, 0.5, 0, others, &value), GEMML_ERROR_NONFINITE, "1");
    assert_true(value == 5);
    gemml_model_free(model);
    /* One column needs no others. */
    data.x = gemml_view_f64_strided(s.x, 200, 1, 3);
    model = fit_logistic(NULL, &data);
    assert_ok(gemml_inverse_link(model, 0.5, 0, none, &value));
    double *w = coefficients_of(model, 1, 1);
    assert_near(value, -w[0] / w[1], 1e-13);
    free(w);
    gemml_model_free(model);
    sample_free(&s);
}

/* The bytes of a model's file; free() them. */
static char *file_of(const gemml_model *model, size_t *bytes)
{
    const char *path = scratch_path("logistic.gemml");
    assert_ok(gemml_save(model, path));
    return read_file(path, bytes);
}

static void a_loaded_model_is_the_same(void **state)
{
    const double class_weight[] = {1, 0.1, 3};
    (void)state;
    for (size_t classes = 2; classes <= 3; classes++)
        for (int dtype = 0; dtype <= 1; dtype++) {
            struct sample s = classes_make(100, 3, classes, 2);
            gemml_dataset data = sample_dataset(&s);
            gemml_logistic_options options = GEMML_LOGISTIC_OPTIONS_INIT;
            options.dtype = (gemml_dtype)dtype;
            options.classes = classes;
            options.class_weighting = GEMML_CLASS_WEIGHT_GIVEN;
            options.class_weight = class_weight;
            gemml_model *model = fit_logistic(&options, &data), *loaded = NULL;
            double p[300], q[300];
            size_t bytes, again;
            char *file = file_of(model, &bytes);
            assert_ok(gemml_load_memory(&loaded, file, bytes));
            char *second = file_of(loaded, &again);
            assert_int_equal(bytes, again);
            assert_memory_equal(file, second, bytes);
            assert_ok(gemml_predict_proba(model, sample_x(&s), gemml_matrix_f64(p, 100, classes)));
            assert_ok(gemml_predict_proba(loaded, sample_x(&s), gemml_matrix_f64(q, 100, classes)));
            assert_bits(p, q, 100 * classes);
            gemml_model_info info = GEMML_MODEL_INFO_INIT;
            assert_ok(gemml_model_get_info(loaded, &info));
            assert_int_equal(info.kind, GEMML_LOGISTIC);
            assert_int_equal(info.classes, classes);
            assert_int_equal(info.outputs, classes == 2 ? 1 : classes);
            /* The options came along: a second fit of the loaded model is the first one. */
            assert_ok(gemml_fit(loaded, &data, NULL, NULL));
            free(second);
            second = file_of(loaded, &again);
            assert_int_equal(bytes, again);
            assert_memory_equal(file, second, bytes);
            free(file);
            free(second);
            gemml_model_free(model);
            gemml_model_free(loaded);
            sample_free(&s);
        }
}

static void the_same_bits_for_any_number_of_threads(void **state)
{
    const gemml_solver solvers[] = {GEMML_SOLVER_NEWTON, GEMML_SOLVER_LBFGS, GEMML_SOLVER_DESCENT};
    (void)state;
    for (size_t classes = 2; classes <= 3; classes++)
        for (size_t i = 0; i < 3; i++)
            for (int dtype = 0; dtype <= 1; dtype++) {
                struct sample s = classes_make(5000, 4, classes, 31);
                gemml_dataset data = sample_dataset(&s);
                gemml_logistic_options options = GEMML_LOGISTIC_OPTIONS_INIT;
                options.solver = solvers[i];
                options.dtype = (gemml_dtype)dtype;
                options.epochs = 20;
                char *first = NULL;
                size_t bytes = 0, count;
                for (size_t threads = 1; threads <= 4; threads++) {
                    assert_ok(gemml_set_threads(threads));
                    gemml_model *model = fit_logistic(&options, &data);
                    char *file = file_of(model, &count);
                    if (!first) {
                        first = file;
                        bytes = count;
                    } else {
                        assert_int_equal(count, bytes);
                        assert_memory_equal(first, file, bytes);
                        free(file);
                    }
                    gemml_model_free(model);
                }
                free(first);
                sample_free(&s);
            }
    assert_ok(gemml_set_threads(0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(options_are_checked),
        cmocka_unit_test(targets_are_checked),
        cmocka_unit_test(predictions),
        cmocka_unit_test(a_model_of_values_has_no_classes),
        cmocka_unit_test(the_inverse_link),
        cmocka_unit_test(a_loaded_model_is_the_same),
        cmocka_unit_test(the_same_bits_for_any_number_of_threads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

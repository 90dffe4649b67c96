/* What gemml_fit makes of the data it is given: dtypes, strides, weights, and
 * data that it refuses, with their place. */
#include "sample.h"

enum { N = 40, P = 3, K = 2, GAP = 2 };

/* Small whole numbers, which each dtype holds exactly. */
static struct sample whole_numbers(void)
{
    struct sample s = sample_make(N, P, K, 1);
    for (size_t i = 0; i < N * P; i++)
        s.x[i] = round(20 * s.x[i]);
    for (size_t i = 0; i < N * K; i++)
        s.y[i] = round(20 * s.y[i]);
    s.w = malloc(N * sizeof(double));
    for (size_t i = 0; i < N; i++)
        s.w[i] = (double)(1 + i % 3);
    return s;
}

/* A copy of rows x cols numbers in a dtype, with a poisoned gap behind each row. */
struct matrix {
    gemml_view view;
    void *data, *before;
    size_t bytes;
};

#define DEFINE_FILL(suffix, type, poison)                                                   \
    static gemml_view fill_##suffix(type *to, const double *from, size_t rows, size_t cols) \
    {                                                                                       \
        size_t stride = cols + GAP;                                                         \
        for (size_t i = 0; i < rows; i++)                                                   \
            for (size_t j = 0; j < stride; j++)                                             \
                to[i * stride + j] = j < cols ? (type)from[i * cols + j] : (poison);        \
        return gemml_view_##suffix##_strided(to, rows, cols, stride);                       \
    }
DEFINE_FILL(f64, double, NAN)
DEFINE_FILL(f32, float, NAN)
DEFINE_FILL(i32, int32_t, INT32_MIN)
DEFINE_FILL(i64, int64_t, INT64_MIN)
#undef DEFINE_FILL

static struct matrix matrix_make(gemml_dtype dtype, const double *from, size_t rows, size_t cols)
{
    size_t size = dtype == GEMML_F64 || dtype == GEMML_I64 ? 8 : 4;
    struct matrix matrix = {.bytes = rows * (cols + GAP) * size};
    matrix.data = malloc(matrix.bytes);
    matrix.before = malloc(matrix.bytes);
    switch (dtype) {
    case GEMML_F64:
        matrix.view = fill_f64(matrix.data, from, rows, cols);
        break;
    case GEMML_F32:
        matrix.view = fill_f32(matrix.data, from, rows, cols);
        break;
    case GEMML_I32:
        matrix.view = fill_i32(matrix.data, from, rows, cols);
        break;
    case GEMML_I64:
        matrix.view = fill_i64(matrix.data, from, rows, cols);
        break;
    }
    memcpy(matrix.before, matrix.data, matrix.bytes);
    return matrix;
}

/* The library has not written to it. */
static void matrix_free(struct matrix *matrix)
{
    assert_memory_equal(matrix->data, matrix->before, matrix->bytes);
    free(matrix->data);
    free(matrix->before);
}

static void set_variant(gemml_linear_options *options, size_t variant)
{
    gemml_linear_options_init(options);
    options->solver = variant & 1 ? GEMML_SOLVER_DESCENT : GEMML_SOLVER_CHOLESKY;
    options->scaling = variant & 2 ? GEMML_SCALING_STANDARDIZE : GEMML_SCALING_NONE;
    options->dtype = variant & 4 ? GEMML_F32 : GEMML_F64;
    options->epochs = 50;
    options->batch = variant & 8 ? 16 : GEMML_AUTO_COUNT;
}
enum { VARIANTS = 16 };

/* All that reads data: fit, score, gradient, check and predict. */
static void use_data(const gemml_linear_options *options, const gemml_dataset *data, const gemml_dataset *packed)
{
    gemml_model *model = fit_model(options, data), *expected = fit_model(options, packed);
    double tolerance = options->dtype == GEMML_F32 ? 1e-5 : 1e-11;
    gemml_metrics metrics = GEMML_METRICS_INIT, expected_metrics = GEMML_METRICS_INIT;
    gemml_normal_equations check = GEMML_NORMAL_EQUATIONS_INIT;
    double loss, gradient[(P + 1) * K], out[N * K], expected_out[N * K];
    assert_same_coefficients(model, expected, P, K, tolerance);
    assert_ok(gemml_score(model, data, &metrics));
    assert_ok(gemml_score(expected, packed, &expected_metrics));
    assert_near(metrics.mse, expected_metrics.mse, 10 * tolerance);
    assert_ok(gemml_loss_gradient(model, data, &loss, gradient));
    assert_near(2 * loss / K, metrics.mse, 10 * tolerance);
    assert_ok(gemml_normal_equation_check(model, data, &check));
    assert_true(isfinite(check.residual) && isfinite(check.distance));
    assert_ok(gemml_predict(model, data->x, gemml_matrix_f64(out, N, K)));
    assert_ok(gemml_predict(expected, packed->x, gemml_matrix_f64(expected_out, N, K)));
    for (size_t i = 0; i < N * K; i++)
        assert_near(out[i], expected_out[i], tolerance);
    gemml_model_free(model);
    gemml_model_free(expected);
}

static void test_dtypes_and_strides(void **state)
{
    (void)state;
    struct sample s = whole_numbers();
    gemml_dataset packed = sample_dataset(&s);
    for (int dtype = GEMML_F64; dtype <= GEMML_I64; dtype++)
        for (size_t variant = 0; variant < VARIANTS; variant++) {
            gemml_linear_options options;
            set_variant(&options, variant);
            struct matrix x = matrix_make((gemml_dtype)dtype, s.x, N, P);
            struct matrix y = matrix_make((gemml_dtype)((dtype + 1) % 4), s.y, N, K);
            struct matrix w = matrix_make((gemml_dtype)((dtype + 2) % 4), s.w, N, 1);
            gemml_dataset data = {sizeof data, x.view, y.view, w.view, GEMML_EMPTY_VIEW};
            use_data(&options, &data, &packed);
            matrix_free(&x);
            matrix_free(&y);
            matrix_free(&w);
        }
    sample_free(&s);
}

/* ---- Weights ---- */

static void test_weights_of_one(void **state)
{
    (void)state;
    struct sample s = sample_make(50, 4, 2, 2);
    gemml_dataset data = sample_dataset(&s), weighted = data;
    int32_t ones[50];
    for (size_t i = 0; i < 50; i++)
        ones[i] = 1;
    weighted.weight = gemml_view_i32(ones, 50, 1);
    for (size_t variant = 0; variant < VARIANTS; variant++) {
        gemml_linear_options options;
        set_variant(&options, variant);
        gemml_model *a = fit_model(&options, &data), *b = fit_model(&options, &weighted);
        assert_same_coefficients(a, b, 4, 2, options.dtype == GEMML_F32 ? 1e-5 : 1e-13);
        gemml_model_free(a);
        gemml_model_free(b);
    }
    sample_free(&s);
}

/* The sample with row i as often as counts[i] says, which may be never. */
static struct sample repeated(const struct sample *s, const double *counts)
{
    double total = 0;
    for (size_t i = 0; i < s->n; i++)
        total += counts[i];
    struct sample r = sample_make((size_t)total, s->p, s->K, 1);
    size_t row = 0;
    for (size_t i = 0; i < s->n; i++)
        for (double c = 0; c < counts[i]; c++, row++) {
            memcpy(r.x + row * s->p, s->x + i * s->p, s->p * sizeof(double));
            memcpy(r.y + row * s->K, s->y + i * s->K, s->K * sizeof(double));
        }
    return r;
}

static void compare_with_repeated(const struct sample *s, size_t variant)
{
    struct sample r = repeated(s, s->w);
    gemml_dataset data = sample_dataset(s), plain = sample_dataset(&r);
    gemml_linear_options options;
    set_variant(&options, variant & 7); /* batches would be of other rows */
    options.rate = 0.05;                /* the library's choice is an estimate, to a few digits */
    gemml_model *a = fit_model(&options, &data), *b = fit_model(&options, &plain);
    gemml_summary u = GEMML_SUMMARY_INIT, v = GEMML_SUMMARY_INIT;
    gemml_metrics m = GEMML_METRICS_INIT, l = GEMML_METRICS_INIT;
    double tolerance = options.dtype == GEMML_F32 ? 1e-5 : 1e-12;
    assert_same_coefficients(a, b, s->p, s->K, tolerance);
    assert_ok(gemml_get_summary(a, &u));
    assert_ok(gemml_get_summary(b, &v));
    assert_near(u.sum_weight, v.sum_weight, 1e-15);
    assert_ok(gemml_score(a, &data, &m));
    assert_ok(gemml_score(b, &plain, &l));
    for (size_t k = 0; k < s->K; k++)
        assert_near(u.r2[k], v.r2[k], tolerance);
    assert_near(m.mse, l.mse, tolerance);
    assert_near(m.mae, l.mae, tolerance);
    assert_near(m.r2, l.r2, tolerance);
    assert_near(m.loss, l.loss, tolerance);
    gemml_model_free(a);
    gemml_model_free(b);
    sample_free(&r);
}

static void test_whole_weights_repeat_rows(void **state)
{
    (void)state;
    struct sample s = sample_make(50, 3, 2, 3);
    s.w = malloc(50 * sizeof(double));
    for (size_t i = 0; i < 50; i++)
        s.w[i] = (double)(1 + i % 4);
    for (size_t variant = 0; variant < VARIANTS; variant++)
        compare_with_repeated(&s, variant);
    sample_free(&s);
}

static void test_zero_weights_remove_rows(void **state)
{
    (void)state;
    struct sample s = sample_make(60, 3, 2, 4);
    s.w = malloc(60 * sizeof(double));
    for (size_t i = 0; i < 60; i++) {
        s.w[i] = i % 3 != 0;
        if (s.w[i] == 0)
            s.y[i * 2] = 50;
    }
    for (size_t variant = 0; variant < VARIANTS; variant++)
        compare_with_repeated(&s, variant);
    /* Degrees of freedom are those of the rows that count, as in R's lm. */
    struct sample r = repeated(&s, s.w);
    gemml_dataset data = sample_dataset(&s), plain = sample_dataset(&r);
    gemml_model *a = fit_model(NULL, &data), *b = fit_model(NULL, &plain);
    gemml_summary u = GEMML_SUMMARY_INIT, v = GEMML_SUMMARY_INIT;
    assert_ok(gemml_get_summary(a, &u));
    assert_ok(gemml_get_summary(b, &v));
    assert_near(u.sigma[1], v.sigma[1], 1e-13);
    assert_near(u.adjusted_r2[1], v.adjusted_r2[1], 1e-13);
    gemml_model_free(a);
    gemml_model_free(b);
    sample_free(&s);
    sample_free(&r);
}

/* A row of weight 0 may hold any number, such as a mark for a missing value. */
static void test_outliers_without_weight(void **state)
{
    (void)state;
    const double outliers[] = {-999, 1e10, -1e20, 1e100};
    for (size_t o = 0; o < sizeof outliers / sizeof *outliers; o++) {
        struct sample s = sample_make(60, 3, 2, 4);
        s.w = malloc(60 * sizeof(double));
        for (size_t i = 0; i < 60; i++)
            s.w[i] = 1 + (double)(i % 2);
        s.w[0] = s.w[33] = 0;
        s.x[0] = s.x[33 * 3 + 2] = s.y[1] = s.y[33 * 2] = outliers[o];
        for (size_t variant = 0; variant < 4; variant++)
            compare_with_repeated(&s, variant);
        struct sample r = repeated(&s, s.w);
        gemml_dataset data = sample_dataset(&s), plain = sample_dataset(&r);
        gemml_linear_options options = GEMML_LINEAR_OPTIONS_INIT;
        options.scaling = GEMML_SCALING_MINMAX;
        options.l2 = 1; /* acts on the scaled columns */
        gemml_model *a = fit_model(&options, &data), *b = fit_model(&options, &plain);
        assert_same_coefficients(a, b, 3, 2, 1e-13);
        gemml_model_free(a);
        gemml_model_free(b);
        sample_free(&s);
        sample_free(&r);
    }
}

/* Constant but for rows that do not count: there is no r2. */
static void test_constant_target_of_rows_with_weight(void **state)
{
    (void)state;
    struct sample s = sample_make(60, 2, 1, 5);
    s.w = malloc(60 * sizeof(double));
    for (size_t i = 0; i < 60; i++) {
        s.w[i] = i > 0;
        s.y[i] = i > 0 ? 0.1 : 5;
    }
    gemml_dataset data = sample_dataset(&s);
    gemml_model *model = fit_model(NULL, &data);
    gemml_summary summary = GEMML_SUMMARY_INIT;
    gemml_metrics metrics = GEMML_METRICS_INIT;
    assert_ok(gemml_get_summary(model, &summary));
    assert_ok(gemml_score(model, &data, &metrics));
    assert_true(isnan(summary.r2[0]) && isnan(metrics.r2));
    gemml_model_free(model);
    sample_free(&s);
}

static void test_weights_refused(void **state)
{
    (void)state;
    struct sample s = sample_make(30, 2, 1, 5);
    sample_weigh(&s, 6);
    gemml_dataset data = sample_dataset(&s);
    gemml_model *model = new_model(NULL);
    double *w = s.w, kept = w[17];
    w[17] = -0.25;
    assert_refused(gemml_fit(model, &data, NULL, NULL), GEMML_ERROR_ARGUMENT, "weight", "0.25", "17");
    w[17] = NAN;
    assert_refused(gemml_fit(model, &data, NULL, NULL), GEMML_ERROR_NONFINITE, "weight", "nan", "17");
    w[17] = INFINITY;
    assert_refused(gemml_fit(model, &data, NULL, NULL), GEMML_ERROR_NONFINITE, "weight", "inf", "17");
    w[17] = kept;
    data.weight = gemml_view_f64(w, 30, 2);
    assert_refused(gemml_fit(model, &data, NULL, NULL), GEMML_ERROR_SHAPE, "weight", "2");
    data.weight = gemml_view_f64(w, 29, 1);
    assert_refused(gemml_fit(model, &data, NULL, NULL), GEMML_ERROR_SHAPE, "weight", "30", "2", "29");
    data.weight = gemml_view_f64(w, 30, 1);
    w[3] = w[4] = 1e308;
    assert_refused(gemml_fit(model, &data, NULL, NULL), GEMML_ERROR_NONFINITE, "30", "weights");
    for (size_t i = 0; i < 30; i++)
        w[i] = 0;
    assert_refused(gemml_fit(model, &data, NULL, NULL), GEMML_ERROR_ARGUMENT, "30", "weights");
    gemml_model_free(model);
    sample_free(&s);
}

/* ---- Shapes ---- */

static void test_shapes_that_do_not_fit(void **state)
{
    (void)state;
    struct sample s = sample_make(10, 3, 1, 7);
    gemml_dataset data = sample_dataset(&s), bad;
    gemml_model *model = new_model(NULL);
    bad = data;
    bad.y.rows = 9;
    assert_refused(gemml_fit(model, &bad, NULL, NULL), GEMML_ERROR_SHAPE, "x", "10", "3", "y", "9");
    bad = data;
    bad.x.rows = 0;
    assert_refused(gemml_fit(model, &bad, NULL, NULL), GEMML_ERROR_SHAPE, "x", "0", "3");
    bad = data;
    bad.x.cols = 0;
    assert_refused(gemml_fit(model, &bad, NULL, NULL), GEMML_ERROR_SHAPE, "x", "10", "0");
    bad = data;
    bad.y.cols = 0;
    assert_refused(gemml_fit(model, &bad, NULL, NULL), GEMML_ERROR_SHAPE, "y", "10", "0");
    bad = data;
    bad.x.stride = 2;
    assert_refused(gemml_fit(model, &bad, NULL, NULL), GEMML_ERROR_SHAPE, "x", "3", "2");
    bad = data;
    bad.x.stride = SIZE_MAX / 4;
    assert_refused(gemml_fit(model, &bad, NULL, NULL), GEMML_ERROR_SHAPE, "x", "10", "3");
    bad = data;
    bad.x.rows = bad.y.rows = SIZE_MAX;
    assert_refused(gemml_fit(model, &bad, NULL, NULL), GEMML_ERROR_SHAPE, "x");
    gemml_model_free(model);
    sample_free(&s);
}

static void test_views_refused(void **state)
{
    (void)state;
    struct sample s = sample_make(10, 3, 1, 8);
    gemml_dataset data = sample_dataset(&s), bad;
    gemml_model *model = new_model(NULL);
    bad = data;
    bad.x.dtype = (gemml_dtype)9;
    assert_refused(gemml_fit(model, &bad, NULL, NULL), GEMML_ERROR_ARGUMENT, "x", "dtype", "9");
    bad = data;
    bad.y.data = NULL;
    assert_refused(gemml_fit(model, &bad, NULL, NULL), GEMML_ERROR_ARGUMENT, "y");
    bad = data;
    bad.x.data = (const char *)bad.x.data + 4;
    bad.x.rows = bad.y.rows = 9;
    assert_refused(gemml_fit(model, &bad, NULL, NULL), GEMML_ERROR_ARGUMENT, "x", "aligned", "8");
    gemml_model_free(model);
    sample_free(&s);
}

/* ---- Numbers that are none ---- */

static void refuse_number(const gemml_dataset *data, double *at, const char *name, const char *row, const char *col)
{
    const double values[] = {NAN, INFINITY, -INFINITY};
    const char *const shown[] = {"nan", "inf", "inf"};
    double kept = *at;
    for (size_t v = 0; v < 3; v++)
        for (size_t variant = 0; variant < VARIANTS; variant++) {
            gemml_linear_options options;
            set_variant(&options, variant);
            gemml_model *model = new_model(&options);
            *at = values[v];
            assert_refused(gemml_fit(model, data, NULL, NULL), GEMML_ERROR_NONFINITE, name, shown[v], row, col);
            *at = kept;
            gemml_model_free(model);
        }
}

static void test_nonfinite_entries(void **state)
{
    (void)state;
    struct sample s = sample_make(3000, 5, 2, 9);
    gemml_dataset data = sample_dataset(&s);
    refuse_number(&data, s.x, "x", "0", "0");
    refuse_number(&data, s.x + 1777 * 5 + 3, "x", "1777", "3");
    refuse_number(&data, s.y + 2999 * 2 + 1, "y", "2999", "1");
    s.x[5 * 40] = s.x[5 * 2000] = NAN; /* the first one is named */
    gemml_model *model = new_model(NULL);
    assert_refused(gemml_fit(model, &data, NULL, NULL), GEMML_ERROR_NONFINITE, "x", "40", "0");
    gemml_model_free(model);
    sample_free(&s);
}

/* Data are finite or refused, whether the row counts or not. */
static void test_nonfinite_entry_of_a_row_without_weight(void **state)
{
    (void)state;
    struct sample s = sample_make(3000, 5, 2, 9);
    sample_weigh(&s, 2);
    gemml_dataset data = sample_dataset(&s);
    const size_t rows[] = {0, 6, 1777};
    const char *const shown[] = {"0", "6", "1777"};
    for (size_t r = 0; r < 3; r++) {
        s.w[rows[r]] = 0;
        refuse_number(&data, s.x + rows[r] * 5 + 3, "x", shown[r], "3");
        refuse_number(&data, s.y + rows[r] * 2 + 1, "y", shown[r], "1");
    }
    sample_free(&s);
}

/* Of many columns, which are taken by tiles; and of a row that has no weight. */
static void test_nonfinite_entry_of_a_wide_matrix(void **state)
{
    (void)state;
    struct sample s = sample_make(600, 200, 1, 10);
    gemml_dataset data = sample_dataset(&s);
    gemml_model *model = new_model(NULL);
    s.x[555 * 200 + 199] = INFINITY;
    assert_refused(gemml_fit(model, &data, NULL, NULL), GEMML_ERROR_NONFINITE, "x", "inf", "555", "199");
    sample_weigh(&s, 11);
    s.w[555] = 0;
    data = sample_dataset(&s);
    assert_refused(gemml_fit(model, &data, NULL, NULL), GEMML_ERROR_NONFINITE, "x", "inf", "555", "199");
    gemml_model_free(model);
    sample_free(&s);
}

static void test_nonfinite_entries_elsewhere(void **state)
{
    (void)state;
    struct sample s = sample_make(500, 3, 2, 12);
    gemml_dataset data = sample_dataset(&s);
    gemml_model *model = fit_model(NULL, &data);
    gemml_metrics metrics = GEMML_METRICS_INIT;
    gemml_normal_equations check = GEMML_NORMAL_EQUATIONS_INIT;
    double loss = -1, gradient[8];
    metrics.mse = check.residual = -1;
    s.y[2 * 321 + 1] = NAN;
    assert_refused(gemml_score(model, &data, &metrics), GEMML_ERROR_NONFINITE, "y", "321", "1");
    assert_refused(gemml_loss_gradient(model, &data, &loss, gradient), GEMML_ERROR_NONFINITE, "y", "321", "1");
    assert_refused(gemml_normal_equation_check(model, &data, &check), GEMML_ERROR_NONFINITE, "y", "321", "1");
    s.x[3 * 123 + 2] = INFINITY;
    assert_refused(gemml_score(model, &data, &metrics), GEMML_ERROR_NONFINITE, "x", "123", "2");
    assert_refused(gemml_loss_gradient(model, &data, &loss, gradient), GEMML_ERROR_NONFINITE, "x", "123", "2");
    assert_refused(gemml_normal_equation_check(model, &data, &check), GEMML_ERROR_NONFINITE, "x", "123", "2");
    assert_true(metrics.mse == -1 && check.residual == -1 && loss == -1);
    gemml_model_free(model);
    sample_free(&s);
}

/* Finite data whose squares are not: refused with a reason, or fitted, never a model of NaN. */
static void test_enormous_numbers(void **state)
{
    (void)state;
    for (int power = 100; power <= 300; power += 50) {
        struct sample s = sample_make(40, 2, 1, 13);
        for (size_t i = 0; i < 40; i++)
            s.x[2 * i] *= pow(10, power);
        gemml_dataset data = sample_dataset(&s);
        gemml_model *model = new_model(NULL);
        gemml_status status = gemml_fit(model, &data, NULL, NULL);
        if (status == GEMML_OK) {
            double *w = coefficients_of(model, 2, 1);
            assert_true(isfinite(w[0]) && isfinite(w[1]) && isfinite(w[2]));
            free(w);
        } else {
            assert_refused(status, GEMML_ERROR_NONFINITE, "finite");
        }
        gemml_model_free(model);
        sample_free(&s);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_dtypes_and_strides),
        cmocka_unit_test(test_weights_of_one),
        cmocka_unit_test(test_whole_weights_repeat_rows),
        cmocka_unit_test(test_zero_weights_remove_rows),
        cmocka_unit_test(test_outliers_without_weight),
        cmocka_unit_test(test_constant_target_of_rows_with_weight),
        cmocka_unit_test(test_weights_refused),
        cmocka_unit_test(test_shapes_that_do_not_fit),
        cmocka_unit_test(test_views_refused),
        cmocka_unit_test(test_nonfinite_entries),
        cmocka_unit_test(test_nonfinite_entry_of_a_row_without_weight),
        cmocka_unit_test(test_nonfinite_entry_of_a_wide_matrix),
        cmocka_unit_test(test_nonfinite_entries_elsewhere),
        cmocka_unit_test(test_enormous_numbers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

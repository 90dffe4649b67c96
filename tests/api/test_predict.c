/* gemml_predict: the bits of a row wherever it stands, whoever computes it and in
 * whatever memory; what it writes, and what it refuses. */
#include "sample.h"

#include <pthread.h>
#include <stdio.h>

enum { MOST_ROWS = 400, ALIGNMENT = 64 };

/* Models of different shapes: the reference is the whole sample in one call. In the last two the
 * product of a few rows is small to BLAS, that of a strip is not. */
static const struct shape {
    size_t p, K;
} shapes[] = {{1, 1}, {3, 1}, {20, 1}, {131, 1}, {3, 2}, {20, 5}, {65, 17}, {200, 50}, {390, 32}};
enum { SHAPES = sizeof shapes / sizeof *shapes, MOST_OUTPUTS = 50 };

struct fixture {
    struct sample sample;
    gemml_model *model;
    double *expected;
};

static struct fixture fixture_make(const struct shape *shape, const gemml_linear_options *options)
{
    struct fixture f = {.sample = sample_make(MOST_ROWS, shape->p, shape->K, shape->p)};
    gemml_dataset data = sample_dataset(&f.sample);
    f.model = fit_model(options, &data);
    f.expected = predictions_of(f.model, &f.sample);
    return f;
}

static void fixture_free(struct fixture *f)
{
    gemml_model_free(f->model);
    free(f->expected);
    sample_free(&f->sample);
}

static void test_bits_in_any_batch(void **state)
{
    (void)state;
    gemml_linear_options options = GEMML_LINEAR_OPTIONS_INIT;
    double *out = malloc(MOST_ROWS * MOST_OUTPUTS * sizeof *out);
    for (size_t i = 0; i < 2 * SHAPES; i++) {
        options.scaling = i < SHAPES ? GEMML_SCALING_NONE : GEMML_SCALING_STANDARDIZE;
        struct fixture f = fixture_make(&shapes[i % SHAPES], &options);
        size_t p = f.sample.p, K = f.sample.K;
        for (size_t rows = 1; rows <= 256; rows++) {
            size_t first = (rows * 37) % (MOST_ROWS - rows + 1);
            assert_ok(gemml_predict(f.model, gemml_view_f64(f.sample.x + first * p, rows, p),
                                    gemml_matrix_f64(out, rows, K)));
            assert_bits(out, f.expected + first * K, rows * K);
        }
        fixture_free(&f);
    }
    free(out);
}

/* Layers whose columns are cut, whose products of a few rows are small to BLAS, and both not. */
static void test_bits_of_a_network_in_any_batch(void **state)
{
    (void)state;
    const size_t hidden[] = {600, 30, 40};
    struct sample sample = sample_make(MOST_ROWS, 400, 2, 3);
    gemml_dataset data = sample_dataset(&sample);
    gemml_mlp_options options = GEMML_MLP_OPTIONS_INIT;
    gemml_model *model;
    double *whole = malloc(MOST_ROWS * 2 * sizeof *whole), out[256 * 2];
    options.hidden = hidden;
    options.hidden_count = 3;
    options.dtype = GEMML_F64;
    options.epochs = 1;
    assert_ok(gemml_mlp_create(&model, &options));
    assert_ok(gemml_fit(model, &data, NULL, NULL));
    assert_ok(gemml_predict(model, sample_x(&sample), gemml_matrix_f64(whole, MOST_ROWS, 2)));
    for (size_t rows = 1; rows <= 256; rows += rows < 4 ? 1 : 21) {
        size_t first = (rows * 37) % (MOST_ROWS - rows + 1);
        gemml_view x = gemml_view_f64(sample.x + first * 400, rows, 400);
        assert_ok(gemml_predict(model, x, gemml_matrix_f64(out, rows, 2)));
        assert_bits(out, whole + first * 2, rows * 2);
    }
    free(whole);
    gemml_model_free(model);
    sample_free(&sample);
}

/* 16 places in memory, each 8 bytes further, and strides: for BLAS all are different. */
static void test_bits_at_any_address(void **state)
{
    (void)state;
    const size_t batches[] = {1, 7, 48, 50, 192, 200, MOST_ROWS};
    for (size_t i = 0; i < SHAPES; i++) {
        struct fixture f = fixture_make(&shapes[i], NULL);
        size_t p = f.sample.p, K = f.sample.K;
        double *x = malloc((MOST_ROWS * (p + 3) + 16) * sizeof *x), *out = malloc((MOST_ROWS * K + 16) * sizeof *out);
        for (size_t offset = 0; offset < 16; offset++) {
            size_t stride = p + offset % 4, rows = batches[offset % (sizeof batches / sizeof *batches)];
            for (size_t r = 0; r < rows; r++)
                for (size_t j = 0; j < stride; j++)
                    x[offset + r * stride + j] = j < p ? f.sample.x[r * p + j] : NAN;
            assert_ok(gemml_predict(f.model, gemml_view_f64_strided(x + offset, rows, p, stride),
                                    gemml_matrix_f64(out + 15 - offset, rows, K)));
            assert_bits(out + 15 - offset, f.expected, rows * K);
        }
        free(x);
        free(out);
        fixture_free(&f);
    }
}

static void test_bits_with_any_threads(void **state)
{
    (void)state;
    const struct shape shape = {30, 2};
    struct sample s = sample_make(5000, shape.p, shape.K, 1);
    gemml_dataset data = sample_dataset(&s);
    gemml_model *model = fit_model(NULL, &data);
    assert_ok(gemml_set_threads(1));
    double *expected = predictions_of(model, &s);
    for (size_t threads = 2; threads <= 4; threads++) {
        assert_ok(gemml_set_threads(threads));
        double *out = predictions_of(model, &s);
        assert_bits(out, expected, s.n * s.K);
        free(out);
    }
    assert_ok(gemml_set_threads(0));
    free(expected);
    gemml_model_free(model);
    sample_free(&s);
}

/* The same numbers in another dtype are the same predictions. */
static void test_dtypes_of_x(void **state)
{
    (void)state;
    enum { n = 100, p = 4 };
    struct sample s = sample_make(n, p, 1, 2);
    double whole[n * p], expected[n], out[n];
    float f32[n * p];
    int32_t i32[n * p];
    int64_t i64[n * p];
    for (size_t i = 0; i < n * p; i++) {
        whole[i] = round(10 * s.x[i]);
        f32[i] = (float)whole[i];
        i32[i] = (int32_t)whole[i];
        i64[i] = (int64_t)whole[i];
    }
    gemml_dataset data = sample_dataset(&s);
    gemml_model *model = fit_model(NULL, &data);
    const gemml_view views[] = {gemml_view_f32(f32, n, p), gemml_view_i32(i32, n, p), gemml_view_i64(i64, n, p)};
    assert_ok(gemml_predict(model, gemml_view_f64(whole, n, p), gemml_matrix_f64(expected, n, 1)));
    for (size_t v = 0; v < 3; v++) {
        assert_ok(gemml_predict(model, views[v], gemml_matrix_f64(out, n, 1)));
        assert_bits(out, expected, n);
    }
    gemml_model_free(model);
    sample_free(&s);
}

/* ---- Scratch ---- */

static void *aligned_scratch(size_t bytes)
{
    void *scratch = NULL;
    assert_int_equal(posix_memalign(&scratch, ALIGNMENT, bytes > 0 ? bytes : 1), 0);
    memset(scratch, 0xFF, bytes); /* NaN, if it were read */
    return scratch;
}

static void test_scratch(void **state)
{
    (void)state;
    const size_t batches[] = {1, 47, 48, 193, MOST_ROWS};
    double *out = malloc(MOST_ROWS * MOST_OUTPUTS * sizeof *out);
    for (size_t i = 0; i < 2 * SHAPES; i++) {
        gemml_linear_options options = GEMML_LINEAR_OPTIONS_INIT;
        options.scaling = i < SHAPES ? GEMML_SCALING_NONE : GEMML_SCALING_MINMAX;
        struct fixture f = fixture_make(&shapes[i % SHAPES], &options);
        size_t p = f.sample.p, K = f.sample.K, bytes = gemml_predict_scratch_size(f.model, sample_x(&f.sample));
        assert_true(bytes > 0);
        assert_int_equal(bytes, gemml_predict_scratch_size(f.model, gemml_view_f64(f.sample.x, 1, p)));
        unsigned char *scratch = aligned_scratch(bytes + ALIGNMENT);
        memset(scratch + bytes, 0x5A, ALIGNMENT);
        for (size_t b = 0; b < sizeof batches / sizeof *batches; b++) {
            assert_ok(gemml_predict_scratch(f.model, gemml_view_f64(f.sample.x, batches[b], p),
                                            gemml_matrix_f64(out, batches[b], K), scratch, bytes));
            assert_bits(out, f.expected, batches[b] * K);
        }
        for (size_t b = 0; b < ALIGNMENT; b++)
            assert_int_equal(scratch[bytes + b], 0x5A);
        free(scratch);
        fixture_free(&f);
    }
    free(out);
}

static void test_scratch_in_floats(void **state)
{
    (void)state;
    gemml_linear_options options = GEMML_LINEAR_OPTIONS_INIT;
    options.dtype = GEMML_F32;
    struct fixture f = fixture_make(&(struct shape){9, 2}, &options);
    double out[MOST_ROWS * 2];
    size_t bytes = gemml_predict_scratch_size(f.model, sample_x(&f.sample));
    void *scratch = aligned_scratch(bytes);
    assert_ok(gemml_predict_scratch(f.model, sample_x(&f.sample), gemml_matrix_f64(out, MOST_ROWS, 2), scratch, bytes));
    assert_bits(out, f.expected, MOST_ROWS * 2);
    free(scratch);
    fixture_free(&f);
}

static void test_scratch_refused(void **state)
{
    (void)state;
    struct fixture f = fixture_make(&(struct shape){5, 1}, NULL);
    double out[MOST_ROWS];
    gemml_matrix to = gemml_matrix_f64(out, MOST_ROWS, 1);
    gemml_view x = sample_x(&f.sample);
    size_t bytes = gemml_predict_scratch_size(f.model, x);
    char *scratch = aligned_scratch(bytes + ALIGNMENT), needed[32], given[32];
    snprintf(needed, sizeof needed, "%zu", bytes);
    snprintf(given, sizeof given, "%zu", bytes - 1);
    out[0] = -5;
    assert_refused(gemml_predict_scratch(f.model, x, to, scratch, bytes - 1), GEMML_ERROR_ARGUMENT, needed, given);
    assert_refused(gemml_predict_scratch(f.model, x, to, scratch, 0), GEMML_ERROR_ARGUMENT, needed, "0");
    assert_refused(gemml_predict_scratch(f.model, x, to, NULL, bytes), GEMML_ERROR_ARGUMENT, needed);
    for (size_t offset = 1; offset < ALIGNMENT; offset += offset)
        assert_refused(gemml_predict_scratch(f.model, x, to, scratch + offset, bytes), GEMML_ERROR_ARGUMENT, "64");
    assert_true(out[0] == -5);
    free(scratch);
    fixture_free(&f);
}

/* ---- What is written ---- */

static void test_strided_and_float_output(void **state)
{
    (void)state;
    struct fixture f = fixture_make(&(struct shape){6, 3}, NULL);
    enum { STRIDE = 5 };
    double f64[MOST_ROWS * STRIDE];
    float f32[MOST_ROWS * STRIDE];
    for (size_t i = 0; i < MOST_ROWS * STRIDE; i++) {
        f64[i] = -7;
        f32[i] = -7;
    }
    assert_ok(gemml_predict(f.model, sample_x(&f.sample), gemml_matrix_f64_strided(f64, MOST_ROWS, 3, STRIDE)));
    assert_ok(gemml_predict(f.model, sample_x(&f.sample), gemml_matrix_f32_strided(f32, MOST_ROWS, 3, STRIDE)));
    for (size_t i = 0; i < MOST_ROWS; i++)
        for (size_t k = 0; k < STRIDE; k++) {
            assert_true(f64[i * STRIDE + k] == (k < 3 ? f.expected[i * 3 + k] : -7));
            assert_true(f32[i * STRIDE + k] == (k < 3 ? (float)f.expected[i * 3 + k] : -7));
        }
    fixture_free(&f);
}

static void test_shapes_refused(void **state)
{
    (void)state;
    struct fixture f = fixture_make(&(struct shape){6, 3}, NULL);
    double out[MOST_ROWS * 3];
    gemml_view x = gemml_view_f64(f.sample.x, 10, 6), narrow = gemml_view_f64(f.sample.x, 10, 5);
    const gemml_status shape = GEMML_ERROR_SHAPE;
    assert_refused(gemml_predict(f.model, narrow, gemml_matrix_f64(out, 10, 3)), shape, "10", "5", "6");
    assert_refused(gemml_predict(f.model, x, gemml_matrix_f64(out, 9, 3)), shape, "9", "3", "10");
    assert_refused(gemml_predict(f.model, x, gemml_matrix_f64(out, 10, 2)), shape, "10", "2", "3");
    assert_refused(gemml_predict(f.model, x, gemml_matrix_f64_strided(out, 10, 3, 2)), shape, "3", "2");
    gemml_matrix whole = gemml_matrix_f64(out, 10, 3);
    whole.dtype = GEMML_I64;
    assert_refused(gemml_predict(f.model, x, whole), GEMML_ERROR_ARGUMENT, "out", "f64", "f32");
    gemml_metrics metrics = GEMML_METRICS_INIT;
    gemml_dataset data = sample_dataset(&f.sample);
    data.y.cols = 2;
    data.y.stride = 3;
    assert_refused(gemml_score(f.model, &data, &metrics), shape, "y", "2", "3");
    assert_refused(gemml_loss_gradient(f.model, &data, out, out), shape, "y", "2", "3");
    assert_refused(gemml_normal_equation_check(f.model, &data, NULL), shape, "y", "2", "3");
    fixture_free(&f);
}

/* A model whose weights are 0 but for every third. */
static gemml_model *model_of_few_weights(struct sample *s, gemml_dtype dtype)
{
    gemml_linear_options options = GEMML_LINEAR_OPTIONS_INIT;
    options.dtype = dtype;
    for (size_t i = 0; i < s->n; i++)
        for (size_t j = 0; j < s->p; j++)
            if (j % 3 != 0)
                s->x[i * s->p + j] = 2;
    gemml_dataset data = sample_dataset(s);
    gemml_model *model = fit_model(&options, &data);
    double *coefficients = malloc((s->p + 1) * sizeof *coefficients);
    assert_ok(gemml_coefficients(model, gemml_matrix_f64(coefficients, s->p + 1, 1)));
    for (size_t j = 0; j < s->p; j++)
        assert_true((coefficients[1 + j] == 0) == (j % 3 != 0));
    free(coefficients);
    return model;
}

/* An entry that is not finite is found whatever its weight, also 0, and nothing is written. */
static void test_nonfinite_times_zero(void **state)
{
    (void)state;
    enum { ROWS = 150 };
    const double bad[] = {NAN, INFINITY, -INFINITY};
    const char *const names[] = {"nan", "inf", "-inf"};
    double out[ROWS];
    for (size_t p = 2; p <= 70; p += p < 20 ? 1 : 25)
        for (int f32 = 0; f32 < 2; f32++) {
            struct sample s = sample_make(ROWS, p, 1, 4);
            gemml_model *model = model_of_few_weights(&s, f32 ? GEMML_F32 : GEMML_F64);
            for (size_t at = 0; at < 3 * p; at++) {
                size_t row = at * 37 % ROWS, column = at / 3, rows = row + 1 + at % 5 < ROWS ? row + 1 + at % 5 : ROWS;
                double kept = s.x[row * p + column];
                char row_text[24], column_text[24];
                snprintf(row_text, sizeof row_text, "row %zu", row);
                snprintf(column_text, sizeof column_text, "column %zu", column);
                s.x[row * p + column] = bad[at % 3];
                for (size_t i = 0; i < ROWS; i++)
                    out[i] = 77;
                assert_refused(gemml_predict(model, gemml_view_f64(s.x, rows, p), gemml_matrix_f64(out, rows, 1)),
                               GEMML_ERROR_NONFINITE, names[at % 3], row_text, column_text);
                for (size_t i = 0; i < ROWS; i++)
                    assert_true(out[i] == 77);
                s.x[row * p + column] = kept;
            }
            gemml_model_free(model);
            sample_free(&s);
        }
}

/* The first entry in the order of the rows is named, for any number of threads. */
static void test_nonfinite_x(void **state)
{
    (void)state;
    struct sample s = sample_make(3000, 4, 1, 3);
    gemml_dataset data = sample_dataset(&s);
    gemml_model *model = fit_model(NULL, &data);
    double *out = malloc(s.n * sizeof *out);
    s.x[4 * 1200 + 1] = INFINITY;
    s.x[4 * 2900] = NAN;
    for (size_t threads = 1; threads <= 4; threads++)
        for (int run = 0; run < 20; run++) {
            assert_ok(gemml_set_threads(threads));
            assert_refused(gemml_predict(model, data.x, gemml_matrix_f64(out, s.n, 1)), GEMML_ERROR_NONFINITE, "x",
                           "inf", "1200", "1");
        }
    assert_ok(gemml_set_threads(0));
    s.x[4 * 1200 + 1] = 1e308; /* finite, but the prediction is not */
    s.x[4 * 2900] = 0;
    gemml_metrics metrics = GEMML_METRICS_INIT;
    gemml_status status = gemml_predict(model, data.x, gemml_matrix_f64(out, s.n, 1));
    assert_true(status == GEMML_OK || status == GEMML_ERROR_NONFINITE);
    assert_refused(gemml_score(model, &data, &metrics), GEMML_ERROR_NONFINITE, "finite");
    free(out);
    gemml_model_free(model);
    sample_free(&s);
}

/* ---- Many threads on one model ---- */

struct caller {
    const struct fixture *fixture;
    size_t number, wrong;
};

static void *predict_often(void *argument)
{
    struct caller *caller = argument;
    const struct fixture *f = caller->fixture;
    size_t p = f->sample.p, K = f->sample.K;
    double *out = malloc(MOST_ROWS * K * sizeof *out);
    for (size_t run = 0; run < 40; run++) {
        size_t rows = 1 + (caller->number * 53 + run * 31) % MOST_ROWS;
        gemml_status status =
            gemml_predict(f->model, gemml_view_f64(f->sample.x, rows, p), gemml_matrix_f64(out, rows, K));
        caller->wrong += status != GEMML_OK || memcmp(out, f->expected, rows * K * sizeof *out) != 0;
    }
    free(out);
    return NULL;
}

static void test_eight_callers(void **state)
{
    (void)state;
    enum { CALLERS = 8 };
    struct fixture f = fixture_make(&(struct shape){20, 2}, NULL);
    struct caller callers[CALLERS];
    pthread_t threads[CALLERS];
    for (size_t i = 0; i < CALLERS; i++) {
        callers[i] = (struct caller){&f, i, 0};
        assert_int_equal(pthread_create(&threads[i], NULL, predict_often, &callers[i]), 0);
    }
    for (size_t i = 0; i < CALLERS; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
        assert_int_equal(callers[i].wrong, 0);
    }
    fixture_free(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bits_in_any_batch),
        cmocka_unit_test(test_bits_of_a_network_in_any_batch),
        cmocka_unit_test(test_bits_at_any_address),
        cmocka_unit_test(test_bits_with_any_threads),
        cmocka_unit_test(test_dtypes_of_x),
        cmocka_unit_test(test_scratch),
        cmocka_unit_test(test_scratch_in_floats),
        cmocka_unit_test(test_scratch_refused),
        cmocka_unit_test(test_strided_and_float_output),
        cmocka_unit_test(test_shapes_refused),
        cmocka_unit_test(test_nonfinite_x),
        cmocka_unit_test(test_nonfinite_times_zero),
        cmocka_unit_test(test_eight_callers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

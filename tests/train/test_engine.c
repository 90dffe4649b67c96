/* The engine: predictions by values, and by bits (a row's do not depend on its
 * batch in f64); the objective; what is not finite. */
#include "train/engine.h"

#include "chain/network.h"
#include "data/failing.h"
#include "fold/padded.h"
#include "support/guard.h"

#define THRESHOLD (64 * (double)REAL_EPSILON)

enum { CANARY = 64, MOST = 256 };

static uint64_t random_state;

/* A fitted state around a chain, with or without an input map. */
struct model {
    struct fitted fitted;
    long double *exact;
    double shift[WIDEST], scale[WIDEST];
};

static struct model *model_make(size_t layers, const size_t *sizes, bool mapped)
{
    const enum activation activations[3] = {layers > 1 ? ACTIVATION_SIGMOID : ACTIVATION_IDENTITY,
                                            layers > 2 ? ACTIVATION_TANH : ACTIVATION_IDENTITY, ACTIVATION_IDENTITY};
    const bool bias[3] = {true, true, true};
    struct model *model = calloc(1, sizeof *model);
    model->fitted.chain = network_chain(layers, sizes, activations, bias);
    model->fitted.dtype = REAL_DTYPE;
    model->fitted.parameters = network_parameters(&model->fitted.chain, &model->exact, &random_state);
    model->fitted.map.inputs = sizes[0];
    for (size_t j = 0; j < sizes[0]; j++) {
        model->shift[j] = mapped ? test_random(&random_state) : 0;
        model->scale[j] = mapped ? 0.5 + test_random(&random_state) / 4 : 1;
    }
    if (mapped) {
        model->fitted.map.shift = model->shift;
        model->fitted.map.scale = model->scale;
    }
    return model;
}

static void model_free(struct model *model)
{
    chain_free(&model->fitted.chain);
    free(model->fitted.parameters);
    free(model->exact);
    free(model);
}

static void plain_predict(const struct model *model, const struct padded *x, size_t i, long double *a)
{
    long double z[WIDEST];
    for (size_t j = 0; j < x->view.cols; j++)
        a[j] = (padded_at(x, i, j) - (long double)model->shift[j]) * (long double)model->scale[j];
    network_row(&model->fitted.chain, model->exact, a, z);
}

/* engine->predict in memory of just the size that it asks for. */
static gemml_status predict(const struct model *model, const gemml_view *x, size_t first, size_t count,
                            const gemml_matrix *out)
{
    size_t bytes = R(engine).predict_bytes(&model->fitted, x);
    unsigned char *memory;
    assert_int_equal(memory_alloc(&memory, bytes + CANARY, 1), GEMML_OK);
    memset(memory, 0xFF, bytes); /* NaN, which must not get into the results */
    memset(memory + bytes, 0xA5, CANARY);
    gemml_status status = R(engine).predict(&model->fitted, x, first, count, memory, out);
    for (size_t i = 0; i < CANARY; i++)
        assert_int_equal(memory[bytes + i], 0xA5);
    memory_free(memory);
    return status;
}

static const size_t counts[] = {1, 2, 47, 48, 49, 95, 96, 191, 192};

static void check_predictions(const struct model *model, const struct padded *x, gemml_dtype out_dtype)
{
    size_t K = chain_outputs(&model->fitted.chain), stride = K + 2;
    double f64[PREDICT_ROWS * 8], f32_values[PREDICT_ROWS * 8];
    float *f32 = (float *)(void *)f32_values;
    assert_true(stride <= 8);
    for (size_t c = 0; c < sizeof counts / sizeof *counts; c++) {
        size_t first = c % 3 * 20;
        gemml_matrix out = {out_dtype == GEMML_F64 ? (void *)f64 : f32, counts[c], K, stride, out_dtype, 0};
        for (size_t i = 0; i < PREDICT_ROWS * stride; i++) {
            f64[i] = -777;
            f32[i] = -777;
        }
        assert_int_equal(predict(model, &x->view, first, counts[c], &out), GEMML_OK);
        for (size_t i = 0; i < PREDICT_ROWS; i++) {
            long double a[WIDEST];
            if (i < counts[c])
                plain_predict(model, x, first + i, a);
            for (size_t k = 0; k < stride; k++) {
                double value = out_dtype == GEMML_F64 ? f64[i * stride + k] : (double)f32[i * stride + k];
                if (i < counts[c] && k < K)
                    assert_near(value, (double)a[k], out_dtype == GEMML_F64 ? THRESHOLD : 64 * (double)FLT_EPSILON);
                else
                    assert_true(value == -777); /* what lies between and behind is not touched */
            }
        }
    }
}

static const size_t shapes[][4] = {{1, 1}, {5, 1}, {7, 3}, {4, 6, 1}, {9, 5, 4, 2}};
static const size_t layers_of[] = {1, 1, 1, 2, 3};

static void predictions_match_plain_loops(void **state)
{
    (void)state;
    for (size_t s = 0; s < 5; s++)
        for (int dtype = GEMML_F64; dtype <= GEMML_I64; dtype++)
            for (int mapped = 0; mapped < 2; mapped++) {
                struct model *model = model_make(layers_of[s], shapes[s], mapped);
                struct padded x = padded_make((gemml_dtype)dtype, MOST, shapes[s][0], 3, 0, 3, &random_state);
                check_predictions(model, &x, GEMML_F64);
                check_predictions(model, &x, GEMML_F32);
                model_free(model);
                padded_free(&x);
            }
}

/* Predictions of rows first .. first + count - 1 in strips, as callers cut them. */
static void predict_batch(const struct model *model, gemml_view x, size_t first, size_t count, double *predictions)
{
    size_t K = chain_outputs(&model->fitted.chain);
    gemml_view batch = x;
    batch.data = (const real *)x.data + first * x.stride;
    batch.rows = count;
    for (size_t done = 0; done < count; done += PREDICT_ROWS) {
        size_t rows = count - done < PREDICT_ROWS ? count - done : PREDICT_ROWS;
        gemml_matrix out = gemml_matrix_f64(predictions + done * K, rows, K);
        assert_int_equal(predict(model, &batch, done, rows, &out), GEMML_OK);
    }
}

/* All batches of up to MOST rows from several offsets: the same bits in f64, in
 * f32 the same but for rounding. */
static void check_batches(const struct model *model, gemml_view x)
{
    size_t K = chain_outputs(&model->fitted.chain), rows = x.rows;
    const size_t offsets[] = {0, 1, 5, 11, 46};
    double *whole = malloc(rows * K * sizeof *whole), *part = malloc(rows * K * sizeof *part);
    predict_batch(model, x, 0, rows, whole);
    for (size_t count = 1; count <= MOST; count += count < 60 ? 1 : 13)
        for (size_t o = 0; o < sizeof offsets / sizeof *offsets; o++) {
            predict_batch(model, x, offsets[o], count, part);
            for (size_t i = 0; i < count * K; i++)
                if (sizeof(real) == sizeof(double))
                    assert_memory_equal(part + i, whole + offsets[o] * K + i, sizeof *part);
                else
                    assert_near(part[i], whole[offsets[o] * K + i], THRESHOLD);
        }
    free(whole);
    free(part);
}

static void a_row_does_not_depend_on_its_batch(void **state)
{
    const size_t inputs[] = {1, 2, 3, 4, 5, 7, 8, 13, 16, 31, 64}, outputs[] = {1, 2, 3, 5, 10};
    (void)state;
    for (size_t p = 0; p < sizeof inputs / sizeof *inputs; p++) {
        size_t K = outputs[p % 5], deep = p % 2;
        const size_t sizes[3] = {inputs[p], deep ? 6 : K, K};
        struct model *model = model_make(1 + deep, sizes, p % 3 == 0);
        struct padded x = padded_make(REAL_DTYPE, MOST + 50, inputs[p], p % 4, 0, 1, &random_state);
        check_batches(model, x.view);
        model_free(model);
        padded_free(&x);
    }
}

static void what_is_not_finite_is_named(void **state)
{
    struct model *model = model_make(1, (const size_t[]){3, 2}, true);
    struct padded x = padded_make(REAL_DTYPE, 100, 3, 2, 0, 1, &random_state);
    double values[100 * 2];
    gemml_matrix out = gemml_matrix_f64(values, 60, 2);
    (void)state;
    for (size_t i = 0; i < 200; i++)
        values[i] = -777;
    padded_set(&x, 70, 1, -(long double)INFINITY);
    assert_int_equal(predict(model, &x.view, 20, 60, &out), GEMML_ERROR_NONFINITE);
    assert_string_equal(error_text(), "x is -inf in row 70, column 1 (counted from 0)");
    padded_set(&x, 70, 1, (long double)(sizeof(real) == sizeof(double) ? DBL_MAX : (double)FLT_MAX));
    model->scale[1] = 1;
    ((real *)model->fitted.parameters)[2] = 4; /* times which it overflows */
    assert_int_equal(predict(model, &x.view, 20, 60, &out), GEMML_ERROR_NONFINITE);
    assert_string_equal(error_text(), "a prediction for rows 20 to 79 overflows");
    for (size_t i = 0; i < 200; i++)
        assert_true(values[i] == -777); /* written only on success */
    out.rows = 50;
    assert_int_equal(predict(model, &x.view, 20, 50, &out), GEMML_OK);
    model_free(model);
    padded_free(&x);
}

struct objective_call {
    struct model *model;
    gemml_dataset data;
};

static gemml_status call_objective(void *context)
{
    struct objective_call *call = context;
    double loss;
    return R(engine).objective(&call->model->fitted, &call->data, 1, &loss, NULL);
}

/* loss, and gradient = (sum w (z - y) a + lambda W) / sum w, of one linear layer. */
static void the_objective_and_its_gradient(void **state)
{
    enum { N = 70, P = 3, K = 2 };
    const double lambda = 5;
    struct objective_call call = {model_make(1, (const size_t[]){P, K}, true), GEMML_DATASET_INIT};
    struct padded x = padded_make(REAL_DTYPE, N, P, 1, 0, 1, &random_state);
    struct padded y = padded_make(REAL_DTYPE, N, K, 2, 1, 1, &random_state);
    struct padded weight = padded_weights(REAL_DTYPE, N, 1, &random_state);
    long double truth[(P + 1) * K] = {0}, loss = 0, W = 0, a[WIDEST];
    real gradient[(P + 1) * K];
    double value;
    (void)state;
    call.data.x = x.view;
    call.data.y = y.view;
    call.data.weight = weight.view;
    for (size_t i = 0; i < N; i++) {
        long double w = padded_at(&weight, i, 0);
        W += w;
        plain_predict(call.model, &x, i, a);
        for (size_t k = 0; k < K; k++) {
            long double e = a[k] - padded_at(&y, i, k);
            loss += w / 2 * e * e;
            for (size_t j = 0; j < P; j++)
                truth[j * K + k] += w * e * (padded_at(&x, i, j) - (long double)call.model->shift[j]) *
                                    (long double)call.model->scale[j];
            truth[P * K + k] += w * e;
        }
    }
    assert_int_equal(R(engine).objective(&call.model->fitted, &call.data, lambda, &value, gradient), GEMML_OK);
    assert_near(value, (double)(loss / W), THRESHOLD);
    for (size_t i = 0; i < (P + 1) * K; i++) {
        long double penalty = i < P * K ? (long double)lambda * call.model->exact[i] : 0;
        assert_near((double)gradient[i], (double)((truth[i] + penalty) / W), THRESHOLD);
    }
    fail_each_allocation(call_objective, &call);
    padded_set(&y, 33, 1, (long double)NAN);
    assert_int_equal(R(engine).objective(&call.model->fitted, &call.data, lambda, &value, gradient),
                     GEMML_ERROR_NONFINITE);
    assert_string_equal(error_text(), "y is nan in row 33, column 1 (counted from 0)");
    model_free(call.model);
    padded_free(&x);
    padded_free(&y);
    padded_free(&weight);
}

static void engines_go_by_dtype(void **state)
{
    (void)state;
    assert_ptr_equal(engine_of(GEMML_F32), &engine_f32);
    assert_ptr_equal(engine_of(GEMML_F64), &engine_f64);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(predictions_match_plain_loops), cmocka_unit_test(a_row_does_not_depend_on_its_batch),
        cmocka_unit_test(what_is_not_finite_is_named),   cmocka_unit_test(the_objective_and_its_gradient),
        cmocka_unit_test(engines_go_by_dtype),
    };
    return cmocka_run_group_tests(tests, guard_enter, guard_leave);
}

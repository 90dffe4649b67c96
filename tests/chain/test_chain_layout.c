/* The layout of the flat parameter vector, and the life of a fitted state. */
#include "support/support.h"

#include <math.h>

#include "chain/model.h"

static size_t allocations_left;

static bool run_out(size_t bytes)
{
    (void)bytes;
    return allocations_left-- == 0;
}

static void test_one_layer(void **state)
{
    (void)state;
    const enum activation identity = ACTIVATION_IDENTITY;
    struct chain chain;
    for (int bias = 0; bias < 2; bias++) {
        bool has = bias;
        assert_int_equal(chain_make(&chain, 1, (const size_t[]){5, 3}, &identity, &has, LOSS_SQUARED_ERROR), GEMML_OK);
        assert_int_equal(chain.layers, 1);
        assert_int_equal(chain.loss, LOSS_SQUARED_ERROR);
        assert_int_equal(chain.layer[0].weight_offset, 0);
        assert_int_equal(chain.layer[0].bias_offset, 15);
        assert_int_equal(chain.layer[0].bias, has);
        assert_int_equal(chain.parameters, has ? 18 : 15);
        assert_int_equal(chain_inputs(&chain), 5);
        assert_int_equal(chain_outputs(&chain), 3);
        chain_free(&chain);
        assert_null(chain.layer);
    }
}

/* W_1 (4 x 3), b_1, W_2 (3 x 2) without a bias, W_3 (2 x 1), b_3. */
static void test_several_layers(void **state)
{
    (void)state;
    const enum activation activations[] = {ACTIVATION_RELU, ACTIVATION_TANH, ACTIVATION_SIGMOID};
    const bool bias[] = {true, false, true};
    struct chain chain, copy;
    assert_int_equal(chain_make(&chain, 3, (const size_t[]){4, 3, 2, 1}, activations, bias, LOSS_SQUARED_ERROR),
                     GEMML_OK);
    const size_t weight[] = {0, 15, 21}, behind[] = {12, 21, 23};
    for (size_t l = 0; l < 3; l++) {
        assert_int_equal(chain.layer[l].weight_offset, weight[l]);
        assert_int_equal(chain.layer[l].bias_offset, behind[l]);
        assert_int_equal(chain.layer[l].activation, activations[l]);
        assert_int_equal(chain.layer[l].bias, bias[l]);
    }
    assert_int_equal(chain.parameters, 24);
    assert_int_equal(chain_inputs(&chain), 4);
    assert_int_equal(chain_outputs(&chain), 1);

    assert_int_equal(chain_copy(&copy, &chain), GEMML_OK);
    assert_ptr_not_equal(copy.layer, chain.layer);
    chain_free(&chain);
    assert_int_equal(copy.parameters, 24);
    assert_int_equal(copy.layer[2].weight_offset, 21);
    assert_int_equal(copy.layer[2].outputs, 1);
    chain_free(&copy);
}

static void refused(size_t layers, const size_t *sizes, int activation, gemml_status expected, const char *words)
{
    const enum activation activations[] = {ACTIVATION_IDENTITY, (enum activation)activation};
    const bool bias[] = {true, true};
    struct chain chain = {.layers = 77};
    assert_int_equal(chain_make(&chain, layers, sizes, activations, bias, LOSS_SQUARED_ERROR), expected);
    assert_int_equal(chain.layers, 77);
    assert_null(chain.layer);
    if (!strstr(error_text(), words))
        fail_msg("\"%s\" does not say \"%s\"", error_text(), words);
}

static void test_refusals(void **state)
{
    (void)state;
    refused(0, (const size_t[]){3}, 0, GEMML_ERROR_SHAPE, "at least one layer");
    refused(1, (const size_t[]){0, 3}, 0, GEMML_ERROR_SHAPE, "layer 0 is 0 x 3");
    refused(2, (const size_t[]){4, 3, 0}, 0, GEMML_ERROR_SHAPE, "layer 1 is 3 x 0");
    refused(2, (const size_t[]){4, 3, 2}, ACTIVATION_COUNT, GEMML_ERROR_ARGUMENT, "layer 1 has the unknown");
    refused(2, (const size_t[]){4, 3, 2}, -1, GEMML_ERROR_ARGUMENT, "layer 1 has the unknown");
}

/* Products and sums past SIZE_MAX, and the last size that can be addressed. */
static void test_overflow(void **state)
{
    (void)state;
    const size_t most = PTRDIFF_MAX / sizeof(double), root = (size_t)1 << (sizeof(size_t) * 4);
    refused(1, (const size_t[]){root, root}, 0, GEMML_ERROR_MEMORY, "more parameters");
    refused(1, (const size_t[]){SIZE_MAX, SIZE_MAX}, 0, GEMML_ERROR_MEMORY, "more parameters");
    refused(1, (const size_t[]){most, 1}, 0, GEMML_ERROR_MEMORY, "layer 0");
    refused(2, (const size_t[]){1, most / 2, 1}, 0, GEMML_ERROR_MEMORY, "layer 1");
    const enum activation identity = ACTIVATION_IDENTITY;
    const bool bias = true;
    struct chain chain;
    assert_int_equal(chain_make(&chain, 1, (const size_t[]){most - 1, 1}, &identity, &bias, LOSS_SQUARED_ERROR),
                     GEMML_OK);
    assert_int_equal(chain.parameters, most);
    chain_free(&chain);
}

/* The softmax ends a chain; cross entropy tells as many classes apart as there are outputs, two for one. */
static void test_classes(void **state)
{
    (void)state;
    const enum activation hidden[] = {ACTIVATION_SOFTMAX, ACTIVATION_IDENTITY};
    const enum activation last[] = {ACTIVATION_GELU, ACTIVATION_SOFTMAX};
    const bool bias[] = {true, true};
    struct chain chain = {0};
    assert_int_equal(chain_make(&chain, 2, (const size_t[]){4, 3, 2}, hidden, bias, LOSS_CROSS_ENTROPY),
                     GEMML_ERROR_ARGUMENT);
    assert_non_null(strstr(error_text(), "layer 0 has the softmax"));
    for (size_t outputs = 1; outputs <= 3; outputs++) {
        assert_int_equal(chain_make(&chain, 2, (const size_t[]){4, 3, outputs}, last, bias, LOSS_CROSS_ENTROPY),
                         GEMML_OK);
        assert_int_equal(chain_classes(&chain), outputs == 1 ? 2 : outputs);
        chain.loss = LOSS_SQUARED_ERROR;
        assert_int_equal(chain_classes(&chain), 0);
        chain_free(&chain);
    }
}

static void test_names(void **state)
{
    (void)state;
    const char *const names[] = {"identity", "relu", "sigmoid", "tanh", "softmax", "leaky_relu", "gelu"};
    for (int i = 0; i < ACTIVATION_COUNT; i++) {
        enum activation found = ACTIVATION_COUNT;
        assert_string_equal(activation_name((enum activation)i), names[i]);
        assert_true(activation_find(names[i], &found));
        assert_int_equal(found, i);
    }
    enum activation untouched = ACTIVATION_TANH;
    assert_false(activation_find("softplus", &untouched));
    assert_false(activation_find("", &untouched));
    assert_int_equal(untouched, ACTIVATION_TANH);
}

static void test_fitted(void **state)
{
    (void)state;
    struct fitted *fitted = NULL;
    assert_int_equal(fitted_new(&fitted), GEMML_OK);
    assert_null(fitted->parameters);
    assert_null(fitted->record.loss_history);
    assert_null(fitted->summary.r2);
    assert_true(isnan(fitted->record.objective) && isnan(fitted->record.loss) && isnan(fitted->summary.sum_weight));
    assert_true(isnan(fitted->summary.condition) && isnan(fitted->summary.normal_equation_residual) &&
                isnan(fitted->summary.closed_form_distance));
    /* Everything that it can own is freed: valgrind and the leak sanitizer look. */
    const enum activation identity = ACTIVATION_IDENTITY;
    const bool bias = true;
    assert_int_equal(chain_make(&fitted->chain, 1, (const size_t[]){2, 1}, &identity, &bias, LOSS_SQUARED_ERROR),
                     GEMML_OK);
    void *owned[] = {&fitted->parameters,          &fitted->map.shift,  &fitted->map.scale,
                     &fitted->record.loss_history, &fitted->summary.r2, &fitted->summary.adjusted_r2,
                     &fitted->summary.sigma};
    for (size_t i = 0; i < sizeof owned / sizeof *owned; i++)
        assert_int_equal(memory_alloc(owned[i], 3, sizeof(double)), GEMML_OK);
    assert_int_equal(memory_string(&fitted->record.notice, "a notice"), GEMML_OK);
    fitted_free(fitted);
    fitted_free(NULL);
}

static void test_no_memory(void **state)
{
    (void)state;
    const enum activation identity = ACTIVATION_IDENTITY;
    const bool bias = true;
    struct chain chain, copy = {0};
    struct fitted *fitted = NULL;
    assert_int_equal(chain_make(&chain, 1, (const size_t[]){2, 1}, &identity, &bias, LOSS_SQUARED_ERROR), GEMML_OK);
    memory_fails = run_out;
    allocations_left = 0;
    assert_int_equal(chain_copy(&copy, &chain), GEMML_ERROR_MEMORY);
    assert_null(copy.layer);
    allocations_left = 0;
    assert_int_equal(fitted_new(&fitted), GEMML_ERROR_MEMORY);
    assert_null(fitted);
    memory_fails = NULL;
    refused(2, (const size_t[]){4, 0, 2}, 0, GEMML_ERROR_SHAPE, "layer 0");
    chain_free(&chain);
}

static void test_dtype_size(void **state)
{
    (void)state;
    assert_int_equal(dtype_size(GEMML_F64), sizeof(double));
    assert_int_equal(dtype_size(GEMML_F32), sizeof(float));
    assert_int_equal(dtype_size(GEMML_I32), sizeof(int32_t));
    assert_int_equal(dtype_size(GEMML_I64), sizeof(int64_t));
    assert_int_equal(dtype_size((gemml_dtype)9), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one_layer), cmocka_unit_test(test_several_layers), cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_overflow),  cmocka_unit_test(test_classes),        cmocka_unit_test(test_names),
        cmocka_unit_test(test_fitted),    cmocka_unit_test(test_no_memory),      cmocka_unit_test(test_dtype_size),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* The passes over a chain against plain loops: forward by values, backward by
 * differences of the plain forward pass. */
#include "chain/pass.h"

#include "chain/network.h"
#include "support/guard.h"

#define FORWARD_THRESHOLD (64 * (double)REAL_EPSILON)
#define BACKWARD_THRESHOLD (sizeof(real) == sizeof(double) ? 1e-8 : 1e-4)

enum { CANARY = 64, GAP = 3 };

static uint64_t random_state;

static const size_t shapes[][4] = {{3, 1}, {5, 4}, {1, 1}, {4, 3, 1}, {6, 5, 2}, {3, 1, 4}, {7, 6, 5, 3}, {2, 1, 1, 1}};
static const size_t layers_of[] = {1, 1, 1, 2, 2, 2, 3, 3};
#define SHAPES (sizeof layers_of / sizeof *layers_of)

/* Inputs with gaps of NaN between the rows. */
static real *inputs_make(size_t n, size_t p)
{
    real *X = malloc((n * (p + GAP) + 1) * sizeof *X);
    for (size_t i = 0; i < n * (p + GAP); i++)
        X[i] = i % (p + GAP) < p ? (real)test_random(&random_state) : (real)NAN;
    return X;
}

/* A pass in memory of the size that it asks for, with a canary behind it. */
static struct pass pass_make(const struct chain *chain, size_t rows, bool backward, unsigned char **memory)
{
    size_t bytes = R(pass_bytes)(chain, rows, backward);
    assert_int_equal(memory_alloc(memory, bytes + CANARY, 1), GEMML_OK);
    memset(*memory, 0xFF, bytes); /* NaN */
    memset(*memory + bytes, 0xA5, CANARY);
    return R(pass_layout)(chain, rows, backward, *memory);
}

static void pass_end(const struct chain *chain, size_t rows, bool backward, unsigned char *memory)
{
    size_t bytes = R(pass_bytes)(chain, rows, backward);
    for (size_t i = 0; i < CANARY; i++)
        assert_int_equal(memory[bytes + i], 0xA5);
    memory_free(memory);
}

static void load_row(const real *X, size_t p, size_t i, long double *a)
{
    for (size_t j = 0; j < p; j++)
        a[j] = X[i * (p + GAP) + j];
}

static void check_forward(const struct chain *chain, size_t n)
{
    size_t p = chain_inputs(chain), K = chain_outputs(chain);
    long double *exact, a[WIDEST], z[WIDEST];
    real *X = inputs_make(n, p), *theta = network_parameters(chain, &exact, &random_state);
    unsigned char *memory;
    struct pass pass = pass_make(chain, n + 2, false, &memory);
    assert_int_equal(R(pass_forward)(&pass, theta, n, X, p + GAP), GEMML_OK);
    for (size_t i = 0; i < n; i++) {
        load_row(X, p, i, a);
        network_row(chain, exact, a, z);
        for (size_t k = 0; k < K; k++)
            assert_near((double)pass.A[chain->layers - 1][i * K + k], (double)a[k], FORWARD_THRESHOLD);
    }
    pass_end(chain, n + 2, false, memory);
    free(X);
    free(theta);
    free(exact);
}

/* F = sum c_ik z_ik for fixed c: what delta = c stands for. */
struct weighted_outputs {
    const struct chain *chain;
    const real *X, *c;
    size_t n;
};

static long double sum_outputs(const long double *theta, void *context)
{
    const struct weighted_outputs *f = context;
    size_t p = chain_inputs(f->chain), K = chain_outputs(f->chain);
    long double a[WIDEST], z[WIDEST], sum = 0;
    for (size_t i = 0; i < f->n; i++) {
        load_row(f->X, p, i, a);
        network_row(f->chain, theta, a, z);
        for (size_t k = 0; k < K; k++)
            sum += (long double)f->c[i * K + k] * z[k];
    }
    return sum;
}

static void check_backward(const struct chain *chain, size_t n)
{
    size_t p = chain_inputs(chain), K = chain_outputs(chain);
    long double *exact;
    real *X = inputs_make(n, p), *theta = network_parameters(chain, &exact, &random_state);
    real *c = malloc((n * K + 1) * sizeof *c), *gradient = malloc(chain->parameters * sizeof *gradient);
    unsigned char *memory;
    struct pass pass = pass_make(chain, n, true, &memory);
    assert_int_equal(R(pass_forward)(&pass, theta, n, X, p + GAP), GEMML_OK);
    for (size_t i = 0; i < n * K; i++)
        pass.delta[i] = c[i] = (real)test_random(&random_state);
    for (size_t i = 0; i < chain->parameters; i++)
        gradient[i] = (real)0.5; /* the pass adds to what is there */
    assert_int_equal(R(pass_backward)(&pass, theta, n, X, p + GAP, 1, gradient), GEMML_OK);
    struct weighted_outputs f = {chain, X, c, n};
    for (size_t i = 0; i < chain->parameters; i++)
        assert_near((double)gradient[i], 0.5 + network_difference(sum_outputs, &f, exact, i),
                    BACKWARD_THRESHOLD * (double)(n + 1));
    pass_end(chain, n, true, memory);
    free(X);
    free(c);
    free(theta);
    free(exact);
    free(gradient);
}

static void for_each_chain(void (*check)(const struct chain *, size_t), const enum activation *activations,
                           size_t activation_count)
{
    const size_t rows[] = {1, 5, 48, 67};
    const unsigned biases[] = {0, 2, 5, 7}; /* one bit a layer */
    for (size_t s = 0; s < SHAPES; s++)
        for (size_t first = 0; first < activation_count; first++)
            for (size_t b = 0; b < 4; b++) {
                enum activation chosen[3];
                bool bias[3];
                for (size_t l = 0; l < 3; l++) {
                    chosen[l] = activations[(first + l) % activation_count];
                    bias[l] = biases[b] >> l & 1;
                }
                struct chain chain = network_chain(layers_of[s], shapes[s], chosen, bias);
                for (size_t r = 0; r < sizeof rows / sizeof *rows; r++)
                    check(&chain, rows[r]);
                chain_free(&chain);
            }
}

static void forward_matches_plain_loops(void **state)
{
    const enum activation all[] = {ACTIVATION_IDENTITY, ACTIVATION_RELU,       ACTIVATION_SIGMOID,
                                   ACTIVATION_TANH,     ACTIVATION_LEAKY_RELU, ACTIVATION_GELU};
    (void)state;
    for_each_chain(check_forward, all, 6);
}

/* The probabilities of each row, and, without the last activation, what they come from. */
static void the_softmax_ends_a_chain(void **state)
{
    const enum activation activations[] = {ACTIVATION_GELU, ACTIVATION_SOFTMAX};
    const bool bias[] = {true, true};
    struct chain chain = network_chain(2, (const size_t[]){4, 3, 5}, activations, bias);
    long double *exact, a[WIDEST], z[WIDEST];
    real *X = inputs_make(7, 4), *theta = network_parameters(&chain, &exact, &random_state);
    unsigned char *memory;
    struct pass pass = pass_make(&chain, 7, true, &memory);
    (void)state;
    check_forward(&chain, 50);
    assert_int_equal(R(pass_decision)(&pass, theta, 7, X, 4 + GAP), GEMML_OK);
    for (size_t i = 0; i < 7; i++) {
        load_row(X, 4, i, a);
        network_row(&chain, exact, a, z);
        for (size_t k = 0; k < 5; k++)
            assert_near((double)pass.Z[1][i * 5 + k], (double)z[k], FORWARD_THRESHOLD);
    }
    pass_end(&chain, 7, true, memory);
    chain_free(&chain);
    free(X);
    free(theta);
    free(exact);
}

static void backward_matches_differences(void **state)
{
    const enum activation smooth[] = {ACTIVATION_IDENTITY, ACTIVATION_SIGMOID, ACTIVATION_TANH, ACTIVATION_GELU};
    (void)state;
    for_each_chain(check_backward, smooth, 4);
}

/* relu has kinks: the derivative by hand, for Z_1 = X W_1, A = max(Z_1, 0), Z_2 = A W_2. */
static void check_kink(enum activation kinked, const real *outputs, const real *truth)
{
    const enum activation activations[] = {kinked, ACTIVATION_IDENTITY};
    const bool bias[] = {false, true};
    const real theta[] = {2, -1, /* W_1 */ 3, 5, /* W_2 */ 7 /* b_2 */};
    const real X[] = {1, -2, 0}, delta[] = {10, 100, 1000};
    real gradient[5] = {0};
    struct chain chain = network_chain(2, (const size_t[]){1, 2, 1}, activations, bias);
    unsigned char *memory;
    struct pass pass = pass_make(&chain, 3, true, &memory);
    assert_int_equal(R(pass_forward)(&pass, theta, 3, X, 1), GEMML_OK);
    for (size_t i = 0; i < 3; i++)
        assert_near((double)pass.A[1][i], (double)outputs[i], FORWARD_THRESHOLD);
    memcpy(pass.delta, delta, sizeof delta);
    assert_int_equal(R(pass_backward)(&pass, theta, 3, X, 1, 1, gradient), GEMML_OK);
    for (size_t i = 0; i < 5; i++)
        assert_near((double)gradient[i], (double)truth[i], FORWARD_THRESHOLD);
    pass_end(&chain, 3, true, memory);
    chain_free(&chain);
}

/* Z_1 = (2 -1; -4 2; 0 0). relu: dW_1 = (1 10 3, -2 100 5), dW_2 = (2 10, 2 100); a leaky
 * one adds a hundredth where Z_1 is negative: 1 10 5 to dW_1, -2 100 3, -4 100 and -1 10 to dW_2. */
static void backward_through_relu(void **state)
{
    (void)state;
    check_kink(ACTIVATION_RELU, (const real[]){13, 17, 7}, (const real[]){30, -1000, 20, 200, 1110});
    check_kink(ACTIVATION_LEAKY_RELU, (const real[]){REAL_C(12.95), REAL_C(16.88), 7},
               (const real[]){24, REAL_C(-999.5), 16, REAL_C(199.9), 1110});
}

static void no_rows_leave_the_gradient_alone(void **state)
{
    const enum activation activations[] = {ACTIVATION_TANH, ACTIVATION_IDENTITY};
    const bool bias[] = {true, true};
    const real X[3] = {1, 2, 3};
    real theta[17] = {1}, gradient[17] = {4};
    struct chain chain = network_chain(2, (const size_t[]){3, 3, 1}, activations, bias);
    unsigned char *memory;
    struct pass pass = pass_make(&chain, 8, true, &memory);
    (void)state;
    assert_int_equal(chain.parameters, 16);
    assert_int_equal(R(pass_forward)(&pass, theta, 0, X, 3), GEMML_OK);
    assert_int_equal(R(pass_backward)(&pass, theta, 0, X, 3, 1, gradient), GEMML_OK);
    for (size_t i = 0; i < 16; i++)
        assert_true(gradient[i] == (i == 0 ? 4 : 0));
    pass_end(&chain, 8, true, memory);
    chain_free(&chain);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(forward_matches_plain_loops),      cmocka_unit_test(the_softmax_ends_a_chain),
        cmocka_unit_test(backward_matches_differences),     cmocka_unit_test(backward_through_relu),
        cmocka_unit_test(no_rows_leave_the_gradient_alone),
    };
    return cmocka_run_group_tests(tests, guard_enter, guard_leave);
}

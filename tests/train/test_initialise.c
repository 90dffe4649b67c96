/* First parameters: mean, variance and range of each rule, what they depend on,
 * and what AUTO stands for. */
#include "train/initialise.h"

#include "chain/network.h"

/* The other precision's, which the header declares for this one only. */
#ifdef GEMML_REAL_F32
typedef double other_real;
void initialise_f64(const struct chain *chain, enum initialisation initialisation, uint64_t seed, double *theta);
#define initialise_other initialise_f64
#else
typedef float other_real;
void initialise_f32(const struct chain *chain, enum initialisation initialisation, uint64_t seed, float *theta);
#define initialise_other initialise_f32
#endif

enum { IN = 200, OUT = 300, WEIGHTS = IN * OUT };

static struct chain two_layers(enum activation hidden, size_t outputs)
{
    return network_chain(2, (const size_t[]){IN, OUT, outputs}, (const enum activation[]){hidden, ACTIVATION_IDENTITY},
                         (const bool[]){true, true});
}

static real *draw(const struct chain *chain, enum initialisation rule, uint64_t seed)
{
    real *theta = malloc(chain->parameters * sizeof *theta);
    for (size_t i = 0; i < chain->parameters; i++)
        theta[i] = 777;
    R(initialise)(chain, rule, seed, theta);
    return theta;
}

/* Mean and variance of n numbers of variance v: within five standard errors of 0
 * and v, where the fourth moment is `kurtosis` v^2. */
static void assert_moments(const real *W, size_t n, double variance, double kurtosis)
{
    double sum = 0, squares = 0, count = (double)n;
    for (size_t i = 0; i < n; i++) {
        sum += (double)W[i];
        squares += (double)W[i] * (double)W[i];
    }
    assert_true(fabs(sum / count) < 5 * sqrt(variance / count));
    assert_true(fabs(squares / count - variance) < 5 * variance * sqrt((kurtosis - 1) / count));
}

static double largest(const real *W, size_t n)
{
    double most = 0;
    for (size_t i = 0; i < n; i++)
        most = fmax(most, fabs((double)W[i]));
    return most;
}

static const struct {
    enum initialisation rule;
    double variance;
    bool uniform;
} rules[] = {
    {INITIALISATION_NORMAL, 1, false},
    {INITIALISATION_XAVIER_UNIFORM, 2.0 / (IN + OUT), true},
    {INITIALISATION_XAVIER_NORMAL, 2.0 / (IN + OUT), false},
    {INITIALISATION_HE_UNIFORM, 2.0 / IN, true},
    {INITIALISATION_HE_NORMAL, 2.0 / IN, false},
};

static void each_rule_has_its_moments(void **state)
{
    struct chain chain = two_layers(ACTIVATION_TANH, 1);
    (void)state;
    for (size_t r = 0; r < sizeof rules / sizeof *rules; r++) {
        real *W = draw(&chain, rules[r].rule, 11);
        double limit = sqrt(3 * rules[r].variance); /* of a uniform distribution of that variance */
        assert_moments(W, WEIGHTS, rules[r].variance, rules[r].uniform ? 9.0 / 5 : 3);
        if (rules[r].uniform)
            assert_true(largest(W, WEIGHTS) <= limit && largest(W, WEIGHTS) > 0.999 * limit);
        else
            assert_true(largest(W, WEIGHTS) > 3.5 * sqrt(rules[r].variance));
        free(W);
    }
    chain_free(&chain);
}

static void biases_are_zero(void **state)
{
    struct chain chain = two_layers(ACTIVATION_RELU, 2);
    (void)state;
    for (int rule = 0; rule < INITIALISATION_COUNT; rule++) {
        real *theta = draw(&chain, (enum initialisation)rule, 3);
        for (size_t l = 0; l < 2; l++) {
            const struct layer *layer = &chain.layer[l];
            assert_true(largest(theta + layer->bias_offset, layer->outputs) == 0);
            assert_true((largest(theta + layer->weight_offset, layer->inputs * layer->outputs) == 0) ==
                        (rule == INITIALISATION_ZERO));
        }
        free(theta);
    }
    chain_free(&chain);
}

/* The same rule drawn by itself gives the same bits. */
static void auto_follows_the_activation(void **state)
{
    const enum activation hidden[] = {ACTIVATION_RELU,    ACTIVATION_LEAKY_RELU, ACTIVATION_GELU,
                                      ACTIVATION_SIGMOID, ACTIVATION_TANH,       ACTIVATION_IDENTITY};
    (void)state;
    for (size_t h = 0; h < sizeof hidden / sizeof *hidden; h++) {
        struct chain chain = two_layers(hidden[h], 2);
        real *chosen = draw(&chain, INITIALISATION_AUTO, 5), *xavier = draw(&chain, INITIALISATION_XAVIER_UNIFORM, 5);
        real *he = draw(&chain, INITIALISATION_HE_NORMAL, 5);
        assert_memory_equal(chosen, h < 3 ? he : xavier, WEIGHTS * sizeof *chosen);
        size_t last = chain.layer[1].weight_offset; /* the output's is Xavier's whatever the hidden layer */
        assert_memory_equal(chosen + last, xavier + last, 2 * OUT * sizeof *chosen);
        free(chosen);
        free(xavier);
        free(he);
        chain_free(&chain);
    }
}

static void a_layer_depends_on_the_seed_and_its_place(void **state)
{
    struct chain chain = two_layers(ACTIVATION_TANH, 1), wider = two_layers(ACTIVATION_TANH, 7);
    real *first = draw(&chain, INITIALISATION_NORMAL, 1), *again = draw(&chain, INITIALISATION_NORMAL, 1);
    real *other = draw(&chain, INITIALISATION_NORMAL, 2), *beside = draw(&wider, INITIALISATION_NORMAL, 1);
    (void)state;
    assert_memory_equal(first, again, chain.parameters * sizeof *first);
    assert_memory_equal(first, beside, WEIGHTS * sizeof *first); /* whatever the next layer is */
    for (size_t i = 0; i < 100; i++) {
        assert_true(first[i] != other[i]);
        assert_true(first[i] != first[chain.layer[1].weight_offset + i]);
    }
    free(first);
    free(again);
    free(other);
    free(beside);
    chain_free(&chain);
    chain_free(&wider);
}

static void both_precisions_draw_the_same(void **state)
{
    struct chain chain = two_layers(ACTIVATION_TANH, 1);
    other_real *other = malloc(chain.parameters * sizeof *other);
    (void)state;
    for (int rule = 0; rule < INITIALISATION_COUNT; rule++) {
        real *theta = draw(&chain, (enum initialisation)rule, 9);
        initialise_other(&chain, (enum initialisation)rule, 9, other);
        for (size_t i = 0; i < chain.parameters; i++)
            assert_true((float)theta[i] == (float)other[i]);
        free(theta);
    }
    free(other);
    chain_free(&chain);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_rule_has_its_moments),     cmocka_unit_test(biases_are_zero),
        cmocka_unit_test(auto_follows_the_activation),   cmocka_unit_test(a_layer_depends_on_the_seed_and_its_place),
        cmocka_unit_test(both_precisions_draw_the_same),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

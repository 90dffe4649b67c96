/* The pass with dropout: outputs and gradients against plain loops with the same
 * mask, in long double and by differences; bits on every schedule. */
#include "chain/objective.h"

#include "chain/network.h"
#include "fold/padded.h"
#include "fold/schedule.h"
#include "fold/truth.h"
#include "kernel/vector.h"

#define THRESHOLD (sizeof(real) == sizeof(double) ? 1e-9 * truth_slack() : 3e-5)

enum { N = 150, FIRST = 7, INPUTS = 3, WIDTH = 5, HIDDEN = 2 };

static const struct dropout dropout = {0.375, 1234, (uint64_t)2 << 56 | 40};

struct problem {
    struct chain chain;
    struct padded x, y;
    struct view_source source;
    real *theta;
    long double *exact;
    real mask[HIDDEN][(FIRST + N) * WIDTH];
};

/* Each hidden layer's mask, of all rows at once. */
static struct problem problem_make(enum activation activation)
{
    const size_t sizes[] = {INPUTS, WIDTH, WIDTH, 2};
    const enum activation activations[] = {activation, ACTIVATION_TANH, ACTIVATION_IDENTITY};
    const bool bias[] = {true, false, true};
    uint64_t random = 3;
    struct problem problem = {.chain = network_chain(3, sizes, activations, bias)};
    problem.x = padded_make(REAL_DTYPE, FIRST + N, INPUTS, 1, 0.25, 1, &random);
    problem.y = padded_make(REAL_DTYPE, FIRST + N, 2, 0, 0, 1, &random);
    problem.source = R(view_source)(problem.x.view, problem.y.view, (gemml_view)GEMML_EMPTY_VIEW);
    problem.theta = network_parameters(&problem.chain, &problem.exact, &random);
    for (size_t l = 0; l < HIDDEN; l++) {
        for (size_t i = 0; i < (FIRST + N) * WIDTH; i++)
            problem.mask[l][i] = 1;
        R(vector_dropout)(dropout.seed, dropout.stream + l, 0, (FIRST + N) * WIDTH, dropout.rate, problem.mask[l]);
    }
    return problem;
}

static void problem_free(struct problem *problem)
{
    chain_free(&problem->chain);
    padded_free(&problem->x);
    padded_free(&problem->y);
    free(problem->theta);
    free(problem->exact);
}

/* One row, layer by layer, with the mask on the hidden ones. */
static long double row_loss(const struct problem *problem, const long double *theta, size_t i)
{
    long double a[WIDEST], z[WIDEST], loss = 0;
    for (size_t j = 0; j < INPUTS; j++)
        a[j] = padded_at(&problem->x, i, j);
    for (size_t l = 0; l < problem->chain.layers; l++) {
        struct layer layer = problem->chain.layer[l];
        struct chain alone = {1, &layer, problem->chain.parameters, LOSS_SQUARED_ERROR};
        network_row(&alone, theta, a, z);
        for (size_t k = 0; l < HIDDEN && k < WIDTH; k++)
            a[k] *= (long double)problem->mask[l][i * WIDTH + k];
    }
    for (size_t k = 0; k < 2; k++) {
        long double e = z[k] - padded_at(&problem->y, i, k);
        loss += e * e / 2;
    }
    return loss;
}

static long double plain_loss(const long double *theta, void *context)
{
    long double sum = 0;
    for (size_t i = FIRST; i < FIRST + N; i++)
        sum += row_loss(context, theta, i);
    return sum;
}

static const enum activation activations[] = {ACTIVATION_IDENTITY, ACTIVATION_SIGMOID,    ACTIVATION_TANH,
                                              ACTIVATION_RELU,     ACTIVATION_LEAKY_RELU, ACTIVATION_GELU};

static void loss_and_gradient_have_the_mask(void **state)
{
    (void)state;
    for (size_t f = 0; f < sizeof activations / sizeof *activations; f++) {
        struct problem problem = problem_make(activations[f]);
        real *gradient = malloc(problem.chain.parameters * sizeof *gradient);
        struct objective objective;
        assert_int_equal(R(objective_fold_dropout)(&objective, &problem.chain, problem.theta, &problem.source.source,
                                                   FIRST, N, &dropout, gradient),
                         GEMML_OK);
        double loss = (double)plain_loss(problem.exact, &problem);
        assert_near(objective.loss, loss / N, THRESHOLD);
        for (size_t i = 0; i < problem.chain.parameters; i++) {
            double truth = network_difference(plain_loss, &problem, problem.exact, i);
            assert_near((double)gradient[i] / N, truth / N, THRESHOLD);
        }
        /* It makes a difference, and without it there is none. */
        assert_int_equal(
            R(objective_fold)(&objective, &problem.chain, problem.theta, &problem.source.source, FIRST, N, gradient),
            GEMML_OK);
        assert_true(fabs(objective.loss - loss / N) > 1e-3);
        free(gradient);
        problem_free(&problem);
    }
}

static void bits_do_not_depend_on_the_schedule(void **state)
{
    enum { MANY = 9000 };
    const size_t sizes[] = {INPUTS, 33, 2};
    const enum activation two[] = {ACTIVATION_RELU, ACTIVATION_IDENTITY};
    const bool bias[] = {true, true};
    uint64_t random = 5;
    long double *exact;
    struct chain chain = network_chain(2, sizes, two, bias);
    real *theta = network_parameters(&chain, &exact, &random), first[300], gradient[300];
    struct padded x = padded_make(REAL_DTYPE, MANY, INPUTS, 0, 0, 1, &random);
    struct padded y = padded_make(REAL_DTYPE, MANY, 2, 0, 0, 1, &random);
    struct view_source source = R(view_source)(x.view, y.view, (gemml_view)GEMML_EMPTY_VIEW);
    struct objective objective;
    (void)state;
    assert_true(chain.parameters <= 300);
    for (size_t schedule = 0; schedule < SCHEDULES; schedule++) {
        schedule_use(schedule);
        assert_int_equal(R(objective_fold_dropout)(&objective, &chain, theta, &source.source, 0, MANY, &dropout,
                                                   schedule == 0 ? first : gradient),
                         GEMML_OK);
        if (schedule > 0)
            assert_memory_equal(first, gradient, chain.parameters * sizeof *first);
    }
    chain_free(&chain);
    padded_free(&x);
    padded_free(&y);
    free(theta);
    free(exact);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(loss_and_gradient_have_the_mask),
        cmocka_unit_test_teardown(bits_do_not_depend_on_the_schedule, schedule_restore),
    };
    return cmocka_run_group_tests(tests, guard_enter, guard_leave);
}

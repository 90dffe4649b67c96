/* Chains with a large layer, which go by tiles: loss and gradient against plain loops in
 * double, with weights and dropout, over several strips; the same bits on every schedule. */
#include "chain/objective.h"

#include "fold/padded.h"
#include "fold/schedule.h"
#include "kernel/vector.h"

/* Weights of 65536 and more in the hidden layer; strips of 515 rows are 258 and 257. */
enum { N = 515, FIRST = 3, ROWS = FIRST + N, P = 290, HIDDEN = 260, K = 3, LAYERS = 2 };

static const double threshold = sizeof(real) == sizeof(double) ? 1e-12 : 1e-4;
static const struct dropout dropout = {0.25, 99, 7};

struct problem {
    struct chain chain;
    struct padded x, y, weight;
    struct view_source source;
    real *theta;
};

static struct problem problem_make(bool weighted)
{
    const size_t sizes[] = {P, HIDDEN, K};
    const enum activation activations[] = {ACTIVATION_TANH, ACTIVATION_IDENTITY};
    const bool bias[] = {true, true};
    uint64_t random = 11;
    struct problem problem = {0};
    assert_int_equal(chain_make(&problem.chain, LAYERS, sizes, activations, bias, LOSS_SQUARED_ERROR), GEMML_OK);
    problem.x = padded_make(REAL_DTYPE, ROWS, P, 1, 0, 1, &random);
    problem.y = padded_make(REAL_DTYPE, ROWS, K, 2, 0, 1, &random);
    problem.weight = padded_weights(REAL_DTYPE, ROWS, 1, &random);
    problem.source =
        R(view_source)(problem.x.view, problem.y.view, weighted ? problem.weight.view : (gemml_view)GEMML_EMPTY_VIEW);
    problem.theta = malloc(problem.chain.parameters * sizeof(real));
    for (size_t i = 0; i < problem.chain.parameters; i++)
        problem.theta[i] = (real)(0.1 * test_random(&random));
    return problem;
}

static void problem_free(struct problem *problem)
{
    chain_free(&problem->chain);
    padded_free(&problem->x);
    padded_free(&problem->y);
    padded_free(&problem->weight);
    free(problem->theta);
}

/* One row: hidden values a (masked) and the derivative of tanh times the mask, slope; d = w (z - y).
 * Gives w times the loss. */
static double plain_row(const struct problem *problem, const real *mask, size_t i, double w, double *a, double *slope,
                        double *d)
{
    const real *W1 = problem->theta, *b1 = W1 + P * HIDDEN, *W2 = b1 + HIDDEN, *b2 = W2 + HIDDEN * K;
    double loss = 0;
    for (size_t h = 0; h < HIDDEN; h++) {
        double z = (double)b1[h], m = mask ? (double)mask[i * HIDDEN + h] : 1;
        for (size_t j = 0; j < P; j++)
            z += (double)padded_at(&problem->x, i, j) * (double)W1[j * HIDDEN + h];
        a[h] = m * tanh(z);
        slope[h] = m * (1 - tanh(z) * tanh(z));
    }
    for (size_t k = 0; k < K; k++) {
        double z = (double)b2[k];
        for (size_t h = 0; h < HIDDEN; h++)
            z += a[h] * (double)W2[h * K + k];
        d[k] = w * (z - (double)padded_at(&problem->y, i, k));
        loss += (z - (double)padded_at(&problem->y, i, k)) * (z - (double)padded_at(&problem->y, i, k)) / 2;
    }
    return w * loss;
}

static void add_plain_gradient(const struct problem *problem, size_t i, const double *a, const double *slope,
                               const double *d, double *g)
{
    const real *W2 = problem->theta + (P + 1) * HIDDEN;
    double *g_b1 = g + P * HIDDEN, *g_W2 = g_b1 + HIDDEN, *g_b2 = g_W2 + HIDDEN * K;
    for (size_t k = 0; k < K; k++)
        g_b2[k] += d[k];
    for (size_t h = 0; h < HIDDEN; h++) {
        double e = 0;
        for (size_t k = 0; k < K; k++) {
            g_W2[h * K + k] += a[h] * d[k];
            e += d[k] * (double)W2[h * K + k];
        }
        g_b1[h] += e * slope[h];
        for (size_t j = 0; j < P; j++)
            g[j * HIDDEN + h] += e * slope[h] * (double)padded_at(&problem->x, i, j);
    }
}

static real *make_mask(void)
{
    real *mask = malloc((size_t)ROWS * HIDDEN * sizeof *mask);
    for (size_t i = 0; i < (size_t)ROWS * HIDDEN; i++)
        mask[i] = 1;
    R(vector_dropout)(dropout.seed, dropout.stream, 0, (size_t)ROWS * HIDDEN, dropout.rate, mask);
    return mask;
}

/* F and its gradient by plain loops; sum_weight out. */
static double plain(const struct problem *problem, bool drops, double *g, double *sum_weight)
{
    double a[HIDDEN], slope[HIDDEN], d[K], loss = 0;
    real *mask = drops ? make_mask() : NULL;
    *sum_weight = 0;
    memset(g, 0, problem->chain.parameters * sizeof *g);
    for (size_t i = FIRST; i < ROWS; i++) {
        double w = problem->source.weight.data ? (double)padded_at(&problem->weight, i, 0) : 1;
        loss += plain_row(problem, mask, i, w, a, slope, d);
        add_plain_gradient(problem, i, a, slope, d, g);
        *sum_weight += w;
    }
    free(mask);
    return loss;
}

static gemml_status run(const struct problem *problem, bool drops, struct objective *objective, real *gradient)
{
    return R(objective_fold_dropout)(objective, &problem->chain, problem->theta, &problem->source.source, FIRST, N,
                                     drops ? &dropout : NULL, gradient);
}

static void check(bool weighted, bool drops)
{
    struct problem problem = problem_make(weighted);
    size_t count = problem.chain.parameters;
    double *exact = malloc(count * sizeof *exact), sum_weight, loss = plain(&problem, drops, exact, &sum_weight);
    real *first = malloc(count * sizeof *first), *gradient = malloc(count * sizeof *gradient);
    struct objective objective;
    for (size_t schedule = 0; schedule < SCHEDULES; schedule++) {
        schedule_use(schedule);
        memset(gradient, 0xFF, count * sizeof *gradient); /* NaN: it is not read */
        assert_int_equal(run(&problem, drops, &objective, schedule == 0 ? first : gradient), GEMML_OK);
        assert_near(objective.sum_weight, sum_weight, 1e-13);
        assert_near(objective.loss, loss / sum_weight, threshold);
        if (schedule > 0)
            assert_memory_equal(first, gradient, count * sizeof *first);
    }
    for (size_t i = 0; i < count; i++)
        assert_near((double)first[i] / sum_weight, exact[i] / sum_weight, threshold);
    free(exact);
    free(first);
    free(gradient);
    problem_free(&problem);
}

static void loss_and_gradient_match_plain_loops(void **state)
{
    (void)state;
    check(false, false);
    check(true, false);
}

static void with_dropout_too(void **state)
{
    (void)state;
    check(true, true);
}

/* A gradient of no rows is 0, in a workspace or not. */
static void no_rows_have_no_gradient(void **state)
{
    struct problem problem = problem_make(false);
    size_t count = problem.chain.parameters;
    real *gradient = malloc(count * sizeof *gradient);
    struct objective objective;
    (void)state;
    memset(gradient, 0xFF, count * sizeof *gradient);
    assert_int_equal(
        R(objective_fold)(&objective, &problem.chain, problem.theta, &problem.source.source, 0, 0, gradient), GEMML_OK);
    assert_true(objective.sum_weight == 0);
    for (size_t i = 0; i < count; i++)
        assert_true(gradient[i] == 0);
    free(gradient);
    problem_free(&problem);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(loss_and_gradient_match_plain_loops, schedule_restore),
        cmocka_unit_test_teardown(with_dropout_too, schedule_restore),
        cmocka_unit_test(no_rows_have_no_gradient),
    };
    return cmocka_run_group_tests(tests, guard_enter, guard_leave);
}

/* The loss of a linear regression as a quadratic function of its parameters, against sums over the rows in long
 * double: anywhere, and near the minimum, where rounding has the last word. */
#include <string.h>

#include "fold/gram.h"
#include "solve/problem.h"

static uint64_t random_state;

/* A problem with its chain, maps and Gram matrix, as descent has them. */
struct fixture {
    struct problem problem;
    struct fitted *fitted;
    struct view_source source; /* mapped */
    struct gram gram;
};

static void open_fixture(struct fixture *fixture, struct problem problem)
{
    const enum activation identity = ACTIVATION_IDENTITY;
    const bool bias = problem.options.intercept != 0;
    *fixture = (struct fixture){.problem = problem};
    problem_describe(&fixture->problem);
    fixture->problem.linear.options = &fixture->problem.options;
    assert_int_equal(fitted_new(&fixture->fitted), GEMML_OK);
    fixture->fitted->map.inputs = problem.p;
    assert_int_equal(chain_make(&fixture->fitted->chain, 1, (const size_t[]){problem.p, problem.K}, &identity, &bias,
                                LOSS_SQUARED_ERROR),
                     GEMML_OK);
    fixture->source = linear_source(&fixture->problem.linear);
    assert_int_equal(linear_maps(fixture->fitted, &fixture->problem.linear, &fixture->source), GEMML_OK);
    assert_int_equal(linear_gram(&fixture->gram, &fixture->source), GEMML_OK);
    fixture->source.shift = fixture->fitted->map.shift;
    fixture->source.scale = fixture->fitted->map.scale;
    fixture->source.y_shift = fixture->fitted->target_map.shift;
    fixture->source.y_scale = fixture->fitted->target_map.scale;
}

static void close_fixture(struct fixture *fixture)
{
    gram_free(&fixture->gram);
    fitted_free(fixture->fitted);
    problem_free(&fixture->problem);
}

static struct quadratic *make(struct fixture *fixture)
{
    struct quadratic *quadratic = NULL;
    struct fitted *fitted = fixture->fitted;
    assert_int_equal(
        quadratic_make(&quadratic, &fitted->chain, &fixture->source, &fixture->gram, &fitted->map, &fitted->target_map),
        GEMML_OK);
    return quadratic;
}

static long double mapped_x(const struct fixture *fixture, size_t i, size_t j)
{
    const struct input_map *map = &fixture->fitted->map;
    long double x = fixture->problem.x[i * fixture->problem.p + j];
    return map->shift ? (x - map->shift[j]) * map->scale[j] : x;
}

static long double mapped_y(const struct fixture *fixture, size_t i, size_t k)
{
    const struct output_map *map = &fixture->fitted->target_map;
    long double y = fixture->problem.y[i * fixture->problem.K + k];
    return map->shift ? (y - map->shift[k]) * map->scale[k] : y;
}

/* The mean loss, the sums of the gradient, and, for each of these, the sum of the sizes of its terms. */
static void truth(const struct fixture *fixture, const double *theta, long double *loss, long double *gradient,
                  long double *sizes)
{
    const struct problem *problem = &fixture->problem;
    size_t p = problem->p, K = problem->K, count = fixture->fitted->chain.parameters;
    memset(gradient, 0, count * sizeof *gradient);
    memset(sizes, 0, count * sizeof *sizes);
    *loss = 0;
    for (size_t i = 0; i < problem->n; i++)
        for (size_t k = 0; k < K; k++) {
            long double w = problem_weight(problem, i), r = -mapped_y(fixture, i, k), size = fabsl(r);
            for (size_t j = 0; j <= p; j++) {
                long double x = j < p ? mapped_x(fixture, i, j) : 1;
                long double term = j < p || problem->options.intercept ? x * theta[j * K + k] : 0;
                r += term;
                size += fabsl(term);
            }
            *loss += w * r * r / 2;
            for (size_t j = 0; j < p || (j == p && problem->options.intercept); j++) {
                long double x = j < p ? mapped_x(fixture, i, j) : 1;
                gradient[j * K + k] += w * r * x;
                sizes[j * K + k] += w * size * fabsl(x);
            }
        }
    *loss /= (long double)problem->linear.sum_weight;
}

/* Within `digits` of rounding of what the terms are. */
static void compare(const struct fixture *fixture, struct quadratic *quadratic, const double *theta, double tolerance)
{
    size_t count = fixture->fitted->chain.parameters;
    long double *gradient = calloc(2 * count, sizeof *gradient), *sizes = gradient + count, loss;
    double *found = calloc(count, sizeof *found), found_loss;
    truth(fixture, theta, &loss, gradient, sizes);
    assert_int_equal(quadratic_evaluate(quadratic, theta, &found_loss, found), GEMML_OK);
    assert_true(fabsl(found_loss - loss) <= (long double)tolerance * loss);
    for (size_t i = 0; i < count; i++)
        assert_true(fabsl(found[i] - gradient[i]) <= (long double)tolerance * sizes[i]);
    free(gradient);
    free(found);
}

/* At parameters at random, far away, and at 0. */
static void look_around(struct fixture *fixture, double tolerance)
{
    struct quadratic *quadratic = make(fixture);
    size_t count = fixture->fitted->chain.parameters;
    double *theta = calloc(count, sizeof *theta);
    compare(fixture, quadratic, theta, tolerance);
    for (int far = 0; far < 3; far++) {
        for (size_t i = 0; i < count; i++)
            theta[i] = pow(100, far) * test_random(&random_state);
        compare(fixture, quadratic, theta, tolerance);
    }
    quadratic_free(quadratic);
    free(theta);
}

static void it_is_the_loss_of_the_rows(void **state)
{
    (void)state;
    for (unsigned bits = 0; bits < 24; bits++) {
        struct problem problem = problem_random(120, 5, 1 + bits % 2, 4, 2, &random_state);
        problem.options.intercept = bits & 2;
        problem.options.scaling = bits & 4 ? GEMML_SCALING_STANDARDIZE : GEMML_SCALING_NONE;
        problem.options.target_scaling = bits & 8 ? GEMML_SCALING_STANDARDIZE : GEMML_SCALING_NONE;
        if (bits & 16)
            problem_weigh(&problem, &random_state);
        struct fixture fixture;
        open_fixture(&fixture, problem);
        look_around(&fixture, 1e-13);
        close_fixture(&fixture);
    }
}

/* Columns that say the same, and one that never changes: there is no one minimum. */
static void dependent_columns_are_welcome(void **state)
{
    (void)state;
    for (int intercept = 0; intercept < 2; intercept++) {
        struct problem problem = problem_random(90, 6, 2, 1, 2, &random_state);
        problem.options.intercept = intercept;
        for (size_t i = 0; i < 90; i++) {
            double *x = problem.x + i * 6;
            x[3] = x[0] - 2 * x[1];
            x[4] = 7;
        }
        struct fixture fixture;
        open_fixture(&fixture, problem);
        look_around(&fixture, 1e-13);
        close_fixture(&fixture);
    }
}

/* Where the targets are all but a plane the loss is a 1e-20th of their squares, and keeps its digits: what
 * the residuals at the minimum come to is summed over the rows. */
static void nothing_cancels_near_the_minimum(void **state)
{
    struct problem problem = problem_random(200, 4, 1, 0, 2, &random_state);
    struct fixture fixture;
    (void)state;
    for (size_t i = 0; i < 200; i++) {
        problem.y[i] = 3;
        for (size_t j = 0; j < 4; j++)
            problem.y[i] += (double)(j + 1) * problem.x[i * 4 + j];
        problem.y[i] += 1e-10 * test_random(&random_state);
    }
    open_fixture(&fixture, problem);
    struct quadratic *quadratic = make(&fixture);
    double theta[] = {1, 2, 3, 4, 3}, gradient[5], loss;
    for (int e = 6; e < 12; e++) {
        long double expected, true_gradient[5], sizes[5];
        for (size_t j = 0; j < 4; j++)
            theta[j] = (double)(j + 1) + pow(10, -e);
        truth(&fixture, theta, &expected, true_gradient, sizes);
        assert_int_equal(quadratic_evaluate(quadratic, theta, &loss, gradient), GEMML_OK);
        /* r is rounded by 1e-15, beside 1e-10 */
        assert_true(fabsl(loss - expected) <= 1e-4L * expected);
        for (size_t j = 0; j < 5; j++)
            assert_true(fabsl(gradient[j] - true_gradient[j]) <= 1e-15L * sizes[j]);
    }
    quadratic_free(quadratic);
    close_fixture(&fixture);
}

static void it_pays_where_rows_are_many(void **state)
{
    (void)state;
    assert_true(quadratic_pays(1000, 10, 20));
    assert_true(quadratic_pays(1000000, 100, 20));
    assert_true(quadratic_pays(1024, 1024, 100));
    assert_false(quadratic_pays(1000000, 100, 3));    /* the Gram matrix costs more */
    assert_false(quadratic_pays(1000000, 1025, 100)); /* a large one */
    assert_false(quadratic_pays(99, 100, 20));        /* the rows are fewer than its own */
    assert_false(quadratic_pays(1000, 10, 0));
}

/* The run that never looks at the rows again, and the same one by passes, which single steps of a
 * trainer by hand are. */
static void descent_takes_the_same_steps(void **state)
{
    struct problem problem = problem_random(300, 5, 2, 3, 2, &random_state);
    struct training training = {.time_budget = (double)NAN}, by_hand = {.time_budget = (double)NAN, .by_hand = true};
    (void)state;
    problem.options.rate = 0.01;
    problem.options.epochs = 30;
    problem.options.l2 = 3;
    assert_int_equal(problem_solve_with(&problem, &training), GEMML_OK);
    assert_true(training.objective != NULL);
    size_t count = problem.fitted->chain.parameters;
    double *first = malloc(count * sizeof *first), losses[30];
    memcpy(first, problem.fitted->parameters, count * sizeof *first);
    memcpy(losses, problem.fitted->record.loss_history, sizeof losses);
    assert_int_equal(problem_solve_with(&problem, &by_hand), GEMML_OK);
    assert_true(by_hand.objective == NULL);
    for (size_t i = 0; i < count; i++)
        assert_near(first[i], ((const double *)problem.fitted->parameters)[i], 1e-13);
    for (size_t e = 0; e < 30; e++)
        assert_near(losses[e], problem.fitted->record.loss_history[e], 1e-13);
    free(first);
    problem_free(&problem);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_is_the_loss_of_the_rows),       cmocka_unit_test(dependent_columns_are_welcome),
        cmocka_unit_test(nothing_cancels_near_the_minimum), cmocka_unit_test(it_pays_where_rows_are_many),
        cmocka_unit_test(descent_takes_the_same_steps),
    };
    return cmocka_run_group_tests(tests, guard_enter, guard_leave);
}

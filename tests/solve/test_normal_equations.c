/* The normal equations themselves: their solution operator, their condition, the
 * step from one solution to another, refinement, and the largest eigenvalue. */
#include "solve/normal_equations.h"

#include "solve/problem.h"

static uint64_t random_state;

struct equations {
    struct view_source source;
    struct gram gram;
    struct normal_equations normal;
};

static void equations_make(struct equations *equations, struct problem *problem, const struct input_map *map)
{
    problem_describe(problem);
    equations->source = linear_source(&problem->linear);
    assert_int_equal(linear_gram(&equations->gram, &equations->source), GEMML_OK);
    assert_int_equal(normal_equations_make(&equations->normal, &equations->gram, map, problem->options.intercept != 0,
                                           problem->options.l2),
                     GEMML_OK);
}

static void equations_free(struct equations *equations)
{
    gram_free(&equations->gram);
    normal_equations_free(&equations->normal);
}

/* (U'WU + Lambda) v by plain loops over the data. */
static void plain_product(const struct problem *problem, const struct normal_equations *normal, const double *v,
                          long double *product)
{
    size_t p = problem->p;
    for (size_t j = 0; j < p; j++)
        product[j] = (long double)normal->penalty[j] * v[j];
    for (size_t i = 0; i < problem->n; i++) {
        const double *x = problem->x + i * p;
        long double uv = 0;
        for (size_t j = 0; j < p; j++)
            uv += (x[j] - (long double)normal->center[j]) * normal->scale[j] * v[j];
        for (size_t j = 0; j < p; j++)
            product[j] += problem_weight(problem, i) * uv * (x[j] - (long double)normal->center[j]) * normal->scale[j];
    }
}

static void the_operator_is_inverted(void **state)
{
    const struct input_map identity = {.inputs = 5};
    double x[5];
    long double back[5];
    (void)state;
    for (unsigned bits = 0; bits < 8; bits++) {
        struct problem problem = problem_random(60, 5, 2, 3, 2, &random_state);
        struct equations equations;
        problem.options.intercept = bits & 1;
        problem.options.l2 = bits & 2 ? 3.5 : 0;
        if (bits & 4)
            problem_weigh(&problem, &random_state);
        for (size_t i = 0; i < 60; i++)
            problem.x[i * 5 + 3] *= 1e-7; /* what equilibration is for */
        equations_make(&equations, &problem, &identity);
        for (size_t column = 0; column < 5; column++) {
            for (size_t j = 0; j < 5; j++)
                x[j] = j == column;
            assert_int_equal(normal_equations_solve(&equations.normal, x), GEMML_OK);
            plain_product(&problem, &equations.normal, x, back);
            for (size_t j = 0; j < 5; j++)
                assert_near((double)back[j], j == column, 1e-10);
        }
        assert_int_equal(equations.normal.nullity, 0);
        assert_int_equal(equations.normal.rank, 5 + (bits & 1));
        assert_null(equations.normal.eigenvalues);
        equations_free(&equations);
        problem_free(&problem);
    }
}

/* rcond is 1 / (condition of the equilibrated columns)^2, to a factor for the
 * norm: two columns at a given angle, whatever their scales. */
static void the_condition_is_of_equilibrated_columns(void **state)
{
    const struct input_map identity = {.inputs = 2};
    const double angles[] = {1, 1e-1, 1e-2, 1e-4, 1e-5};
    (void)state;
    for (size_t a = 0; a < 5; a++)
        for (int scaled = 0; scaled < 2; scaled++) {
            struct problem problem = problem_make(64, 2, 1);
            struct equations equations;
            for (size_t i = 0; i < 64; i++) { /* orthogonal +-1 columns, turned towards each other */
                double one = i % 2 ? 1 : -1, two = i % 4 < 2 ? 1 : -1;
                problem.x[2 * i] = scaled ? 1e8 * one : one;
                problem.x[2 * i + 1] = one + angles[a] * two;
                problem.y[i] = (double)i;
            }
            equations_make(&equations, &problem, &identity);
            /* For the correlation c: eigenvalues 1 +- c, and the 1-norm is 1 + c. */
            double c = 1 / sqrt(1 + angles[a] * angles[a]), truth = (1 - c) / (1 + c);
            assert_true(equations.normal.rcond > truth / 4 && equations.normal.rcond < truth * 4);
            equations_free(&equations);
            problem_free(&problem);
        }
}

/* The parameters that a solution stands for, and back. */
static void solutions_and_parameters(void **state)
{
    double shift[] = {5, -1, 0.1}, scale[] = {0.3, 7, 1};
    const struct input_map maps[] = {{.inputs = 3}, {3, shift, scale}};
    (void)state;
    for (unsigned bits = 0; bits < 4; bits++) {
        struct problem problem = problem_random(40, 3, 2, 3, 2, &random_state);
        struct equations equations;
        struct solution solution, back;
        double theta[8], again[8];
        problem.options.intercept = bits & 1;
        const struct input_map *map = &maps[bits >> 1];
        if (!problem.options.intercept && map->shift)
            map = &maps[0]; /* theta alone does not say what the shift amounts to */
        equations_make(&equations, &problem, map);
        assert_int_equal(solution_make(&solution, &equations.normal), GEMML_OK);
        solution_parameters(&solution, &equations.normal, map, theta);
        assert_int_equal(solution_from_parameters(&back, &equations.normal, map, theta), GEMML_OK);
        solution_parameters(&back, &equations.normal, map, again);
        for (size_t i = 0; i < (problem.options.intercept ? 8 : 6); i++)
            assert_true(digits(again[i], theta[i]) > 15);
        for (size_t k = 0; k < 2; k++) {
            assert_near(doubled_value(back.alpha[k]), doubled_value(solution.alpha[k]), 1e-14);
            for (size_t j = 0; j < 3; j++)
                assert_true(digits(doubled_value(back.v[k * 3 + j]), doubled_value(solution.v[k * 3 + j])) > 15);
        }
        solution_free(&solution);
        solution_free(&back);
        equations_free(&equations);
        problem_free(&problem);
    }
}

/* Columns at an angle of 1e-6 cost the factor twelve digits; refinement gives them back. */
static void refinement_gives_the_digits_back(void **state)
{
    const struct input_map identity = {.inputs = 2};
    (void)state;
    for (int intercept = 0; intercept < 2; intercept++) {
        struct problem problem = problem_make(200, 2, 1);
        struct equations equations;
        struct solution solution;
        long double truth[3];
        for (size_t i = 0; i < 200; i++) {
            problem.x[2 * i] = test_random(&random_state);
            problem.x[2 * i + 1] = problem.x[2 * i] + 1e-6 * test_random(&random_state);
            problem.y[i] = problem.x[2 * i] + test_random(&random_state);
        }
        problem.options.intercept = intercept;
        problem_truth(&problem, NULL, NULL, truth);
        equations_make(&equations, &problem, &identity);
        assert_int_equal(equations.normal.nullity, 0);
        assert_int_equal(solution_make(&solution, &equations.normal), GEMML_OK);
        assert_true(solution_should_refine(&solution, &equations.normal, SIZE_MAX / 2));
        double before =
            digits(solution.v[1].hi * equations.normal.scale[1] / equations.normal.scale[2], (double)truth[2]);
        assert_int_equal(solution_refine(&solution, &equations.normal, &equations.source.source), GEMML_OK);
        double after =
            digits(solution.v[1].hi * equations.normal.scale[1] / equations.normal.scale[2], (double)truth[2]);
        assert_true(before < 8 && after > 12 - 2 * log10(truth_slack()));
        assert_true(solution.steps >= 2);
        solution_free(&solution);
        equations_free(&equations);
        problem_free(&problem);
    }
}

/* The bounds that the header states: size, condition, fit. */
static void when_refinement_pays(void **state)
{
    double tss[] = {1, 1}, rss[] = {0.5, 0.5};
    struct normal_equations equations = {.features = 4, .outputs = 2, .tss = tss, .rcond = 0.5};
    struct solution solution = {.features = 4, .outputs = 2, .rss = rss};
    (void)state;
    assert_true(solution_should_refine(&solution, &equations, 1024)); /* n p = 4096 */
    assert_false(solution_should_refine(&solution, &equations, 1025));
    equations.rcond = 0.9e-2;
    assert_true(solution_should_refine(&solution, &equations, 250000)); /* n p = 10^6 */
    assert_false(solution_should_refine(&solution, &equations, 250001));
    equations.rcond = 0.9e-6;
    assert_true(solution_should_refine(&solution, &equations, 250001));
    equations.rcond = 0.5;
    rss[1] = 0.9e-6;
    assert_true(solution_should_refine(&solution, &equations, 250001));
}

/* The largest eigenvalue of (Z'WZ + diag(lambda, 0)) / sum w, Z = ((x - a) t, 1), as
 * the largest singular value of the augmented rows. */
static double true_eigenvalue(const struct problem *problem, const struct input_map *map)
{
    size_t n = problem->n, p = problem->p, q = p + 1;
    long double *A = calloc((n + p) * q, sizeof *A), *V = malloc(q * q * sizeof *V), W = 0, largest = 0;
    for (size_t i = 0; i < n; i++) {
        long double root = sqrtl(problem_weight(problem, i));
        W += problem_weight(problem, i);
        for (size_t j = 0; j < p; j++)
            A[i * q + j] = root * (problem->x[i * p + j] - (map->shift ? (long double)map->shift[j] : 0)) *
                           (long double)(map->scale ? map->scale[j] : 1);
        A[i * q + p] = problem->options.intercept ? root : 0;
    }
    for (size_t j = 0; j < p; j++)
        A[(n + j) * q + j] = sqrtl((long double)problem->options.l2);
    jacobi_svd(n + p, q, A, V);
    for (size_t j = 0; j < q; j++) {
        long double square = 0;
        for (size_t i = 0; i < n + p; i++)
            square += A[i * q + j] * A[i * q + j];
        largest = fmaxl(largest, square / W);
    }
    free(A);
    free(V);
    return (double)largest;
}

static void check_eigenvalue(struct problem *problem, gemml_scaling scaling)
{
    struct fitted fitted = {0};
    struct gram gram;
    double value;
    problem->options.scaling = scaling;
    problem_describe(problem);
    struct view_source source = linear_source(&problem->linear);
    assert_int_equal(linear_maps(&fitted, &problem->linear, &source), GEMML_OK);
    assert_int_equal(linear_gram(&gram, &source), GEMML_OK);
    assert_int_equal(normal_equations_largest_eigenvalue(&gram, &fitted.map, problem->options.intercept != 0,
                                                         problem->options.l2, &value),
                     GEMML_OK);
    double truth = true_eigenvalue(problem, &fitted.map);
    if (!(value >= 0.98 * truth && value <= (1 + 1e-12) * truth))
        fail_msg("eigenvalue %.17g, truly %.17g", value, truth);
    memory_free(fitted.map.shift);
    memory_free(fitted.map.scale);
    gram_free(&gram);
}

static void the_largest_eigenvalue(void **state)
{
    const double centers[] = {0, 3, -1e4};
    (void)state;
    for (size_t p = 1; p <= 31; p += 10)
        for (size_t c = 0; c < 3; c++)
            for (unsigned bits = 0; bits < 8; bits++) {
                struct problem problem = problem_random(70, p, 1, centers[c], 2, &random_state);
                problem.options.intercept = bits & 1;
                problem.options.l2 = bits & 2 ? 20 : 0;
                if (bits & 4)
                    problem_weigh(&problem, &random_state);
                for (int scaling = GEMML_SCALING_NONE; scaling <= GEMML_SCALING_MINMAX; scaling++)
                    check_eigenvalue(&problem, (gemml_scaling)scaling);
                problem_free(&problem);
            }
}

/* Columns that run against each other: the eigenvector has both signs. */
static void the_largest_eigenvalue_of_opposed_columns(void **state)
{
    (void)state;
    for (size_t p = 2; p <= 6; p++) {
        struct problem problem = problem_random(50, p, 1, 0, 1, &random_state);
        for (size_t i = 0; i < 50; i++)
            for (size_t j = 1; j < p; j++)
                problem.x[i * p + j] = (j % 2 ? -1 : 1) * problem.x[i * p] + 1e-3 * test_random(&random_state);
        check_eigenvalue(&problem, GEMML_SCALING_NONE);
        check_eigenvalue(&problem, GEMML_SCALING_STANDARDIZE);
        problem_free(&problem);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_operator_is_inverted),
        cmocka_unit_test(the_condition_is_of_equilibrated_columns),
        cmocka_unit_test(solutions_and_parameters),
        cmocka_unit_test(refinement_gives_the_digits_back),
        cmocka_unit_test(when_refinement_pays),
        cmocka_unit_test(the_largest_eigenvalue),
        cmocka_unit_test(the_largest_eigenvalue_of_opposed_columns),
    };
    return cmocka_run_group_tests(tests, guard_enter, guard_leave);
}

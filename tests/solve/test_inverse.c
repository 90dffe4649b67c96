/* The inverse of the matrix of the normal equations: against Gauss-Jordan in long
 * double, and as standard errors against the exact ones of published problems. */
#include "solve/inverse.h"
#include "solve/published.h"

static uint64_t random_state;

/* What a solver leaves of a problem: equations factored, the rss refined. */
static gemml_status solve_equations(struct problem *problem, struct view_source *source,
                                    struct normal_equations *equations, double *sigma)
{
    static const struct input_map identity;
    struct solution solution;
    problem_describe(problem);
    *source = linear_source(&problem->linear);
    TRY(linear_solve(equations, &solution, source, &identity, &problem->linear, true));
    double s_y = equations->scale[problem->p], rows = (double)problem->linear.positive_rows;
    *sigma = sqrt(solution.rss[0] / (rows - (double)equations->rank)) / s_y;
    solution_free(&solution);
    return GEMML_OK;
}

/* inv(Z'WZ + lambda I_p), Z = (1, X s), by Gauss-Jordan with pivoting, the intercept first. */
static void true_inverse(const struct problem *problem, const double *s, long double *C)
{
    size_t p = problem->p, m = p + 1;
    long double *M = calloc(m * 2 * m, sizeof *M);
    for (size_t i = 0; i < problem->n; i++)
        for (size_t j = 0; j < m; j++)
            for (size_t k = 0; k < m; k++)
                M[j * 2 * m + k] += problem_weight(problem, i) *
                                    (j ? (long double)problem->x[i * p + j - 1] * s[j - 1] : 1) *
                                    (k ? (long double)problem->x[i * p + k - 1] * s[k - 1] : 1);
    for (size_t j = 0; j < m; j++) {
        M[j * 2 * m + j] += j ? problem->options.l2 * s[j - 1] * s[j - 1] : 0;
        M[j * 2 * m + m + j] = 1;
    }
    for (size_t j = 0; j < m; j++) { /* positive definite: the diagonal will do */
        long double pivot = M[j * 2 * m + j];
        for (size_t k = 0; k < 2 * m; k++)
            M[j * 2 * m + k] /= pivot;
        for (size_t i = 0; i < m; i++)
            for (size_t k = 2 * m; i != j && k-- > 0;)
                M[i * 2 * m + k] -= k == j ? 0 : M[i * 2 * m + j] * M[j * 2 * m + k];
        for (size_t i = 0; i < m; i++)
            M[i * 2 * m + j] = i == j;
    }
    for (size_t j = 0; j < m; j++)
        for (size_t k = 0; k < m; k++)
            C[j * m + k] = M[j * 2 * m + m + k];
    free(M);
}

static void check_random(size_t n, size_t p, double l2, bool weighted, bool refine)
{
    struct problem problem = problem_random(n, p, 1, 3, 2, &random_state);
    struct view_source source;
    struct normal_equations equations;
    double sigma, *C = malloc((p + 1) * (p + 1) * sizeof *C), *diagonal = malloc((p + 1) * sizeof *diagonal);
    long double *truth = malloc((p + 1) * (p + 1) * sizeof *truth);
    if (weighted)
        problem_weigh(&problem, &random_state);
    problem.options.l2 = l2;
    assert_int_equal(solve_equations(&problem, &source, &equations, &sigma), GEMML_OK);
    true_inverse(&problem, equations.scale, truth);
    assert_int_equal(least_squares_inverse(&equations, refine ? &source.source : NULL, C), GEMML_OK);
    assert_int_equal(inverse_diagonal(&equations, refine ? &source.source : NULL, diagonal), GEMML_OK);
    for (size_t j = 0; j <= p; j++) {
        assert_near(diagonal[j] / (double)truth[j * (p + 2)], 1, 1e-12);
        for (size_t k = 0; k <= p; k++) {
            double size = sqrt((double)(truth[j * (p + 2)] * truth[k * (p + 2)]));
            assert_true(fabs(C[j * (p + 1) + k] - (double)truth[j * (p + 1) + k]) <= 1e-13 * size);
            assert_true(C[j * (p + 1) + k] == C[k * (p + 1) + j]);
        }
    }
    normal_equations_free(&equations);
    free(C);
    free(diagonal);
    free(truth);
    problem_free(&problem);
}

static void random_problems(void **state)
{
    (void)state;
    for (int refine = 0; refine < 2; refine++)
        for (int weighted = 0; weighted < 2; weighted++) {
            check_random(50, 1, 0, weighted, refine);
            check_random(200, 7, 0, weighted, refine);
            check_random(200, 20, 3, weighted, refine);
        }
}

static void without_an_intercept(void **state)
{
    struct problem problem = problem_random(40, 2, 1, 3, 2, &random_state);
    struct view_source source;
    struct normal_equations equations;
    double sigma, C[9], diagonal[3];
    long double aa = 0, ab = 0, bb = 0;
    (void)state;
    problem.options.intercept = 0;
    assert_int_equal(solve_equations(&problem, &source, &equations, &sigma), GEMML_OK);
    assert_int_equal(least_squares_inverse(&equations, &source.source, C), GEMML_OK);
    assert_int_equal(inverse_diagonal(&equations, NULL, diagonal), GEMML_OK);
    for (size_t i = 0; i < problem.n; i++) {
        long double a = problem.x[i * 2] * equations.scale[0], b = problem.x[i * 2 + 1] * equations.scale[1];
        aa += a * a, ab += a * b, bb += b * b;
    }
    long double determinant = aa * bb - ab * ab;
    for (size_t j = 0; j < 3; j++)
        assert_true(C[j] == 0 && C[3 * j] == 0);
    assert_true(diagonal[0] == 0);
    assert_true(digits(C[4], (double)(bb / determinant)) > 14 && digits(C[8], (double)(aa / determinant)) > 14);
    assert_true(digits(C[5], (double)(-ab / determinant)) > 14 && C[5] == C[7]);
    assert_true(digits(diagonal[1], C[4]) > 13 && digits(diagonal[2], C[8]) > 13);
    normal_equations_free(&equations);
    problem_free(&problem);
}

/* A constant column is as if it were not there; dependent columns have no standard errors. */
static void what_does_not_exist(void **state)
{
    struct problem problem = problem_random(40, 2, 1, 3, 2, &random_state);
    struct view_source source;
    struct normal_equations equations;
    double sigma, C[9], diagonal[3], mean = 0, square = 0;
    (void)state;
    for (size_t i = 0; i < problem.n; i++) {
        problem.x[i * 2] = 0.1;
        mean += problem.x[i * 2 + 1] / (double)problem.n;
    }
    assert_int_equal(solve_equations(&problem, &source, &equations, &sigma), GEMML_OK);
    assert_int_equal(least_squares_inverse(&equations, &source.source, C), GEMML_OK);
    assert_int_equal(inverse_diagonal(&equations, &source.source, diagonal), GEMML_OK);
    for (size_t i = 0; i < problem.n; i++)
        square += pow((problem.x[i * 2 + 1] - mean) * equations.scale[1], 2);
    for (size_t j = 0; j < 3; j++)
        assert_true(isnan(C[3 + j]) && isnan(C[3 * j + 1]));
    assert_near(C[8] * square, 1, 1e-13);
    assert_true(isnan(diagonal[1]) && digits(diagonal[2], C[8]) > 14 && digits(diagonal[0], C[0]) > 14);
    normal_equations_free(&equations);
    for (size_t i = 0; i < problem.n; i++)
        problem.x[i * 2] = 3 * problem.x[i * 2 + 1];
    assert_int_equal(solve_equations(&problem, &source, &equations, &sigma), GEMML_OK);
    assert_int_equal(least_squares_inverse(&equations, &source.source, C), GEMML_OK);
    assert_int_equal(inverse_diagonal(&equations, &source.source, diagonal), GEMML_OK);
    for (size_t i = 0; i < 9; i++)
        assert_true(isnan(C[i]) && isnan(diagonal[i % 3]));
    normal_equations_free(&equations);
    problem_free(&problem);
}

static void check_published(const char *csv_name, const char *json_name, size_t target, const char *key, double wanted)
{
    struct csv csv = read_csv(csv_name);
    json_t *file = read_json(json_name), *truth = json_object_get(json_object_get(file, "high_precision"), key);
    struct problem problem = problem_of(&csv, target < csv.cols ? target : csv.cols - 1);
    struct view_source source;
    struct normal_equations equations;
    size_t m = problem.p + 1;
    double sigma, *C = malloc(m * m * sizeof *C);
    assert_int_equal(solve_equations(&problem, &source, &equations, &sigma), GEMML_OK);
    assert_int_equal(least_squares_inverse(&equations, &source.source, C), GEMML_OK);
    for (size_t j = 0; j < m; j++) {
        double error = sigma * sqrt(C[j * (m + 1)]) * (j ? equations.scale[j - 1] : 1);
        const json_t *entry = json_array_get(truth, j), *inside = json_object_get(entry, "std_error");
        double correct = digits(error, number(inside ? inside : entry));
        if (!(correct >= wanted))
            fail_msg("%s, coefficient %zu: %g digits of its standard error", csv_name, j, correct);
    }
    free(C);
    normal_equations_free(&equations);
    json_decref(file);
    problem_free(&problem);
}

static void published_standard_errors(void **state)
{
    (void)state;
    check_published("nist/Longley.csv", "nist/Longley.json", SIZE_MAX, "parameters", 14);
    check_published("nist/Norris.csv", "nist/Norris.json", SIZE_MAX, "parameters", 14);
    check_published("r/mtcars.csv", "r/mtcars.json", 0, "std_error", 14);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_problems),
        cmocka_unit_test(without_an_intercept),
        cmocka_unit_test(what_does_not_exist),
        cmocka_unit_test(published_standard_errors),
    };
    return cmocka_run_group_tests(tests, guard_enter, guard_leave);
}

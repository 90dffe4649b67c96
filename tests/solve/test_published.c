/* Published problems by every solver: coefficients, and standard errors, to the digits that
 * data rounded to double allow. The truth is exact rational arithmetic. */
#include "solve/inverse.h"
#include "solve/published.h"

static const char *const solver_names[] = {"auto", "cholesky", "descent", "qr", "svd"};

/* The smaller one; NaN, which is no digit at all, is the smallest. */
static double worse(double a, double b)
{
    return isnan(a) || isnan(b) ? NAN : fmin(a, b);
}

/* Fewest digits of the standard errors of a solved problem, with the digits of the absolute
 * error where they are zero. */
static double error_digits(struct problem *problem, const json_t *parameters)
{
    static const struct input_map identity;
    struct view_source source = linear_source(&problem->linear);
    struct normal_equations equations;
    struct solution solution;
    size_t p = problem->p, first = problem->options.intercept ? 0 : 1;
    double fewest = 17, *C = malloc((p + 1) * (p + 1) * sizeof *C);
    assert_int_equal(linear_solve(&equations, &solution, &source, &identity, &problem->linear, true), GEMML_OK);
    assert_int_equal(least_squares_inverse(&equations, &source.source, C), GEMML_OK);
    double sigma = sqrt(solution.rss[0] / (double)(problem->n - equations.rank)) / equations.scale[p];
    for (size_t j = first; j <= p; j++) {
        double error = sigma * sqrt(C[j * (p + 2)]) * (j ? equations.scale[j - 1] : 1);
        fewest =
            worse(fewest, digits(error, number(json_object_get(json_array_get(parameters, j - first), "std_error"))));
    }
    free(C);
    solution_free(&solution);
    normal_equations_free(&equations);
    return fewest;
}

/* What an exact solver could reach: a number of digits, or "exact": 15. */
static double attainable(const json_t *file, const char *key)
{
    const json_t *block = json_object_get(json_object_get(file, "attainable_in_double"), "inputs_rounded_to_double");
    const json_t *value = json_object_get(block, key);
    return json_is_string(value) ? 15 : json_number_value(value);
}

struct published {
    const char *name;
    size_t degree; /* of the polynomial in x; 0: the columns as they are */
    bool intercept;
    double errors; /* digits of standard errors wanted; where they are zero, of the absolute error */
};

static void check(const struct published *set, gemml_solver solver, gemml_solver used)
{
    char csv_name[64], json_name[64];
    snprintf(csv_name, sizeof csv_name, "nist/%s.csv", set->name);
    snprintf(json_name, sizeof json_name, "nist/%s.json", set->name);
    struct csv csv = read_csv(csv_name);
    json_t *file = read_json(json_name);
    const json_t *truth = json_object_get(json_object_get(file, "high_precision"), "parameters");
    struct problem problem = set->degree > 0 ? problem_of_powers(&csv, set->degree) : problem_of(&csv, csv.cols - 1);
    problem.options.intercept = set->intercept;
    problem.options.solver = solver;
    problem_solve(&problem);
    assert_int_equal(problem.fitted->record.solver, used);
    double fewest = 17, errors = error_digits(&problem, truth), wanted = attainable(file, "min_digits_estimates") - 0.3;
    size_t first = set->intercept ? 0 : 1;
    for (size_t j = first; j <= problem.p; j++)
        fewest = worse(fewest, digits((double)problem.coef[j],
                                      number(json_object_get(json_array_get(truth, j - first), "estimate"))));
    if (!(fewest >= wanted && errors >= set->errors))
        fail_msg("%s by %s: %g digits of coefficients, %g of standard errors", set->name, solver_names[solver], fewest,
                 errors);
    json_decref(file);
    problem_free(&problem);
}

static const struct published sets[] = {
    {"Norris", 0, true, 14},   {"NoInt1", 0, false, 15},    {"Longley", 0, true, 15},
    {"Wampler1", 5, true, 12}, {"Wampler4", 5, true, 13.5},
};
static const struct published filip = {"Filip", 10, true, 15};

static void by_the_normal_equations(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof sets / sizeof *sets; i++)
        check(&sets[i], GEMML_SOLVER_CHOLESKY, GEMML_SOLVER_CHOLESKY);
}

static void by_qr_and_singular_values(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof sets / sizeof *sets; i++) {
        check(&sets[i], GEMML_SOLVER_QR, GEMML_SOLVER_QR);
        check(&sets[i], GEMML_SOLVER_SVD, GEMML_SOLVER_SVD);
    }
    check(&filip, GEMML_SOLVER_QR, GEMML_SOLVER_QR);
    check(&filip, GEMML_SOLVER_SVD, GEMML_SOLVER_SVD);
}

/* What squaring costs is no matter up to a condition of 1e5; Filip's, equilibrated, is 4e9. */
static void by_what_the_columns_ask_for(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof sets / sizeof *sets; i++)
        check(&sets[i], GEMML_SOLVER_AUTO, GEMML_SOLVER_CHOLESKY);
    check(&filip, GEMML_SOLVER_AUTO, GEMML_SOLVER_QR);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(by_the_normal_equations),
        cmocka_unit_test(by_qr_and_singular_values),
        cmocka_unit_test(by_what_the_columns_ask_for),
    };
    return cmocka_run_group_tests(tests, guard_enter, guard_leave);
}

/* Published problems, against coefficients that were computed in exact rational
 * arithmetic (their sources are in data/README.md). */
#include "solve/published.h"

/* Fewest digits to which parameters agree with `truth`, whose entries are
 * numbers or objects with an "estimate". */
static double fewest_digits(const struct problem *problem, const json_t *truth)
{
    double fewest = 17;
    assert_int_equal(json_array_size(truth), problem->p + 1);
    for (size_t j = 0; j <= problem->p; j++) {
        const json_t *entry = json_array_get(truth, j), *estimate = json_object_get(entry, "estimate");
        fewest = fmin(fewest, digits((double)problem->coef[j], number(estimate ? estimate : entry)));
    }
    return fewest;
}

static void check(const char *csv_name, const char *json_name, size_t target, const char *key, double wanted)
{
    struct csv csv = read_csv(csv_name);
    json_t *file = read_json(json_name), *precise = json_object_get(file, "high_precision");
    for (int scaling = GEMML_SCALING_NONE; scaling <= GEMML_SCALING_MINMAX; scaling++) {
        struct problem problem = problem_of(&csv, target < csv.cols ? target : csv.cols - 1);
        double freedom = (double)(problem.n - problem.p - 1);
        problem.options.scaling = (gemml_scaling)scaling;
        problem_solve(&problem);
        /* With scaling two roundings more lie between parameters and coefficients. */
        double correct = fewest_digits(&problem, json_object_get(precise, key));
        if (!(correct >= (scaling == GEMML_SCALING_NONE ? wanted : 12)))
            fail_msg("%s, scaling %d: %g digits", csv_name, scaling, correct);
        const struct summary_record *summary = &problem.fitted->summary;
        double rss = number(json_object_get(precise, "residual_ss"));
        assert_true(digits(summary->r2[0], number(json_object_get(precise, "r_squared"))) > 13);
        assert_true(digits(summary->sigma[0], sqrt(rss / freedom)) > 12);
        assert_true(digits(2 * problem.fitted->record.objective, rss) > 12);
        assert_int_equal(summary->rank, problem.p + 1);
        problem_free(&problem);
    }
    json_decref(file);
}

static void longley(void **state)
{
    (void)state;
    check("nist/Longley.csv", "nist/Longley.json", SIZE_MAX, "parameters", 14);
}

static void norris(void **state)
{
    (void)state;
    check("nist/Norris.csv", "nist/Norris.json", SIZE_MAX, "parameters", 13.5);
}

static void mtcars(void **state)
{
    (void)state;
    check("r/mtcars.csv", "r/mtcars.json", 0, "coef", 13);
}

/* What NIST itself certifies, to its 15 digits. */
static void nist_certified_values(void **state)
{
    const char *const names[][2] = {{"nist/Longley.csv", "nist/Longley.json"}, {"nist/Norris.csv", "nist/Norris.json"}};
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct csv csv = read_csv(names[i][0]);
        struct problem problem = problem_of(&csv, csv.cols - 1);
        json_t *file = read_json(names[i][1]);
        problem_solve(&problem);
        assert_true(fewest_digits(&problem, json_object_get(file, "parameters")) > 13);
        assert_true(digits(problem.fitted->summary.r2[0], number(json_object_get(file, "r_squared"))) > 13);
        assert_true(digits(problem.fitted->summary.sigma[0], number(json_object_get(file, "residual_sd"))) > 12);
        json_decref(file);
        problem_free(&problem);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(longley),
        cmocka_unit_test(norris),
        cmocka_unit_test(mtcars),
        cmocka_unit_test(nist_certified_values),
    };
    return cmocka_run_group_tests(tests, guard_enter, guard_leave);
}

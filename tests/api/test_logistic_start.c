/* Logistic regression on many rows, where L-BFGS starts at a sample's answer: the same
 * minimum as Newton's method, in fewer passes, whatever the rows and their order. */
#include "classes.h"

enum { N = 13000, P = 100 }; /* enough rows for a sample, too many parameters for Newton's method */

/* Standard columns, each but the first correlated with the one before; classes by their sum. */
static struct sample correlated(double correlation, uint64_t seed)
{
    struct sample s = sample_make(N, P, 1, seed);
    for (size_t i = 0; i < N; i++) {
        double z = 0;
        for (size_t j = 0; j < P; j++) {
            double noise = 1.7 * test_random(&seed), *x = s.x + i * P + j;
            *x = j == 0 ? noise : correlation * x[-1] + sqrt(1 - correlation * correlation) * noise;
            z += (double)(j % 3) / 10 * *x;
        }
        s.y[i] = z + 2 * test_random(&seed) > 0.5;
    }
    return s;
}

static gemml_model *fit_by(gemml_solver solver, double l2, const struct sample *s)
{
    gemml_logistic_options options = GEMML_LOGISTIC_OPTIONS_INIT;
    options.solver = solver;
    options.l2 = l2;
    gemml_dataset data = sample_dataset(s);
    return fit_logistic(&options, &data);
}

/* The answer is that of Newton's method. */
static void assert_minimum(const struct sample *s, double l2, double tolerance)
{
    gemml_model *automatic = fit_by(GEMML_SOLVER_AUTO, l2, s), *newton = fit_by(GEMML_SOLVER_NEWTON, l2, s);
    double ours[P + 1], theirs[P + 1];
    assert_int_equal(info_of(automatic).solver, GEMML_SOLVER_LBFGS);
    assert_int_equal(info_of(automatic).outcome, GEMML_CONVERGED);
    assert_ok(gemml_coefficients(automatic, gemml_matrix_f64(ours, P + 1, 1)));
    assert_ok(gemml_coefficients(newton, gemml_matrix_f64(theirs, P + 1, 1)));
    for (size_t j = 0; j <= P; j++)
        assert_near(ours[j], theirs[j], tolerance);
    assert_near(info_of(automatic).objective, info_of(newton).objective, 1e-12 * info_of(newton).objective);
    gemml_model_free(automatic);
    gemml_model_free(newton);
}

static size_t iterations_of(gemml_solver solver, const struct sample *s)
{
    gemml_model *model = fit_by(solver, 1, s);
    size_t iterations = info_of(model).iterations;
    assert_int_equal(info_of(model).outcome, GEMML_CONVERGED);
    gemml_model_free(model);
    return iterations;
}

/* L-BFGS by its name starts at 0, with no metric. */
static void fewer_passes(void **state)
{
    (void)state;
    struct sample alone = correlated(0, 3), together = correlated(0.95, 5);
    assert_true(iterations_of(GEMML_SOLVER_AUTO, &alone) <= iterations_of(GEMML_SOLVER_LBFGS, &alone));
    assert_true(4 * iterations_of(GEMML_SOLVER_AUTO, &together) <= iterations_of(GEMML_SOLVER_LBFGS, &together));
    assert_minimum(&alone, 1, 1e-9);
    assert_minimum(&together, 1, 1e-9);
    assert_minimum(&together, 0, 1e-9);
    sample_free(&alone);
    sample_free(&together);
}

static void swap_rows(struct sample *s, size_t i, size_t k)
{
    for (size_t j = 0; j < P; j++) {
        double x = s->x[i * P + j];
        s->x[i * P + j] = s->x[k * P + j];
        s->x[k * P + j] = x;
    }
    double y = s->y[i];
    s->y[i] = s->y[k];
    s->y[k] = y;
}

/* All rows of class 0 first; and the classes in turn, as far as there are rows of both. */
static void rows_in_any_order(void **state)
{
    struct sample s = correlated(0.5, 7);
    (void)state;
    for (size_t i = 0, first = 0; i < N; i++)
        if (s.y[i] < 1)
            swap_rows(&s, i, first++);
    assert_minimum(&s, 1, 1e-9);
    for (size_t i = 0, k = N - 1; i < k && s.y[i] < 1 && s.y[k] > 0; i += 2, k--)
        swap_rows(&s, i + 1, k);
    assert_minimum(&s, 1, 1e-9);
    sample_free(&s);
}

/* Of which a sample has few rows, or none. */
static void rare_classes_and_levels(void **state)
{
    struct sample s = correlated(0.5, 9);
    (void)state;
    for (size_t i = 0; i < N; i++) {
        s.x[i * P + 1] = i % 4000 == 17;
        s.x[i * P + 2] = i % 1500 == 23;
    }
    assert_minimum(&s, 1, 1e-8);
    for (size_t i = 0; i < N; i++)
        s.y[i] = i % 2600 == 5;
    assert_minimum(&s, 1, 1e-6); /* five rows: the curvature is small, and the gradient's tolerance goes far */
    sample_free(&s);
}

/* Rows without weight tell nothing; the others count by theirs. */
static void weights(void **state)
{
    struct sample s = correlated(0.9, 11);
    (void)state;
    sample_weigh(&s, 4);
    for (size_t i = 0; i < N; i++)
        s.w[i] = i % 3 == 0 ? 0 : s.w[i];
    assert_minimum(&s, 1, 1e-9);
    sample_free(&s);
}

static void separated_classes(void **state)
{
    struct sample s = correlated(0.5, 13);
    (void)state;
    for (size_t i = 0; i < N; i++)
        s.y[i] = s.x[i * P + 7] > 0.3;
    gemml_model *model = fit_by(GEMML_SOLVER_AUTO, 0, &s);
    assert_int_equal(info_of(model).outcome, GEMML_SEPARATED);
    assert_non_null(strstr(info_of(model).notice, "perfectly separated by column 7 of x"));
    gemml_model_free(model);
    sample_free(&s);
}

static void the_same_bits_for_any_number_of_threads(void **state)
{
    struct sample s = correlated(0.95, 15);
    double first[P + 1], other[P + 1];
    (void)state;
    for (size_t threads = 1; threads <= 4; threads++) {
        assert_ok(gemml_set_threads(threads));
        gemml_model *model = fit_by(GEMML_SOLVER_AUTO, 1, &s);
        assert_ok(gemml_coefficients(model, gemml_matrix_f64(threads == 1 ? first : other, P + 1, 1)));
        if (threads > 1)
            assert_memory_equal(first, other, sizeof first);
        gemml_model_free(model);
    }
    assert_ok(gemml_set_threads(0));
    sample_free(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fewer_passes),
        cmocka_unit_test(rows_in_any_order),
        cmocka_unit_test(rare_classes_and_levels),
        cmocka_unit_test(weights),
        cmocka_unit_test(separated_classes),
        cmocka_unit_test(the_same_bits_for_any_number_of_threads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

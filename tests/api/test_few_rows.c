/* Linear regression with fewer rows than columns: the answer of least norm,
 *
 *   w = Z' (Z Z')^-1 (y - mean),   Z the rows about their mean, all but the last (with an intercept they sum to 0)
 *
 * in long double, for which n unknowns have to be eliminated. */
#include "sample.h"

#include <math.h>

/* Row i of Z, column j; and the target there. */
static long double centred(const struct sample *s, const long double *mean, size_t i, size_t j)
{
    return (long double)s->x[i * s->p + j] - mean[j];
}

/* theta = (b, w_1 .. w_p) of output k. */
static void least_norm(const struct sample *s, size_t k, bool intercept, long double *theta)
{
    size_t p = s->p, m = intercept ? s->n - 1 : s->n;
    long double *A = calloc(m * m + 1, sizeof *A), *a = calloc(m + 1, sizeof *a), *mean = calloc(p + 1, sizeof *mean);
    long_means(s, k, intercept, mean);
    for (size_t i = 0; i < m; i++) {
        a[i] = (long double)s->y[i * s->K + k] - mean[p];
        for (size_t l = 0; l < m; l++)
            for (size_t j = 0; j < p; j++)
                A[i * m + l] += centred(s, mean, i, j) * centred(s, mean, l, j);
    }
    eliminate(m, A, a);
    theta[0] = mean[p];
    for (size_t j = 0; j < p; j++) {
        theta[1 + j] = 0;
        for (size_t i = 0; i < m; i++)
            theta[1 + j] += centred(s, mean, i, j) * a[i];
        theta[0] -= theta[1 + j] * mean[j];
    }
    free(A), free(a), free(mean);
}

static void check(const struct sample *s, gemml_solver solver, bool intercept)
{
    gemml_linear_options options = GEMML_LINEAR_OPTIONS_INIT;
    options.solver = solver;
    options.intercept = intercept;
    gemml_dataset data = sample_dataset(s);
    gemml_model *model = fit_model(&options, &data);
    double *found = coefficients_of(model, s->p, s->K);
    long double *theta = malloc((s->p + 1) * sizeof *theta);
    gemml_summary summary = GEMML_SUMMARY_INIT;
    assert_ok(gemml_get_summary(model, &summary));
    assert_int_equal(summary.rank, s->n); /* the intercept counts */
    for (size_t k = 0; k < s->K; k++) {
        assert_near(summary.r2[k], 1, 1e-12); /* all of it is explained */
        least_norm(s, k, intercept, theta);
        for (size_t j = 0; j <= s->p; j++)
            if (!(fabsl(found[j * s->K + k] - theta[j]) <= 1e-12L))
                fail_msg("%zu x %zu, output %zu, coefficient %zu: %.17g is not %.17Lg", s->n, s->p, k, j,
                         found[j * s->K + k], theta[j]);
    }
    free(found), free(theta);
    gemml_model_free(model);
}

static void the_answer_of_least_norm(void **state)
{
    const size_t rows[] = {2, 3, 7, 19}, columns[] = {20, 41, 45};
    const gemml_solver solvers[] = {GEMML_SOLVER_AUTO, GEMML_SOLVER_QR, GEMML_SOLVER_SVD};
    (void)state;
    for (size_t r = 0; r < 4; r++)
        for (size_t c = 0; c < 3; c++)
            for (size_t i = 0; i < 3; i++)
                for (size_t K = 1; K <= 3; K += 2)
                    for (int intercept = 0; intercept <= 1; intercept++) {
                        struct sample s = sample_make(rows[r], columns[c], K, 7 * rows[r] + c);
                        check(&s, solvers[i], intercept);
                        sample_free(&s);
                    }
}

/* The norm is that of the coefficients in the columns' own units, however these differ. */
static void columns_of_different_units(void **state)
{
    const size_t rows[] = {2, 7, 19};
    (void)state;
    for (size_t r = 0; r < 3; r++)
        for (int intercept = 0; intercept <= 1; intercept++) {
            struct sample s = sample_make(rows[r], 45, 2, 3 + r);
            for (size_t i = 0; i < s.n; i++)
                for (size_t j = 0; j < s.p; j++)
                    s.x[i * s.p + j] *= j % 3 == 0 ? 500 : j % 3 == 1 ? 1 : 0.002;
            check(&s, GEMML_SOLVER_AUTO, intercept);
            sample_free(&s);
        }
}

/* A column that does not vary has no part in it, and the others' answer is as without it. */
static void a_constant_column_among_many(void **state)
{
    (void)state;
    struct sample s = sample_make(5, 30, 2, 3), without = sample_make(5, 29, 2, 3);
    for (size_t i = 0; i < 5; i++) {
        for (size_t j = 0; j < 29; j++)
            without.x[i * 29 + j] = s.x[i * 30 + j + (j >= 11)];
        s.x[i * 30 + 11] = 4;
        for (size_t k = 0; k < 2; k++)
            without.y[i * 2 + k] = s.y[i * 2 + k];
    }
    gemml_dataset data = sample_dataset(&s), other = sample_dataset(&without);
    gemml_model *a = fit_model(NULL, &data), *b = fit_model(NULL, &other);
    double *u = coefficients_of(a, 30, 2), *v = coefficients_of(b, 29, 2);
    for (size_t j = 0; j <= 29; j++)
        for (size_t k = 0; k < 2; k++)
            assert_near(u[(j + (j > 11)) * 2 + k], v[j * 2 + k], 1e-12);
    assert_true(u[12 * 2] == 0 && u[12 * 2 + 1] == 0);
    free(u), free(v);
    gemml_model_free(a), gemml_model_free(b);
    sample_free(&s), sample_free(&without);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_answer_of_least_norm),
        cmocka_unit_test(columns_of_different_units),
        cmocka_unit_test(a_constant_column_among_many),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Beyond 2^31: rows that stand farther apart than BLAS's integers count, and, in the full tier, more rows
 * than they count. Memory is mapped, and exists only where it is written. */
#include <math.h>
#include <sys/mman.h>

#include "../api/classes.h"
#include "../api/network.h"

#define FAR (((size_t)1 << 31) + 8)

enum { ROWS = 12, FEATURES = 3 };

static void *map(size_t bytes)
{
    void *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (memory == MAP_FAILED)
        skip(); /* no such address space here */
    return memory;
}

/* `values`, rows x cols, with FAR floats from one row to the next. */
static float *spread(const double *values, size_t rows, size_t cols)
{
    float *memory = map(((rows - 1) * FAR + cols) * sizeof *memory);
    for (size_t i = 0; i < rows; i++)
        for (size_t j = 0; j < cols; j++)
            memory[i * FAR + j] = (float)values[i * cols + j];
    return memory;
}

static void unmap(float *memory, size_t rows, size_t cols)
{
    munmap(memory, ((rows - 1) * FAR + cols) * sizeof *memory);
}

/* The same model fitted to both data sets, and both predictions of the spread rows. */
static void compare(gemml_model *near, gemml_model *far, const gemml_dataset *close, const gemml_dataset *apart)
{
    double expected[ROWS], *out = map(((ROWS - 1) * FAR + 1) * sizeof *out);
    assert_ok(gemml_fit(near, close, NULL, NULL));
    assert_ok(gemml_fit(far, apart, NULL, NULL));
    assert_ok(gemml_predict(near, close->x, gemml_matrix_f64(expected, ROWS, 1)));
    assert_ok(gemml_predict(far, apart->x, gemml_matrix_f64_strided(out, ROWS, 1, FAR)));
    for (size_t i = 0; i < ROWS; i++)
        assert_near(out[i * FAR], expected[i], 1e-6);
    munmap(out, ((ROWS - 1) * FAR + 1) * sizeof *out);
    gemml_model_free(near);
    gemml_model_free(far);
}

/* x and y with few bits, so that float holds them. */
static struct sample coarse(struct sample s)
{
    for (size_t i = 0; i < s.n * s.p; i++)
        s.x[i] = rint(s.x[i] * 64) / 64;
    for (size_t i = 0; i < s.n; i++)
        s.y[i] = rint(s.y[i] * 64) / 64;
    return s;
}

/* The sample's rows as they are, and spread. */
struct both {
    struct sample s;
    float *x, *y;
    gemml_dataset close, apart;
};

static struct both both_make(struct sample s)
{
    struct both both = {.s = coarse(s)};
    both.x = spread(both.s.x, ROWS, FEATURES);
    both.y = spread(both.s.y, ROWS, 1);
    both.close = both.apart = sample_dataset(&both.s);
    both.apart.x = gemml_view_f32_strided(both.x, ROWS, FEATURES, FAR);
    both.apart.y = gemml_view_f32_strided(both.y, ROWS, 1, FAR);
    return both;
}

static void both_free(struct both *both)
{
    unmap(both->x, ROWS, FEATURES);
    unmap(both->y, ROWS, 1);
    sample_free(&both->s);
}

static void linear_regression(void **state)
{
    const gemml_solver solvers[] = {GEMML_SOLVER_CHOLESKY, GEMML_SOLVER_QR, GEMML_SOLVER_SVD, GEMML_SOLVER_LBFGS,
                                    GEMML_SOLVER_DESCENT};
    struct both both = both_make(sample_make(ROWS, FEATURES, 1, 3));
    (void)state;
    for (size_t i = 0; i < sizeof solvers / sizeof *solvers; i++) {
        gemml_linear_options options = GEMML_LINEAR_OPTIONS_INIT;
        options.solver = solvers[i];
        compare(new_model(&options), new_model(&options), &both.close, &both.apart);
    }
    both_free(&both);
}

static void logistic_regression(void **state)
{
    const gemml_solver solvers[] = {GEMML_SOLVER_NEWTON, GEMML_SOLVER_LBFGS, GEMML_SOLVER_DESCENT};
    struct both both = both_make(classes_make(ROWS, FEATURES, 2, 3));
    (void)state;
    for (size_t i = 0; i < sizeof solvers / sizeof *solvers; i++) {
        gemml_logistic_options options = GEMML_LOGISTIC_OPTIONS_INIT;
        options.solver = solvers[i];
        options.l2 = 1;
        compare(new_logistic(&options), new_logistic(&options), &both.close, &both.apart);
    }
    both_free(&both);
}

static void network(void **state)
{
    const gemml_solver solvers[] = {GEMML_SOLVER_DESCENT, GEMML_SOLVER_LBFGS};
    const size_t hidden[] = {4};
    struct both both = both_make(sample_make(ROWS, FEATURES, 1, 3));
    (void)state;
    for (size_t i = 0; i < sizeof solvers / sizeof *solvers; i++) {
        gemml_mlp_options options = GEMML_MLP_OPTIONS_INIT;
        options.solver = solvers[i];
        options.hidden = hidden, options.hidden_count = 1;
        options.dtype = GEMML_F64;
        options.epochs = 10;
        compare(new_mlp(&options), new_mlp(&options), &both.close, &both.apart);
    }
    both_free(&both);
}

/* x is 0 but for the last rows, 1 and 3; y there 5 and 9, elsewhere 0: with n rows, W = n,
 *   m = 4/n, cov = 5 + 27 - 4 * 14/n, var = 10 - 16/n; b = cov / var, a = 14/n - b m. */
static void more_rows_than_int_counts(void **state)
{
    const size_t n = FAR;
    (void)state;
    if (!getenv("GEMML_FULL"))
        skip();
    float *x = map(n * sizeof *x), *y = map(n * sizeof *y);
    x[n - 2] = 1, x[n - 1] = 3, y[n - 2] = 5, y[n - 1] = 9;
    gemml_dataset data = GEMML_DATASET_INIT;
    data.x = gemml_view_f32(x, n, 1);
    data.y = gemml_view_f32(y, n, 1);
    gemml_model *model = fit_model(NULL, &data);
    double *b = coefficients_of(model, 1, 1), N = (double)n;
    double slope = (32 - 4 * 14 / N) / (10 - 16 / N);
    assert_near(b[1], slope, 1e-12);
    assert_near(b[0], 14 / N - slope * 4 / N, 1e-12);
    free(b);
    gemml_model_free(model);
    munmap(x, n * sizeof *x);
    munmap(y, n * sizeof *y);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(linear_regression),
        cmocka_unit_test(logistic_regression),
        cmocka_unit_test(network),
        cmocka_unit_test(more_rows_than_int_counts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* gemml_normal_equation_check against long double: the residual of
 * X'W(Xw + b - y) + lambda w, and the distance from the closed form. */
#include "sample.h"

struct case_of {
    size_t K;
    bool weighted, intercept;
    gemml_scaling scaling;
    double lambda;
};

/* The sample with x as the chain sees it: that map undoes itself in theta. */
static struct sample chain_inputs(const struct sample *s, gemml_scaling scaling)
{
    struct sample map = sample_make(s->n, s->p, s->K, 1);
    memcpy(map.x, s->x, s->n * s->p * sizeof(double));
    memcpy(map.y, s->y, s->n * s->K * sizeof(double));
    if (s->w) {
        map.w = malloc(s->n * sizeof(double));
        memcpy(map.w, s->w, s->n * sizeof(double));
    }
    for (size_t j = 0; scaling == GEMML_SCALING_STANDARDIZE && j < s->p; j++) {
        long double sum = 0, mean = 0, variance = 0;
        for (size_t i = 0; i < s->n; i++) {
            long double w = s->w ? s->w[i] : 1;
            sum += w;
            mean += w * s->x[i * s->p + j];
        }
        mean /= sum;
        for (size_t i = 0; i < s->n; i++)
            variance += (s->w ? s->w[i] : 1) * (s->x[i * s->p + j] - mean) * (s->x[i * s->p + j] - mean) / sum;
        for (size_t i = 0; i < s->n; i++)
            map.x[i * s->p + j] = (double)((s->x[i * s->p + j] - mean) / sqrtl(variance));
    }
    return map;
}

/* Largest |g_j| / (|x_j| |y|), norms weighted and about the means with an
 * intercept; lambda counts in |x_j|; the intercept's column is of ones. */
static double residual_of_output(const struct sample *s, size_t k, const struct case_of *c, const double *theta)
{
    long double largest = 0, y2 = 0, g0 = 0, sum = 0, *mean = calloc(s->p + 1, sizeof *mean);
    long_means(s, k, c->intercept, mean);
    for (size_t i = 0; i < s->n; i++) {
        long double w = s->w ? s->w[i] : 1, y = s->y[i * s->K + k] - mean[s->p];
        sum += w;
        y2 += w * y * y;
    }
    for (size_t j = 0; j <= s->p; j++) {
        long double g = 0, x2 = c->lambda;
        for (size_t i = 0; i < s->n; i++) {
            long double r = theta[0] - (long double)s->y[i * s->K + k], w = s->w ? s->w[i] : 1;
            for (size_t l = 0; l < s->p; l++)
                r += (long double)s->x[i * s->p + l] * theta[1 + l];
            long double x = j < s->p ? s->x[i * s->p + j] - mean[j] : 1;
            g += w * r * x;
            x2 += w * x * x;
        }
        if (j < s->p)
            largest = fmaxl(largest, fabsl(g + c->lambda * theta[1 + j]) / sqrtl(x2 * y2));
        else
            g0 = g;
    }
    free(mean);
    return (double)(c->intercept ? fmaxl(largest, fabsl(g0) / sqrtl(sum * y2)) : largest);
}

/* theta of output k as (b, w), from the flat vector. */
static void theta_of(const gemml_model *model, const struct sample *s, size_t k, bool intercept, double *theta)
{
    const void *data;
    size_t count;
    assert_ok(gemml_parameters(model, &data, &count));
    const double *flat = data;
    theta[0] = intercept ? flat[s->p * s->K + k] : 0;
    for (size_t j = 0; j < s->p; j++)
        theta[1 + j] = flat[j * s->K + k];
}

static void compare(const gemml_model *model, const struct sample *s, const struct case_of *c,
                    const gemml_normal_equations *check)
{
    struct sample map = chain_inputs(s, c->scaling);
    double *theta = malloc((s->p + 1) * sizeof *theta), *closed = malloc((s->p + 1) * sizeof *closed);
    double residual = 0, fewest = 16;
    long double difference = 0, size = 0;
    for (size_t k = 0; k < s->K; k++) {
        theta_of(model, s, k, c->intercept, theta);
        closed_form(&map, k, c->lambda, c->intercept, closed);
        residual = fmax(residual, residual_of_output(&map, k, c, theta));
        for (size_t j = 0; j <= s->p; j++) {
            difference += (theta[j] - (long double)closed[j]) * (theta[j] - (long double)closed[j]);
            size += (long double)closed[j] * closed[j];
            if (c->scaling == GEMML_SCALING_NONE && (j > 0 || c->intercept))
                fewest = fmax(0, fmin(fewest, digits(theta[j], closed[j])));
        }
    }
    double distance = (double)sqrtl(difference / size);
    if (fabs(check->residual - residual) > 1e-6 * residual)
        fail_msg("residual: %.10g is not %.10g", check->residual, residual);
    if (fabs(check->distance - distance) > 1e-6 * distance)
        fail_msg("distance: %.10g is not %.10g", check->distance, distance);
    if (c->scaling == GEMML_SCALING_NONE)
        assert_near(check->digits, fewest, 1e-5);
    else
        assert_true(check->digits > 0 && check->digits < 8);
    sample_free(&map);
    free(theta);
    free(closed);
}

/* A few epochs of descent are far from the closed form: by how much is known. */
static void test_unfinished_descent(void **state)
{
    (void)state;
    for (size_t index = 0; index < 32; index++) {
        struct case_of c = {index & 1 ? 2 : 1, index & 2, index & 4,
                            index & 8 ? GEMML_SCALING_STANDARDIZE : GEMML_SCALING_NONE, index & 16 ? 2.5 : 0};
        struct sample s = sample_make(150, 4, c.K, index);
        if (c.weighted)
            sample_weigh(&s, 3);
        gemml_dataset data = sample_dataset(&s);
        gemml_linear_options options = descent_options(c.scaling == GEMML_SCALING_NONE ? 40 : 10);
        options.intercept = c.intercept;
        options.scaling = c.scaling;
        options.l2 = c.lambda;
        gemml_model *model = fit_model(&options, &data);
        gemml_normal_equations check = GEMML_NORMAL_EQUATIONS_INIT;
        assert_ok(gemml_normal_equation_check(model, &data, &check));
        compare(model, &s, &c, &check);
        gemml_model_free(model);
        sample_free(&s);
    }
}

/* Fitted to other data, the closed form of these is some way off. */
static void test_perturbed_coefficients(void **state)
{
    (void)state;
    for (int power = 2; power <= 8; power += 2) {
        struct case_of c = {2, true, true, GEMML_SCALING_NONE, 0};
        struct sample s = sample_make(120, 3, 2, 4), moved = sample_make(120, 3, 2, 4);
        uint64_t random = 9;
        sample_weigh(&s, 5);
        sample_weigh(&moved, 5);
        for (size_t i = 0; i < 240; i++)
            moved.y[i] += pow(10, -power) * test_random(&random);
        gemml_dataset data = sample_dataset(&s), other = sample_dataset(&moved);
        gemml_model *model = fit_model(NULL, &other);
        gemml_normal_equations check = GEMML_NORMAL_EQUATIONS_INIT;
        assert_ok(gemml_normal_equation_check(model, &data, &check));
        compare(model, &s, &c, &check);
        assert_true(check.distance < pow(10, -power));
        gemml_model_free(model);
        sample_free(&s);
        sample_free(&moved);
    }
}

static void test_closed_form_is_exact(void **state)
{
    (void)state;
    for (int scaling = GEMML_SCALING_NONE; scaling <= GEMML_SCALING_MINMAX; scaling++)
        for (int penalty = 0; penalty <= 1; penalty++) {
            struct sample s = sample_make(200, 6, 2, 6);
            gemml_dataset data = sample_dataset(&s);
            gemml_linear_options options = GEMML_LINEAR_OPTIONS_INIT;
            options.scaling = (gemml_scaling)scaling;
            options.l2 = 3 * penalty;
            gemml_model *model = fit_model(&options, &data);
            gemml_normal_equations check = GEMML_NORMAL_EQUATIONS_INIT;
            assert_ok(gemml_normal_equation_check(model, &data, &check));
            assert_true(check.residual <= 1e-15 && check.distance <= 1e-15 && check.digits >= 15);
            gemml_model_free(model);
            sample_free(&s);
        }
}

/* What the issue asks of descent on standardised columns. */
static void test_finished_descent(void **state)
{
    (void)state;
    struct sample s = sample_make(300, 5, 1, 7);
    gemml_dataset data = sample_dataset(&s);
    gemml_linear_options options = descent_options(10000);
    options.scaling = GEMML_SCALING_STANDARDIZE;
    gemml_model *model = fit_model(&options, &data);
    gemml_normal_equations check = GEMML_NORMAL_EQUATIONS_INIT;
    assert_ok(gemml_normal_equation_check(model, &data, &check));
    assert_true(check.residual < 1e-10 && check.distance < 1e-9 && check.digits >= 6);
    gemml_model_free(model);
    sample_free(&s);
}

static void test_floats(void **state)
{
    (void)state;
    struct sample s = sample_make(300, 5, 1, 8);
    gemml_dataset data = sample_dataset(&s);
    gemml_linear_options options = GEMML_LINEAR_OPTIONS_INIT;
    options.dtype = GEMML_F32;
    gemml_model *model = fit_model(&options, &data);
    gemml_normal_equations check = GEMML_NORMAL_EQUATIONS_INIT;
    assert_ok(gemml_normal_equation_check(model, &data, &check));
    assert_true(check.residual > 1e-10 && check.residual < 1e-6); /* rounded to floats, and no worse */
    assert_true(check.distance > 1e-10 && check.distance < 1e-7 && check.digits >= 6 && check.digits < 11);
    gemml_model_free(model);
    sample_free(&s);
}

/* The norm of a constant target is the one about zero. */
static void test_constant_target(void **state)
{
    (void)state;
    struct sample s = sample_make(60, 2, 1, 4);
    for (size_t i = 0; i < 60; i++)
        s.y[i] = 0.1;
    gemml_dataset data = sample_dataset(&s);
    for (int solver = GEMML_SOLVER_CHOLESKY; solver <= GEMML_SOLVER_LBFGS; solver++) {
        gemml_linear_options options = descent_options(200);
        options.solver = (gemml_solver)solver;
        gemml_model *model = fit_model(&options, &data);
        gemml_normal_equations check = GEMML_NORMAL_EQUATIONS_INIT;
        assert_ok(gemml_normal_equation_check(model, &data, &check));
        assert_true(check.residual < 1e-9 && check.distance < 1e-8);
        assert_true(check.residual > 0 || solver != GEMML_SOLVER_DESCENT);
        gemml_model_free(model);
    }
    sample_free(&s);
}

/* Dependent columns: the least-norm solution is the one that is compared with. */
static void test_dependent_columns(void **state)
{
    (void)state;
    struct sample s = sample_make(80, 3, 1, 9);
    for (size_t i = 0; i < 80; i++)
        s.x[i * 3 + 2] = s.x[i * 3] - s.x[i * 3 + 1];
    gemml_dataset data = sample_dataset(&s);
    gemml_model *model = fit_model(NULL, &data);
    gemml_normal_equations check = GEMML_NORMAL_EQUATIONS_INIT;
    assert_ok(gemml_normal_equation_check(model, &data, &check));
    assert_true(check.residual < 1e-14 && check.distance < 1e-14);
    gemml_model_free(model);
    sample_free(&s);
}

/* The last check stands in the summary, goes into the file, and comes out of it. */
static void test_kept(void **state)
{
    (void)state;
    struct sample s = sample_make(60, 3, 1, 10);
    gemml_dataset data = sample_dataset(&s);
    gemml_linear_options options = descent_options(20);
    gemml_model *model = fit_model(&options, &data), *loaded = NULL;
    gemml_normal_equations check = GEMML_NORMAL_EQUATIONS_INIT, again = GEMML_NORMAL_EQUATIONS_INIT;
    gemml_summary summary = GEMML_SUMMARY_INIT;
    const char *path = scratch_path("checked.gemml");
    assert_ok(gemml_normal_equation_check(model, &data, &check));
    assert_ok(gemml_get_summary(model, &summary));
    assert_bits(&summary.normal_equation_residual, &check.residual, 1);
    assert_bits(&summary.closed_form_distance, &check.distance, 1);
    assert_ok(gemml_save(model, path));
    assert_ok(gemml_load(&loaded, path));
    assert_ok(gemml_get_summary(loaded, &summary));
    assert_bits(&summary.normal_equation_residual, &check.residual, 1);
    assert_bits(&summary.closed_form_distance, &check.distance, 1);
    assert_ok(gemml_normal_equation_check(loaded, &data, &again)); /* with the file's options and map */
    assert_bits(&again.residual, &check.residual, 1);
    assert_bits(&again.distance, &check.distance, 1);
    assert_bits(&again.digits, &check.digits, 1);
    assert_ok(gemml_fit(model, &data, NULL, NULL)); /* a fit forgets it */
    assert_ok(gemml_get_summary(model, &summary));
    assert_true(isnan(summary.normal_equation_residual) && isnan(summary.closed_form_distance));
    assert_ok(gemml_normal_equation_check(model, &data, NULL)); /* only stored */
    assert_ok(gemml_get_summary(model, &summary));
    assert_bits(&summary.normal_equation_residual, &check.residual, 1);
    gemml_model_free(model);
    gemml_model_free(loaded);
    sample_free(&s);
}

/* A check that fails changes neither the result nor what is stored. */
static void test_failing_check(void **state)
{
    (void)state;
    struct sample s = sample_make(60, 3, 1, 11);
    gemml_dataset data = sample_dataset(&s);
    gemml_model *model = fit_model(NULL, &data);
    gemml_normal_equations check = GEMML_NORMAL_EQUATIONS_INIT;
    gemml_summary before = GEMML_SUMMARY_INIT, after = GEMML_SUMMARY_INIT;
    assert_ok(gemml_normal_equation_check(model, &data, NULL));
    assert_ok(gemml_get_summary(model, &before));
    check.residual = check.distance = check.digits = -4;
    s.x[10] = NAN;
    assert_refused(gemml_normal_equation_check(model, &data, &check), GEMML_ERROR_NONFINITE, "3", "1");
    data.x.cols = 2;
    assert_refused(gemml_normal_equation_check(model, &data, &check), GEMML_ERROR_SHAPE, "2", "3");
    assert_true(check.residual == -4 && check.distance == -4 && check.digits == -4);
    assert_ok(gemml_get_summary(model, &after));
    assert_bits(&before.normal_equation_residual, &after.normal_equation_residual, 1);
    gemml_model_free(model);
    sample_free(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_unfinished_descent),
        cmocka_unit_test(test_perturbed_coefficients),
        cmocka_unit_test(test_closed_form_is_exact),
        cmocka_unit_test(test_finished_descent),
        cmocka_unit_test(test_floats),
        cmocka_unit_test(test_constant_target),
        cmocka_unit_test(test_dependent_columns),
        cmocka_unit_test(test_kept),
        cmocka_unit_test(test_failing_check),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

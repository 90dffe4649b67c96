/* What every model keeps to, whatever its kind and solver: a second fit is the first
 * one again; the order of rows, weights of one, weights of two against rows given
 * twice, the units of features and the names of classes do not matter; predictions
 * leave the model alone and do not depend on each other; a saved model is the model. */
#include "estimators.h"

enum { ROWS = 90 };

static void fit_twice(const struct estimator *e)
{
    struct sample s = estimator_sample(e, ROWS), other = estimator_sample(e, ROWS / 2);
    gemml_dataset data = sample_dataset(&s);
    gemml_model *first = estimator_fit(e, &s), *again = estimator_fit(e, &other);
    assert_ok(gemml_fit(again, &data, NULL, NULL));
    assert_same_model(e, again, first);
    assert_ok(gemml_fit(again, &data, NULL, NULL));
    assert_same_model(e, again, first);
    gemml_model_free(first);
    gemml_model_free(again);
    sample_free(&s);
    sample_free(&other);
}

/* Predicting, scoring and asking change nothing, and write to none of the data. */
static void predict_changes_nothing(const struct estimator *e)
{
    struct sample s = estimator_sample(e, ROWS);
    gemml_dataset data = sample_dataset(&s);
    gemml_model *model = estimator_fit(e, &s);
    size_t m, n, cells = s.n * s.p;
    char *before = bytes_of(model, &m);
    double *x = malloc(cells * sizeof *x), loss, *gradient = malloc(1000 * sizeof *gradient);
    memcpy(x, s.x, cells * sizeof *x);
    gemml_metrics metrics = GEMML_METRICS_INIT;
    free(answers_to(e, model, &s));
    assert_ok(gemml_score(model, &data, &metrics));
    assert_ok(gemml_loss_gradient(model, &data, &loss, gradient));
    char *after = bytes_of(model, &n);
    assert_int_equal(m, n);
    assert_memory_equal(before, after, n);
    assert_memory_equal(x, s.x, cells * sizeof *x);
    free(before);
    free(after);
    free(x);
    free(gradient);
    gemml_model_free(model);
    sample_free(&s);
}

static void saved_is_the_same(const struct estimator *e)
{
    struct sample s = estimator_sample(e, ROWS);
    gemml_model *model = estimator_fit(e, &s), *loaded = NULL;
    const char *path = scratch_path("saved.gemml");
    assert_ok(gemml_save(model, path));
    assert_ok(gemml_load(&loaded, path));
    assert_same_model(e, loaded, model);
    double *a = answers_to(e, model, &s), *b = answers_to(e, loaded, &s);
    assert_bits(a, b, s.n * answers(e, &s));
    free(a);
    free(b);
    gemml_model_free(model);
    gemml_model_free(loaded);
    sample_free(&s);
}

/* The answer to a row does not depend on its neighbours: to the bit in f64. */
static void subsets(const struct estimator *e)
{
    struct sample s = estimator_sample(e, ROWS);
    gemml_model *model = estimator_fit(e, &s);
    size_t K = answers(e, &s), index[ROWS];
    double *all = answers_to(e, model, &s), part[3 * ROWS];
    double least = e->dtype == GEMML_F32 ? 5 : 16;
    for (size_t rows = 1; rows <= ROWS; rows += 7)
        for (size_t first = 0; first + rows <= ROWS; first += rows) {
            answer(e, model, gemml_view_f64(s.x + first * s.p, rows, s.p), gemml_matrix_f64(part, rows, K));
            assert_close(e, "answer of a part", part, all + first * K, rows * K, least);
        }
    for (size_t i = 0; i < ROWS; i++)
        index[i] = (37 * i + 5) % ROWS;
    struct sample shuffled = sample_rows(&s, index, ROWS);
    double *out = answers_to(e, model, &shuffled);
    for (size_t i = 0; i < ROWS; i++)
        assert_close(e, "answer in another order", out + i * K, all + index[i] * K, K, least);
    free(all);
    free(out);
    gemml_model_free(model);
    sample_free(&s);
    sample_free(&shuffled);
}

/* Fits of two samples give the same answers to the rows of the first. */
static void assert_fits_agree(const struct estimator *e, const struct sample *s, const struct sample *t,
                              double least_digits)
{
    gemml_model *a = estimator_fit(e, s), *b = estimator_fit(e, t);
    assert_same_answers(e, b, a, s, least_digits);
    gemml_model_free(a);
    gemml_model_free(b);
}

/* Rows in another order: the same fit, but for rounding. */
static void order_of_rows(const struct estimator *e)
{
    struct sample s = estimator_sample(e, ROWS);
    size_t index[ROWS];
    for (size_t i = 0; i < ROWS; i++)
        index[i] = (49 * i + 3) % ROWS;
    struct sample shuffled = sample_rows(&s, index, ROWS);
    if (e->digits > 0)
        assert_fits_agree(e, &s, &shuffled, e->digits);
    sample_free(&s);
    sample_free(&shuffled);
}

/* Weights of one are no weights: to the last bit. */
static void weights_of_one(const struct estimator *e)
{
    struct sample s = estimator_sample(e, ROWS), t = s;
    t.w = malloc(ROWS * sizeof *t.w);
    for (size_t i = 0; i < ROWS; i++)
        t.w[i] = 1;
    assert_fits_agree(e, &s, &t, 16);
    free(t.w);
    sample_free(&s);
}

/* A row of weight k is k rows, one of weight 0 is none. */
static void weights_are_repetitions(const struct estimator *e)
{
    struct sample s = estimator_sample(e, ROWS);
    size_t index[3 * ROWS], n = 0;
    double *weights = malloc(ROWS * sizeof *weights);
    for (size_t i = 0; i < ROWS; i++) {
        weights[i] = (double)((i * 5) % 4);
        for (size_t k = 0; k < (i * 5) % 4; k++)
            index[n++] = i;
    }
    struct sample repeated = sample_rows(&s, index, n);
    s.w = weights;
    if (e->digits > 0)
        assert_fits_agree(e, &s, &repeated, e->digits);
    sample_free(&s);
    sample_free(&repeated);
}

/* Features in other units, and about another origin where there is no penalty on
 * unscaled weights: the same answers. */
static void units_of_features(const struct estimator *e)
{
    const double factor[] = {8, 0.03125, 512}, origin[] = {3, -2, 0.5};
    bool scaled = e->scaling == GEMML_SCALING_STANDARDIZE;
    if (e->digits == 0 || (!scaled && e->l2 > 0))
        return;
    struct sample s = estimator_sample(e, ROWS), t = estimator_sample(e, ROWS);
    for (size_t i = 0; i < t.n; i++)
        for (size_t j = 0; j < t.p; j++)
            t.x[i * t.p + j] = factor[j] * t.x[i * t.p + j] + origin[j];
    gemml_model *a = estimator_fit(e, &s), *b = estimator_fit(e, &t);
    double *u = answers_to(e, a, &s), *v = answers_to(e, b, &t);
    assert_close(e, "answer in other units", v, u, s.n * answers(e, &s), e->digits - (e->dtype == GEMML_F32 ? 1 : 2));
    free(u);
    free(v);
    gemml_model_free(a);
    gemml_model_free(b);
    sample_free(&s);
    sample_free(&t);
}

/* Classes under other numbers are the same classes. A network begins at random weights,
 * which stay with the numbers: for it this need not be. */
static void names_of_classes(const struct estimator *e)
{
    if (e->kind != GEMML_LOGISTIC)
        return;
    struct sample s = estimator_sample(e, ROWS);
    size_t K = e->classes;
    gemml_model *a = estimator_fit(e, &s);
    for (size_t i = 0; i < ROWS; i++)
        s.y[i] = (double)(((size_t)s.y[i] + 1) % K);
    gemml_model *b = estimator_fit(e, &s);
    double *u = answers_to(e, a, &s), *v = answers_to(e, b, &s);
    for (size_t i = 0; i < ROWS; i++)
        for (size_t k = 0; k < K; k++)
            assert_close(e, "probability under another name", &v[i * K + (k + 1) % K], &u[i * K + k], 1, e->digits - 2);
    free(u);
    free(v);
    gemml_model_free(a);
    gemml_model_free(b);
    sample_free(&s);
}

/* Targets in other units: the predictions in those units. */
static void units_of_targets(const struct estimator *e)
{
    if (e->classes || e->digits == 0 || (e->l2 > 0 && e->kind == GEMML_MLP))
        return;
    struct sample s = estimator_sample(e, ROWS);
    gemml_model *a = estimator_fit(e, &s);
    for (size_t i = 0; i < s.n * s.K; i++)
        s.y[i] = 64 * s.y[i] - 5;
    gemml_model *b = estimator_fit(e, &s);
    double *u = answers_to(e, a, &s), *v = answers_to(e, b, &s);
    for (size_t i = 0; i < s.n * s.K; i++)
        u[i] = 64 * u[i] - 5;
    assert_close(e, "prediction in other units", v, u, s.n * s.K, e->digits - 1);
    free(u);
    free(v);
    gemml_model_free(a);
    gemml_model_free(b);
    sample_free(&s);
}

#define INVARIANT(name)                   \
    static void test_##name(void **state) \
    {                                     \
        (void)state;                      \
        each_estimator(name);             \
    }
INVARIANT(fit_twice)
INVARIANT(predict_changes_nothing)
INVARIANT(saved_is_the_same)
INVARIANT(subsets)
INVARIANT(order_of_rows)
INVARIANT(weights_of_one)
INVARIANT(weights_are_repetitions)
INVARIANT(units_of_features)
INVARIANT(names_of_classes)
INVARIANT(units_of_targets)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_fit_twice),
        cmocka_unit_test(test_predict_changes_nothing),
        cmocka_unit_test(test_saved_is_the_same),
        cmocka_unit_test(test_subsets),
        cmocka_unit_test(test_order_of_rows),
        cmocka_unit_test(test_weights_of_one),
        cmocka_unit_test(test_weights_are_repetitions),
        cmocka_unit_test(test_units_of_features),
        cmocka_unit_test(test_names_of_classes),
        cmocka_unit_test(test_units_of_targets),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

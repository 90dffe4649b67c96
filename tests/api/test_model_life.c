/* What a second fit, a failing fit, a save and a load leave behind. */
#include "sample.h"

static void assert_same_model(const gemml_model *a, const gemml_model *b)
{
    const void *u, *v;
    size_t m, n;
    gemml_fit_info s = GEMML_FIT_INFO_INIT, t = GEMML_FIT_INFO_INIT;
    gemml_summary x = GEMML_SUMMARY_INIT, y = GEMML_SUMMARY_INIT;
    assert_ok(gemml_parameters(a, &u, &m));
    assert_ok(gemml_parameters(b, &v, &n));
    assert_int_equal(m, n);
    gemml_layer_info layer = GEMML_LAYER_INFO_INIT;
    assert_ok(gemml_layer(a, 0, &layer));
    assert_memory_equal(u, v, m * (layer.weight.dtype == GEMML_F32 ? sizeof(float) : sizeof(double)));
    assert_ok(gemml_get_fit_info(a, &s));
    assert_ok(gemml_get_fit_info(b, &t));
    assert_true(s.outcome == t.outcome && s.solver == t.solver && s.epochs == t.epochs);
    assert_true(s.iterations == t.iterations && s.best_epoch == t.best_epoch);
    assert_bits(&s.objective, &t.objective, 1);
    assert_bits(&s.loss, &t.loss, 1);
    assert_int_equal(s.loss_history_count, t.loss_history_count);
    assert_bits(s.loss_history, t.loss_history, s.loss_history_count);
    assert_string_equal(s.notice, t.notice);
    assert_ok(gemml_get_summary(a, &x));
    assert_ok(gemml_get_summary(b, &y));
    assert_true(x.rows == y.rows && x.outputs == y.outputs && x.rank == y.rank && x.sum_weight == y.sum_weight);
    assert_bits(x.sigma, y.sigma, x.outputs);
    assert_bits(x.r2, y.r2, x.outputs);
    assert_bits(x.adjusted_r2, y.adjusted_r2, x.outputs);
}

/* The solvers, scalings and dtypes that the tests below go through. */
static const gemml_linear_options *variant(size_t index)
{
    static gemml_linear_options options;
    gemml_linear_options_init(&options);
    options.dtype = index & 1 ? GEMML_F32 : GEMML_F64;
    options.scaling = index & 2 ? GEMML_SCALING_MINMAX : GEMML_SCALING_NONE;
    options.solver = index & 4 ? GEMML_SOLVER_DESCENT : GEMML_SOLVER_CHOLESKY;
    options.epochs = 20;
    options.batch = index & 8 ? 7 : GEMML_AUTO_COUNT;
    options.seed = 5;
    return &options;
}
enum { VARIANTS = 16 };

static void test_second_fit_starts_afresh(void **state)
{
    (void)state;
    struct sample first = sample_make(50, 5, 2, 8), second = sample_make(33, 3, 1, 9);
    gemml_dataset a = sample_dataset(&first), b = sample_dataset(&second);
    for (size_t i = 0; i < VARIANTS; i++) {
        gemml_model *model = fit_model(variant(i), &a), *fresh = fit_model(variant(i), &b);
        assert_ok(gemml_fit(model, &b, NULL, NULL));
        assert_same_model(model, fresh);
        gemml_model_free(model);
        gemml_model_free(fresh);
    }
    sample_free(&first);
    sample_free(&second);
}

static void test_failing_fit_leaves_the_model(void **state)
{
    (void)state;
    struct sample s = sample_make(50, 5, 2, 10);
    gemml_dataset data = sample_dataset(&s), shapeless = data;
    shapeless.y.rows = 49;
    for (size_t i = 0; i < VARIANTS; i++) {
        gemml_model *model = fit_model(variant(i), &data), *other = fit_model(variant(i), &data);
        gemml_fit_info info = GEMML_FIT_INFO_INIT;
        info.epochs = 99;
        double kept = s.x[77];
        s.x[77] = NAN;
        assert_refused(gemml_fit(model, &data, NULL, &info), GEMML_ERROR_NONFINITE, "x", "15", "2");
        s.x[77] = kept;
        assert_refused(gemml_fit(model, &shapeless, NULL, &info), GEMML_ERROR_SHAPE, "50", "49");
        assert_int_equal(info.epochs, 99);
        assert_same_model(model, other);
        double *u = predictions_of(model, &s), *v = predictions_of(other, &s);
        assert_bits(u, v, s.n * s.K);
        free(u);
        free(v);
        gemml_model_free(model);
        gemml_model_free(other);
    }
    sample_free(&s);
}

/* ---- Files ---- */

static void assert_same_predictions(const gemml_model *a, const gemml_model *b, const struct sample *s)
{
    double *u = predictions_of(a, s), *v = predictions_of(b, s);
    assert_bits(u, v, s->n * s->K);
    free(u);
    free(v);
}

static void test_save_and_load(void **state)
{
    (void)state;
    struct sample s = sample_make(50, 5, 2, 11);
    gemml_dataset data = sample_dataset(&s);
    const char *path = scratch_path("model.gemml"), *again = scratch_path("again.gemml");
    for (size_t i = 0; i < VARIANTS; i++) {
        gemml_model *model = fit_model(variant(i), &data), *loaded = NULL, *parsed = NULL;
        gemml_fit_info info = GEMML_FIT_INFO_INIT;
        size_t count, count_again;
        assert_ok(gemml_save(model, path));
        assert_ok(gemml_load(&loaded, path));
        char *bytes = read_file(path, &count);
        assert_ok(gemml_load_memory(&parsed, bytes, count));
        assert_same_model(model, loaded);
        assert_same_model(model, parsed);
        assert_same_predictions(model, loaded, &s);
        assert_same_predictions(model, parsed, &s);
        assert_ok(gemml_get_fit_info(loaded, &info));
        assert_true(info.seconds == 0);
        assert_ok(gemml_save(loaded, again));
        char *bytes_again = read_file(again, &count_again);
        assert_int_equal(count, count_again);
        assert_memory_equal(bytes, bytes_again, count);
        assert_ok(gemml_fit(loaded, &data, NULL, NULL)); /* with the options of the file */
        assert_same_model(model, loaded);
        free(bytes);
        free(bytes_again);
        gemml_model_free(model);
        gemml_model_free(loaded);
        gemml_model_free(parsed);
    }
    sample_free(&s);
}

static void refuse_bytes(const char *bytes, size_t count, const char *path)
{
    gemml_model *untouched = (gemml_model *)(void *)&count, *model = untouched;
    write_file("bad.gemml", bytes, count);
    assert_refused(gemml_load(&model, path), GEMML_ERROR_FORMAT);
    assert_non_null(strstr(gemml_last_error(), "bad.gemml"));
    assert_refused(gemml_load_memory(&model, bytes, count), GEMML_ERROR_FORMAT);
    assert_ptr_equal(model, untouched);
}

static void test_damaged_files(void **state)
{
    (void)state;
    struct sample s = sample_make(20, 3, 1, 12);
    gemml_dataset data = sample_dataset(&s);
    gemml_model *model = fit_model(NULL, &data), *untouched = model;
    const char *path = scratch_path("whole.gemml"), *bad = scratch_path("bad.gemml");
    size_t count;
    assert_ok(gemml_save(model, path));
    char *bytes = read_file(path, &count);
    for (size_t kept = 0; kept < count; kept += kept < 32 ? 1 : 37)
        refuse_bytes(bytes, kept, bad);
    for (size_t at = 0; at < count; at += 13) {
        bytes[at] ^= 4;
        refuse_bytes(bytes, count, bad);
        bytes[at] ^= 4;
    }
    assert_refused(gemml_load(&model, scratch_path("absent.gemml")), GEMML_ERROR_IO);
    assert_refused(gemml_load(&model, scratch_directory()), GEMML_ERROR_IO);
    assert_ptr_equal(model, untouched);
    assert_refused(gemml_save(model, scratch_path("absent/model.gemml")), GEMML_ERROR_IO);
    free(bytes);
    gemml_model_free(model);
    sample_free(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_second_fit_starts_afresh),
        cmocka_unit_test(test_failing_fit_leaves_the_model),
        cmocka_unit_test(test_save_and_load),
        cmocka_unit_test(test_damaged_files),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

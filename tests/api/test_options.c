/* Structs of other versions, and options out of range. */
#include "sample.h"

/* A struct of this version with bytes behind it, as a later version has. */
#define LATER(type)                 \
    struct {                        \
        type known;                 \
        unsigned char tail[3 * 16]; \
    }

static void test_defaults(void **state)
{
    (void)state;
    gemml_linear_options options;
    gemml_linear_options_init(&options);
    assert_int_equal(options.struct_size, sizeof options);
    assert_int_equal(options.solver, GEMML_SOLVER_AUTO);
    assert_int_equal(options.scaling, GEMML_SCALING_NONE);
    assert_int_equal(options.target_scaling, GEMML_SCALING_NONE);
    assert_true(options.range_low == 0 && options.range_high == 1);
    assert_int_equal(options.dtype, GEMML_F64);
    assert_int_equal(options.intercept, 1);
    assert_true(options.l2 == 0);
    assert_true(isnan(options.tolerance) && isnan(options.rate));
    assert_true(options.patience == GEMML_AUTO_COUNT && options.epochs == GEMML_AUTO_COUNT);
    assert_true(options.max_iterations == GEMML_AUTO_COUNT && options.batch == GEMML_AUTO_COUNT);
    assert_int_equal(options.seed, 0);
    gemml_fit_options fit;
    gemml_fit_options_init(&fit);
    assert_int_equal(fit.struct_size, sizeof fit);
    assert_true(!fit.progress && !fit.progress_data && isnan(fit.time_budget));
    gemml_dataset data;
    gemml_dataset_init(&data);
    assert_int_equal(data.struct_size, sizeof data);
    assert_true(!data.x.data && !data.y.data && !data.weight.data);
}

/* What the library fills has its size set by each of the _init functions. */
static void test_sizes_of_results(void **state)
{
    (void)state;
    gemml_fit_info fit;
    gemml_model_info model;
    gemml_layer_info layer;
    gemml_summary summary;
    gemml_metrics metrics;
    gemml_normal_equations check;
    gemml_fit_info_init(&fit);
    gemml_model_info_init(&model);
    gemml_layer_info_init(&layer);
    gemml_summary_init(&summary);
    gemml_metrics_init(&metrics);
    gemml_normal_equations_init(&check);
    assert_int_equal(fit.struct_size, sizeof fit);
    assert_int_equal(model.struct_size, sizeof model);
    assert_int_equal(layer.struct_size, sizeof layer);
    assert_int_equal(summary.struct_size, sizeof summary);
    assert_int_equal(metrics.struct_size, sizeof metrics);
    assert_int_equal(check.struct_size, sizeof check);
}

static void test_linear_options_of_other_sizes(void **state)
{
    (void)state;
    gemml_model *model = NULL;
    gemml_model_info info = GEMML_MODEL_INFO_INIT;
    LATER(gemml_linear_options) later = {.known = GEMML_LINEAR_OPTIONS_INIT};

    later.known.scaling = GEMML_SCALING_MINMAX;
    later.known.l2 = -1; /* behind the end of a shorter struct: not read */
    later.known.struct_size = offsetof(gemml_linear_options, l2);
    assert_ok(gemml_linear_create(&model, &later.known));
    assert_ok(gemml_model_get_info(model, &info));
    assert_int_equal(info.scaling, GEMML_SCALING_MINMAX);
    assert_true(info.l2 == 0);
    gemml_model_free(model);

    later.known.l2 = 2;
    later.known.struct_size = sizeof later;
    assert_ok(gemml_linear_create(&model, &later.known));
    assert_ok(gemml_model_get_info(model, &info));
    assert_true(info.l2 == 2);
    gemml_model_free(model);

    gemml_model *untouched = model = (gemml_model *)(void *)&info;
    for (size_t i = 0; i < sizeof later.tail; i += sizeof later.tail - 1) { /* the first byte, the last one */
        later.tail[i] = 1;
        assert_refused(gemml_linear_create(&model, &later.known), GEMML_ERROR_UNSUPPORTED, "gemml_linear_options");
        later.tail[i] = 0;
    }
    const size_t wrong[] = {0, 1, sizeof(size_t) - 1, 1u << 20, SIZE_MAX};
    const char *const shown[] = {"0", "1", "7", "1048576", "18446744073709551615"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        later.known.struct_size = wrong[i];
        assert_refused(gemml_linear_create(&model, &later.known), GEMML_ERROR_ARGUMENT, "struct_size", shown[i]);
    }
    assert_ptr_equal(model, untouched);
}

static int cancel(const gemml_progress *progress, void *data)
{
    (void)progress, (void)data;
    return 1;
}

static void test_fit_options_of_other_sizes(void **state)
{
    (void)state;
    struct sample s = sample_make(20, 2, 1, 1);
    gemml_dataset data = sample_dataset(&s);
    gemml_linear_options options = descent_options(10);
    gemml_model *model = new_model(&options);
    gemml_fit_info info = GEMML_FIT_INFO_INIT;
    LATER(gemml_fit_options) later = {.known = GEMML_FIT_OPTIONS_INIT};

    later.known.progress = cancel;
    later.known.time_budget = -1;
    later.known.struct_size = offsetof(gemml_fit_options, progress); /* no callback, no budget */
    assert_ok(gemml_fit(model, &data, &later.known, &info));
    assert_int_equal(info.outcome, GEMML_LIMIT);
    later.known.struct_size = offsetof(gemml_fit_options, time_budget);
    assert_ok(gemml_fit(model, &data, &later.known, &info));
    assert_int_equal(info.outcome, GEMML_CANCELLED);
    later.known.time_budget = GEMML_AUTO;
    later.known.struct_size = sizeof later;
    assert_ok(gemml_fit(model, &data, &later.known, &info));
    assert_int_equal(info.outcome, GEMML_CANCELLED);
    later.tail[40] = 7;
    assert_refused(gemml_fit(model, &data, &later.known, &info), GEMML_ERROR_UNSUPPORTED, "gemml_fit_options");
    later.known.struct_size = 0;
    assert_refused(gemml_fit(model, &data, &later.known, &info), GEMML_ERROR_ARGUMENT, "gemml_fit_options", "0");
    later.known.struct_size = SIZE_MAX;
    assert_refused(gemml_fit(model, &data, &later.known, &info), GEMML_ERROR_ARGUMENT, "gemml_fit_options");
    gemml_model_free(model);
    sample_free(&s);
}

static void test_dataset_of_other_sizes(void **state)
{
    (void)state;
    struct sample s = sample_make(20, 2, 1, 2);
    sample_weigh(&s, 3);
    LATER(gemml_dataset) later = {.known = sample_dataset(&s)};
    gemml_model *model = new_model(NULL);
    gemml_summary summary = GEMML_SUMMARY_INIT;

    later.known.struct_size = offsetof(gemml_dataset, weight); /* then all weights are one */
    assert_ok(gemml_fit(model, &later.known, NULL, NULL));
    assert_ok(gemml_get_summary(model, &summary));
    assert_true(summary.sum_weight == 20);
    later.known.struct_size = sizeof later;
    assert_ok(gemml_fit(model, &later.known, NULL, NULL));
    assert_ok(gemml_get_summary(model, &summary));
    assert_true(summary.sum_weight != 20);
    later.tail[0] = 1;
    assert_refused(gemml_fit(model, &later.known, NULL, NULL), GEMML_ERROR_UNSUPPORTED, "gemml_dataset");
    later.known.struct_size = 0;
    assert_refused(gemml_fit(model, &later.known, NULL, NULL), GEMML_ERROR_ARGUMENT, "gemml_dataset", "0");
    later.known.struct_size = SIZE_MAX;
    assert_refused(gemml_fit(model, &later.known, NULL, NULL), GEMML_ERROR_ARGUMENT, "gemml_dataset");
    later.known.struct_size = sizeof later.known.struct_size; /* neither x nor y */
    assert_refused(gemml_fit(model, &later.known, NULL, NULL), GEMML_ERROR_ARGUMENT, "x");
    gemml_model_free(model);
    sample_free(&s);
}

/* ---- What the library fills ---- */

struct fixture {
    gemml_model *model;
    gemml_dataset data;
};

static gemml_status fill_fit_info(struct fixture *f, void *result)
{
    return gemml_get_fit_info(f->model, result);
}

static gemml_status fill_by_fit(struct fixture *f, void *result)
{
    return gemml_fit(f->model, &f->data, NULL, result);
}

static gemml_status fill_model_info(struct fixture *f, void *result)
{
    return gemml_model_get_info(f->model, result);
}

static gemml_status fill_layer(struct fixture *f, void *result)
{
    return gemml_layer(f->model, 0, result);
}

static gemml_status fill_summary(struct fixture *f, void *result)
{
    return gemml_get_summary(f->model, result);
}

static gemml_status fill_metrics(struct fixture *f, void *result)
{
    return gemml_score(f->model, &f->data, result);
}

static gemml_status fill_check(struct fixture *f, void *result)
{
    return gemml_normal_equation_check(f->model, &f->data, result);
}

/* A result is written up to the caller's size, and not a byte further. */
static void check_result(struct fixture *f, const char *name, size_t known,
                         gemml_status (*fill)(struct fixture *, void *))
{
    enum { POISON = 0xA5, ROOM = 1024 };
    union {
        size_t struct_size;
        unsigned char bytes[ROOM];
        double align;
    } result;
    const size_t sizes[] = {sizeof(size_t), 2 * sizeof(size_t), known - 8, known, known + 64};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        size_t written = sizes[i] < known ? sizes[i] : known;
        memset(&result, POISON, sizeof result);
        result.struct_size = sizes[i];
        assert_ok(fill(f, &result));
        assert_int_equal(result.struct_size, sizes[i]);
        for (size_t b = written; b < ROOM; b++)
            assert_int_equal(result.bytes[b], POISON);
        size_t changed = 0;
        for (size_t b = sizeof(size_t); b < written; b++)
            changed += result.bytes[b] != POISON;
        assert_true(written == sizeof(size_t) || changed > 0);
    }
    const size_t wrong[] = {0, 7, SIZE_MAX};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        memset(&result, POISON, sizeof result);
        result.struct_size = wrong[i];
        assert_refused(fill(f, &result), GEMML_ERROR_ARGUMENT, name, "struct_size");
        for (size_t b = sizeof(size_t); b < ROOM; b++)
            assert_int_equal(result.bytes[b], POISON);
    }
}

static void test_results_of_other_sizes(void **state)
{
    (void)state;
    struct sample s = sample_make(30, 3, 2, 4);
    struct fixture f = {.data = sample_dataset(&s)};
    f.model = fit_model(NULL, &f.data);
    check_result(&f, "gemml_fit_info", sizeof(gemml_fit_info), fill_fit_info);
    check_result(&f, "gemml_fit_info", sizeof(gemml_fit_info), fill_by_fit);
    check_result(&f, "gemml_model_info", sizeof(gemml_model_info), fill_model_info);
    check_result(&f, "gemml_layer_info", sizeof(gemml_layer_info), fill_layer);
    check_result(&f, "gemml_summary", sizeof(gemml_summary), fill_summary);
    check_result(&f, "gemml_metrics", sizeof(gemml_metrics), fill_metrics);
    check_result(&f, "gemml_normal_equations", sizeof(gemml_normal_equations), fill_check);
    gemml_model_free(f.model);
    sample_free(&s);
}

/* ---- Ranges ---- */

static void refuse(const gemml_linear_options *options, const char *name, const char *value)
{
    gemml_model *model = NULL;
    assert_refused(gemml_linear_create(&model, options), GEMML_ERROR_ARGUMENT, name, value);
    assert_null(model);
}

static void test_reals_out_of_range(void **state)
{
    (void)state;
    gemml_linear_options options = GEMML_LINEAR_OPTIONS_INIT, bad;
    const struct {
        double *option;
        const char *name;
        double value;
        const char *shown;
    } cases[] = {
        {&bad.l2, "l2", -0.5, "0.5"},
        {&bad.l2, "l2", INFINITY, "inf"},
        {&bad.tolerance, "tolerance", -1e-9, "1e-09"},
        {&bad.tolerance, "tolerance", INFINITY, "inf"},
        {&bad.rate, "rate", 0, "0"},
        {&bad.rate, "rate", -2, "2"},
        {&bad.rate, "rate", INFINITY, "inf"},
        {&bad.rate, "rate", -INFINITY, "inf"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        bad = options;
        *cases[i].option = cases[i].value;
        refuse(&bad, cases[i].name, cases[i].shown);
    }
}

static void test_counts_out_of_range(void **state)
{
    (void)state;
    gemml_linear_options options = GEMML_LINEAR_OPTIONS_INIT, bad;
    const struct {
        size_t *option;
        const char *name;
    } cases[] = {{&bad.patience, "patience"},
                 {&bad.epochs, "epochs"},
                 {&bad.max_iterations, "max_iterations"},
                 {&bad.batch, "batch"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        bad = options;
        *cases[i].option = 0;
        refuse(&bad, cases[i].name, "0");
    }
}

static void test_names_out_of_range(void **state)
{
    (void)state;
    gemml_linear_options options = GEMML_LINEAR_OPTIONS_INIT, bad;
    const int values[] = {-1, 4, 1000}, solvers[] = {-1, 7, 1000};
    const char *const shown[] = {"1", "4", "1000"}, *const shown_solvers[] = {"1", "7", "1000"};
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        bad = options;
        bad.solver = (gemml_solver)solvers[i];
        refuse(&bad, "solver", shown_solvers[i]);
        bad = options;
        bad.scaling = (gemml_scaling)values[i];
        refuse(&bad, "scaling", shown[i]);
        bad = options;
        bad.target_scaling = (gemml_scaling)values[i];
        refuse(&bad, "target_scaling", shown[i]);
        bad = options;
        bad.dtype = (gemml_dtype)values[i];
        refuse(&bad, "dtype", shown[i]);
    }
    bad = options;
    bad.dtype = GEMML_I32; /* a dtype, but not one of parameters */
    refuse(&bad, "dtype", "2");
}

static void test_ends_of_ranges(void **state)
{
    (void)state;
    gemml_linear_options options = GEMML_LINEAR_OPTIONS_INIT;
    gemml_model_info info = GEMML_MODEL_INFO_INIT;
    options.tolerance = 0;
    options.rate = 1e-300;
    options.patience = options.epochs = options.max_iterations = options.batch = 1;
    options.intercept = -5; /* nonzero */
    options.seed = UINT64_MAX;
    gemml_model *model = new_model(&options);
    assert_ok(gemml_model_get_info(model, &info));
    assert_int_equal(info.intercept, 1);
    gemml_model_free(model);
}

static void test_time_budget_out_of_range(void **state)
{
    (void)state;
    struct sample s = sample_make(5, 1, 1, 5);
    gemml_dataset data = sample_dataset(&s);
    gemml_model *model = new_model(NULL);
    gemml_fit_options options = GEMML_FIT_OPTIONS_INIT;
    const double values[] = {0, -1, INFINITY};
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        options.time_budget = values[i];
        assert_refused(gemml_fit(model, &data, &options, NULL), GEMML_ERROR_ARGUMENT, "time_budget");
    }
    gemml_model_free(model);
    sample_free(&s);
}

/* Options are copied: what the caller does with the struct later is nothing to the model. */
static void test_options_are_copied(void **state)
{
    (void)state;
    gemml_linear_options options = GEMML_LINEAR_OPTIONS_INIT;
    gemml_model_info info = GEMML_MODEL_INFO_INIT;
    options.l2 = 3;
    gemml_model *model = new_model(&options);
    memset(&options, 0xFF, sizeof options);
    assert_ok(gemml_model_get_info(model, &info));
    assert_true(info.l2 == 3);
    gemml_model_free(model);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_defaults),
        cmocka_unit_test(test_sizes_of_results),
        cmocka_unit_test(test_linear_options_of_other_sizes),
        cmocka_unit_test(test_fit_options_of_other_sizes),
        cmocka_unit_test(test_dataset_of_other_sizes),
        cmocka_unit_test(test_results_of_other_sizes),
        cmocka_unit_test(test_reals_out_of_range),
        cmocka_unit_test(test_counts_out_of_range),
        cmocka_unit_test(test_names_out_of_range),
        cmocka_unit_test(test_ends_of_ranges),
        cmocka_unit_test(test_time_budget_out_of_range),
        cmocka_unit_test(test_options_are_copied),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Networks: options, outcomes, threads, files, what they tell of themselves. */
#include "network.h"

#include <unistd.h>

#include "classes.h"

/* ---- Options -------------------------------------------------------------------- */

#define assert_option_refused(field, value, ...)                                                     \
    do {                                                                                             \
        gemml_mlp_options wrong = GEMML_MLP_OPTIONS_INIT;                                            \
        wrong.field = value;                                                                         \
        assert_refused(gemml_mlp_create(&model, &wrong), GEMML_ERROR_ARGUMENT, #field, __VA_ARGS__); \
    } while (0)

static void options_out_of_range_are_named(void **state)
{
    gemml_model *model = NULL;
    (void)state;
    assert_option_refused(task, (gemml_mlp_task)2, "2");
    assert_option_refused(activation, (gemml_activation)7, "7");
    assert_option_refused(output_activation, GEMML_ACTIVATION_SOFTMAX, "softmax");
    assert_option_refused(initialisation, (gemml_initialisation)-1, "1");
    assert_option_refused(optimizer, (gemml_optimizer)6, "6");
    assert_option_refused(schedule, (gemml_schedule)5, "5");
    assert_option_refused(solver, GEMML_SOLVER_QR, "3");
    assert_option_refused(rate, -0.1, "0.1");
    assert_option_refused(rate, 0, "0");
    assert_option_refused(momentum, 1, "1");
    assert_option_refused(beta2, 1.5, "1.5");
    assert_option_refused(epsilon, 0, "0");
    assert_option_refused(weight_decay, -1, "1");
    assert_option_refused(schedule_factor, 1.5, "1.5");
    assert_option_refused(warmup, 2, "2");
    assert_option_refused(end_divisor, 0.5, "0.5");
    assert_option_refused(l2, GEMML_AUTO, "nan");
    assert_option_refused(dropout, 1, "1");
    assert_option_refused(clip, 0, "0");
    assert_option_refused(batch, 0, "0");
    assert_option_refused(accumulate, 0, "0");
    assert_option_refused(valid_every, 0, "0");
    assert_option_refused(epochs, 0, "0");
    assert_option_refused(patience, 0, "0");
    assert_option_refused(classes, 1, "1");
    assert_null(model);
}

static void layers_out_of_range_are_named(void **state)
{
    const size_t hidden[] = {3, 0};
    const gemml_activation softmax[] = {GEMML_ACTIVATION_RELU, GEMML_ACTIVATION_SOFTMAX};
    gemml_mlp_options options = GEMML_MLP_OPTIONS_INIT;
    gemml_model *model = NULL;
    (void)state;
    options.hidden_count = 2;
    assert_refused(gemml_mlp_create(&model, &options), GEMML_ERROR_ARGUMENT, "hidden", "NULL", "2");
    options.hidden = hidden;
    assert_refused(gemml_mlp_create(&model, &options), GEMML_ERROR_ARGUMENT, "hidden", "1", "units");
    options.hidden = (const size_t[]){3, 4};
    options.activations = softmax;
    assert_refused(gemml_mlp_create(&model, &options), GEMML_ERROR_ARGUMENT, "softmax", "1");
    options.hidden_count = GEMML_AUTO_COUNT;
    assert_refused(gemml_mlp_create(&model, &options), GEMML_ERROR_ARGUMENT, "activations");
    options.activations = NULL;
    options.task = GEMML_TASK_CLASSIFICATION;
    options.output_activation = GEMML_ACTIVATION_TANH;
    assert_refused(gemml_mlp_create(&model, &options), GEMML_ERROR_ARGUMENT, "output_activation", "tanh");
    assert_null(model);
}

/* Each layer as it was asked for; the arrays may be gone by then. */
static void layers_of_their_own(void **state)
{
    struct sample s = sample_make(40, 3, 2, 1);
    gemml_dataset data = sample_dataset(&s);
    size_t hidden[] = {4, 6};
    gemml_activation activations[] = {GEMML_ACTIVATION_TANH, GEMML_ACTIVATION_GELU};
    int biases[] = {1, 0, 1};
    gemml_mlp_options options = GEMML_MLP_OPTIONS_INIT;
    (void)state;
    options.hidden = hidden;
    options.hidden_count = 2;
    options.activations = activations;
    options.biases = biases;
    options.epochs = 2;
    gemml_model *model = new_mlp(&options);
    memset(hidden, 0, sizeof hidden);
    memset(activations, 0, sizeof activations);
    memset(biases, 0, sizeof biases);
    assert_ok(gemml_fit(model, &data, NULL, NULL));
    const char *const names[] = {"tanh", "gelu", "identity"};
    const size_t sizes[] = {3, 4, 6, 2};
    for (size_t l = 0; l < 3; l++) {
        gemml_layer_info layer = GEMML_LAYER_INFO_INIT;
        assert_ok(gemml_layer(model, l, &layer));
        assert_string_equal(layer.activation, names[l]);
        assert_int_equal(layer.inputs, sizes[l]);
        assert_int_equal(layer.outputs, sizes[l + 1]);
        assert_true((layer.bias.data != NULL) == (l != 1));
    }
    gemml_model_free(model);
    sample_free(&s);
}

/* ---- Data ----------------------------------------------------------------------- */

static void wrong_data_are_refused(void **state)
{
    struct sample s = classes_make(40, 3, 3, 1), v = classes_make(20, 3, 3, 2);
    gemml_dataset data = sample_dataset(&s), valid = sample_dataset(&v);
    gemml_mlp_options options = GEMML_MLP_OPTIONS_INIT;
    gemml_fit_options fit = GEMML_FIT_OPTIONS_INIT;
    (void)state;
    options.task = GEMML_TASK_CLASSIFICATION;
    options.classes = 3;
    options.epochs = 2;
    fit.valid = &valid;
    gemml_model *model = new_mlp(&options);
    s.y[7] = 3;
    assert_refused(gemml_fit(model, &data, NULL, NULL), GEMML_ERROR_ARGUMENT, "3", "7", "classes");
    s.y[7] = 1;
    s.x[5] = NAN;
    assert_refused(gemml_fit(model, &data, NULL, NULL), GEMML_ERROR_NONFINITE, "row", "1", "column", "2");
    s.x[5] = 0;
    v.y[4] = 5;
    assert_refused(gemml_fit(model, &data, &fit, NULL), GEMML_ERROR_ARGUMENT, "5", "4", "classes");
    v.y[4] = 0;
    v.x[3] = INFINITY;
    assert_refused(gemml_fit(model, &data, &fit, NULL), GEMML_ERROR_NONFINITE, "row", "1");
    valid.x.cols = 2;
    assert_refused(gemml_fit(model, &data, &fit, NULL), GEMML_ERROR_SHAPE, "validation", "2", "3");
    assert_refused(gemml_predict(model, data.x, gemml_matrix_f64(s.y, 40, 1)), GEMML_ERROR_UNFITTED, "fitted");
    gemml_model_free(model);
    sample_free(&s);
    sample_free(&v);
}

/* ---- Outcomes ------------------------------------------------------------------- */

static void a_run_that_diverges_keeps_numbers(void **state)
{
    struct sample s = sample_make(100, 3, 1, 1);
    gemml_dataset data = sample_dataset(&s);
    gemml_mlp_options options = GEMML_MLP_OPTIONS_INIT;
    gemml_fit_info info = GEMML_FIT_INFO_INIT;
    (void)state;
    options.optimizer = GEMML_OPTIMIZER_SGD;
    options.rate = 50;
    options.epochs = 200;
    gemml_model *model = new_mlp(&options);
    assert_ok(gemml_fit(model, &data, NULL, &info));
    assert_int_equal(info.outcome, GEMML_DIVERGED);
    assert_true(isfinite(info.loss));
    assert_true(holds_word(info.notice, "epoch") && holds_word(info.notice, "50"));
    double *out = predictions_of(model, &s);
    for (size_t i = 0; i < s.n; i++)
        assert_true(isfinite(out[i]));
    free(out);
    gemml_model_free(model);
    sample_free(&s);
}

static int cancel_at_third(const gemml_progress *progress, void *context)
{
    gemml_progress *seen = context;
    *seen = *progress;
    return progress->epoch == 3;
}

static void a_run_can_be_cancelled_and_limited(void **state)
{
    struct sample s = sample_make(300, 3, 1, 1), v = sample_make(30, 3, 1, 2);
    gemml_dataset data = sample_dataset(&s), valid = sample_dataset(&v);
    gemml_mlp_options options = GEMML_MLP_OPTIONS_INIT;
    gemml_fit_options fit = GEMML_FIT_OPTIONS_INIT;
    gemml_progress seen;
    (void)state;
    fit.progress = cancel_at_third;
    fit.progress_data = &seen;
    fit.valid = &valid;
    gemml_model *model = new_mlp(&options);
    gemml_fit_info info = fit_info(model, &data, &fit);
    assert_int_equal(info.outcome, GEMML_CANCELLED);
    assert_int_equal(info.epochs, 3);
    assert_true(seen.loss == info.loss_history[2] && seen.rate == 1e-3);
    assert_true(seen.valid_loss == info.valid_loss_history[2] && seen.score == info.score_history[2]);
    fit.progress = NULL;
    fit.time_budget = 1e-9;
    info = fit_info(model, &data, &fit);
    assert_int_equal(info.outcome, GEMML_TIME_LIMIT);
    assert_int_equal(info.iterations, 1);
    gemml_model_free(model);
    sample_free(&s);
    sample_free(&v);
}

static void the_bits_do_not_depend_on_threads(void **state)
{
    struct sample s = classes_make(3000, 6, 3, 1);
    gemml_dataset data = sample_dataset(&s);
    gemml_mlp_options options = GEMML_MLP_OPTIONS_INIT;
    double *first = NULL;
    (void)state;
    options.task = GEMML_TASK_CLASSIFICATION;
    options.dropout = 0.2;
    options.batch = 2000;
    options.epochs = 5;
    for (size_t threads = 1; threads <= 4; threads++) {
        assert_ok(gemml_set_threads(threads));
        gemml_model *model = fit_mlp(&options, &data, NULL);
        double *p = malloc(3 * s.n * sizeof *p);
        assert_ok(gemml_predict_proba(model, data.x, gemml_matrix_f64(p, s.n, 3)));
        if (first)
            assert_bits(p, first, 3 * s.n);
        else
            first = p;
        if (p != first)
            free(p);
        gemml_model_free(model);
    }
    assert_ok(gemml_set_threads(0));
    free(first);
    sample_free(&s);
}

/* The rows of a batch that the library chooses: n / 100, within 32 and 256. */
static void batches_by_the_number_of_rows(void **state)
{
    static const struct {
        size_t n, steps;
    } cases[] = {{31, 1}, {33, 2}, {3299, 104}, {3300, 100}, {25600, 100}, {25700, 101}, {25857, 102}};
    const size_t hidden[] = {1};
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct sample s = sample_make(cases[i].n, 1, 1, 1);
        gemml_dataset data = sample_dataset(&s);
        gemml_mlp_options options = GEMML_MLP_OPTIONS_INIT;
        options.hidden = hidden;
        options.hidden_count = 1;
        options.epochs = 1;
        gemml_model *model = fit_mlp(&options, &data, NULL);
        assert_int_equal(info_of(model).iterations, cases[i].steps);
        gemml_model_free(model);
        sample_free(&s);
    }
}

/* ---- Files ---------------------------------------------------------------------- */

static gemml_mlp_options full_options(void)
{
    static const size_t hidden[] = {7, 5};
    static const gemml_activation activations[] = {GEMML_ACTIVATION_LEAKY_RELU, GEMML_ACTIVATION_SIGMOID};
    static const int biases[] = {0, 1, 1};
    static const double class_weight[] = {1, 0.25, 3};
    gemml_mlp_options options = GEMML_MLP_OPTIONS_INIT;
    options.task = GEMML_TASK_CLASSIFICATION;
    options.hidden = hidden, options.hidden_count = 2, options.activations = activations, options.biases = biases;
    options.classes = 3, options.class_weighting = GEMML_CLASS_WEIGHT_GIVEN, options.class_weight = class_weight;
    options.optimizer = GEMML_OPTIMIZER_ADAMW, options.schedule = GEMML_SCHEDULE_ONE_CYCLE;
    options.initialisation = GEMML_INIT_HE_UNIFORM, options.scaling = GEMML_SCALING_MINMAX;
    options.clip = 0.5, options.dropout = 0.1, options.weight_decay = 0.02, options.warmup = 0.25;
    options.epochs = 4, options.batch = 16, options.accumulate = 2, options.seed = UINT64_MAX;
    return options;
}

static void assert_same_options(const gemml_mlp_options *a, const gemml_mlp_options *b)
{
    gemml_mlp_options left = *a, right = *b;
    assert_memory_equal(a->hidden, b->hidden, 2 * sizeof *a->hidden);
    assert_memory_equal(a->activations, b->activations, 2 * sizeof *a->activations);
    assert_memory_equal(a->biases, b->biases, 3 * sizeof *a->biases);
    assert_memory_equal(a->class_weight, b->class_weight, 3 * sizeof *a->class_weight);
    left.hidden = right.hidden = NULL;
    left.activations = right.activations = NULL;
    left.biases = right.biases = NULL;
    left.class_weight = right.class_weight = NULL;
    assert_true(isnan(left.rate) && isnan(right.rate));
    assert_true(left.clip == right.clip && left.dropout == right.dropout && left.seed == right.seed);
    assert_true(left.warmup == right.warmup && left.weight_decay == right.weight_decay && left.l2 == right.l2);
    assert_int_equal(left.optimizer, right.optimizer);
    assert_int_equal(left.schedule, right.schedule);
    assert_int_equal(left.initialisation, right.initialisation);
    assert_int_equal(left.scaling, right.scaling);
    assert_int_equal(left.accumulate, right.accumulate);
    assert_int_equal(left.batch, right.batch);
    assert_int_equal(left.patience, right.patience);
}

/* Everything comes back: what it predicts, to the bit, its options and histories; and it is fitted again alike. */
static void a_file_holds_all_of_it(void **state)
{
    struct sample s = classes_make(120, 4, 3, 1), v = classes_make(30, 4, 3, 2);
    gemml_dataset data = sample_dataset(&s), valid = sample_dataset(&v);
    gemml_mlp_options options = full_options(), back = GEMML_MLP_OPTIONS_INIT;
    gemml_fit_options fit = GEMML_FIT_OPTIONS_INIT;
    gemml_model *loaded = NULL;
    (void)state;
    fit.valid = &valid;
    gemml_model *model = fit_mlp(&options, &data, &fit);
    char path[] = "/tmp/gemml-mlp-XXXXXX";
    close(mkstemp(path));
    assert_ok(gemml_save(model, path));
    assert_ok(gemml_load(&loaded, path));
    unlink(path);
    double *p = malloc(6 * s.n * sizeof *p);
    assert_ok(gemml_predict_proba(model, data.x, gemml_matrix_f64(p, s.n, 3)));
    assert_ok(gemml_predict_proba(loaded, data.x, gemml_matrix_f64(p + 3 * s.n, s.n, 3)));
    assert_bits(p, p + 3 * s.n, 3 * s.n);
    assert_ok(gemml_mlp_get_options(loaded, &back));
    assert_same_options(&options, &back);
    gemml_fit_info a = info_of(model), b = info_of(loaded);
    assert_int_equal(b.valid_history_count, 4);
    assert_bits(a.valid_loss_history, b.valid_loss_history, 4);
    assert_bits(a.score_history, b.score_history, 4);
    assert_memory_equal(a.valid_epochs, b.valid_epochs, 4 * sizeof *a.valid_epochs);
    assert_ok(gemml_fit(loaded, &data, &fit, NULL));
    assert_ok(gemml_predict_proba(loaded, data.x, gemml_matrix_f64(p + 3 * s.n, s.n, 3)));
    assert_bits(p, p + 3 * s.n, 3 * s.n);
    gemml_model_free(model);
    gemml_model_free(loaded);
    free(p);
    sample_free(&s);
    sample_free(&v);
}

/* ---- What they tell ------------------------------------------------------------- */

static void a_description_names_layers_and_settings(void **state)
{
    struct sample s = classes_make(60, 4, 3, 1);
    gemml_dataset data = sample_dataset(&s);
    gemml_mlp_options options = full_options();
    gemml_model *model = fit_mlp(&options, &data, NULL);
    size_t length, again;
    (void)state;
    assert_ok(gemml_describe(model, NULL, 0, &length));
    char *text = malloc(length + 1), part[20];
    assert_ok(gemml_describe(model, text, length + 1, &again));
    assert_int_equal(length, again);
    assert_int_equal(strlen(text), length);
    const char *const words[] = {"mlp",       "3 classes",  "4 x 7",         "7 x 5",
                                 "5 x 3",     "leaky_relu", "softmax",       "adamw",
                                 "one-cycle", "he-uniform", "86 parameters", "after 4 epochs, 8 steps"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (!strstr(text, words[i]))
            fail_msg("\"%s\" is not in:\n%s", words[i], text);
    assert_ok(gemml_describe(model, part, sizeof part, &again));
    assert_int_equal(length, again);
    assert_true(strlen(part) == sizeof part - 1 && strncmp(part, text, sizeof part - 1) == 0);
    assert_refused(gemml_describe(model, NULL, 5, NULL), GEMML_ERROR_ARGUMENT, "NULL");
    free(text);
    gemml_model_free(model);
    sample_free(&s);
}

static void statistics_of_layers(void **state)
{
    struct sample s = sample_make(60, 4, 1, 1);
    gemml_dataset data = sample_dataset(&s);
    gemml_mlp_options options = GEMML_MLP_OPTIONS_INIT;
    options.hidden = (const size_t[]){3};
    options.hidden_count = 1;
    options.dtype = GEMML_F64;
    gemml_model *model = fit_mlp(&options, &data, NULL);
    gemml_layer_statistics statistics = GEMML_LAYER_STATISTICS_INIT;
    double vector[19] = {3, -4, 0}; /* 4 x 3 weights: three numbers, nine zeros; then 3 biases, 3 weights, 1 bias */
    (void)state;
    vector[12] = vector[13] = vector[14] = 2;
    assert_ok(gemml_layer_get_statistics(model, 0, vector, &statistics));
    assert_near(statistics.weight.mean, -1.0 / 12, 1e-15);
    assert_near(statistics.weight.deviation, sqrt(25.0 / 12 - 1.0 / 144), 1e-15);
    assert_near(statistics.weight.norm, 5, 1e-15);
    assert_true(statistics.weight.minimum == -4 && statistics.weight.maximum == 3 && statistics.weight.zeros == 10);
    assert_true(statistics.bias.mean == 2 && statistics.bias.deviation == 0 && statistics.bias.zeros == 0);
    gemml_layer_info layer = GEMML_LAYER_INFO_INIT;
    assert_ok(gemml_layer(model, 1, &layer));
    assert_ok(gemml_layer_get_statistics(model, 1, NULL, &statistics));
    assert_true(statistics.bias.mean == *(const double *)layer.bias.data);
    assert_refused(gemml_layer_get_statistics(model, 2, NULL, &statistics), GEMML_ERROR_ARGUMENT, "2");
    gemml_model_free(model);
    sample_free(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(options_out_of_range_are_named),
        cmocka_unit_test(layers_out_of_range_are_named),
        cmocka_unit_test(layers_of_their_own),
        cmocka_unit_test(wrong_data_are_refused),
        cmocka_unit_test(a_run_that_diverges_keeps_numbers),
        cmocka_unit_test(a_run_can_be_cancelled_and_limited),
        cmocka_unit_test(the_bits_do_not_depend_on_threads),
        cmocka_unit_test(batches_by_the_number_of_rows),
        cmocka_unit_test(a_file_holds_all_of_it),
        cmocka_unit_test(a_description_names_layers_and_settings),
        cmocka_unit_test(statistics_of_layers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Each option that is out of its range is refused by name, and nothing is made or changed. */
#include "network.h"

#include <float.h>

/* `words` stand in the sentence. */
static void refused(gemml_status status, const char *words)
{
    assert_refused(status, GEMML_ERROR_ARGUMENT, words);
}

/* ---- Networks ------------------------------------------------------------------------ */

static gemml_mlp_options network(void)
{
    gemml_mlp_options options = GEMML_MLP_OPTIONS_INIT;
    return options;
}

static void refuse_network(const gemml_mlp_options *options, const char *words)
{
    gemml_model *model = NULL;
    refused(gemml_mlp_create(&model, options), words);
    assert_null(model);
}

#define BAD_NETWORK(field, value, words)       \
    do {                                       \
        gemml_mlp_options options = network(); \
        options.field = value;                 \
        refuse_network(&options, words);       \
    } while (0)

static void layers_of_networks(void **state)
{
    (void)state;
    const gemml_activation activation = GEMML_ACTIVATION_TANH;
    const int bias = 1;
    BAD_NETWORK(struct_size, 1, "struct_size 1");
    BAD_NETWORK(activations, &activation, "activations of each layer need the number of hidden layers");
    BAD_NETWORK(biases, &bias, "biases of each layer need the number of hidden layers");
    BAD_NETWORK(hidden_count, 1001, "there are 1001 hidden layers: at most 1000");
    BAD_NETWORK(hidden_count, 2, "hidden is NULL, but there are 2 hidden layers");
    BAD_NETWORK(task, (gemml_mlp_task)9, "task");
    BAD_NETWORK(activation, (gemml_activation)99, "activation");
    BAD_NETWORK(output_activation, (gemml_activation)99, "output_activation");
    BAD_NETWORK(output_activation, (gemml_activation)-1, "output_activation");
    BAD_NETWORK(output_activation, GEMML_ACTIVATION_SOFTMAX, "it is for classes only");
    BAD_NETWORK(initialisation, (gemml_initialisation)99, "initialisation");
    BAD_NETWORK(dtype, (gemml_dtype)9, "dtype");
    BAD_NETWORK(scaling, (gemml_scaling)9, "scaling");
    BAD_NETWORK(target_scaling, (gemml_scaling)9, "target_scaling");
    BAD_NETWORK(class_weighting, (gemml_class_weighting)9, "class_weighting");
}

static void rates_of_networks(void **state)
{
    (void)state;
    BAD_NETWORK(optimizer, (gemml_optimizer)9, "optimizer");
    BAD_NETWORK(rate, 0, "rate is 0");
    BAD_NETWORK(momentum, 1, "momentum is 1");
    BAD_NETWORK(decay, -0.1, "decay is -0.1");
    BAD_NETWORK(beta1, 1, "beta1 is 1");
    BAD_NETWORK(beta2, INFINITY, "beta2 is inf");
    BAD_NETWORK(epsilon, 0, "epsilon is 0");
    BAD_NETWORK(weight_decay, -1, "weight_decay is -1");
    BAD_NETWORK(schedule, (gemml_schedule)9, "schedule");
    BAD_NETWORK(schedule_factor, 0, "schedule_factor is 0");
    BAD_NETWORK(schedule_factor, 1.5, "schedule_factor is 1.5");
    BAD_NETWORK(schedule_every, 0, "schedule_every is 0");
    BAD_NETWORK(schedule_floor, -1, "schedule_floor is -1");
    BAD_NETWORK(warmup, 1.5, "warmup is 1.5");
    BAD_NETWORK(start_divisor, -1, "start_divisor is -1");
    BAD_NETWORK(start_divisor, 0.5, "start_divisor is 0.5");
    BAD_NETWORK(end_divisor, 0.5, "end_divisor is 0.5");
}

static void runs_of_networks(void **state)
{
    (void)state;
    BAD_NETWORK(solver, GEMML_SOLVER_QR, "a network has AUTO");
    BAD_NETWORK(l2, NAN, "l2");
    BAD_NETWORK(batch, 0, "batch is 0");
    BAD_NETWORK(accumulate, 0, "accumulate is 0");
    BAD_NETWORK(accumulate, GEMML_AUTO_COUNT, "accumulate must be a number");
    BAD_NETWORK(valid_every, GEMML_AUTO_COUNT, "valid_every must be a number");
    BAD_NETWORK(valid_every, 0, "valid_every is 0");
    BAD_NETWORK(clip, 0, "clip is 0");
    BAD_NETWORK(dropout, NAN, "dropout");
    BAD_NETWORK(dropout, 1, "dropout is 1");
    BAD_NETWORK(epochs, 0, "epochs is 0");
    BAD_NETWORK(max_iterations, 0, "max_iterations is 0");
    BAD_NETWORK(tolerance, -1, "tolerance is -1");
    BAD_NETWORK(patience, 0, "patience is 0");
}

/* ---- Logistic regressions, and fits ----------------------------------------------------- */

static void logistic_regressions(void **state)
{
    (void)state;
    gemml_model *model = NULL;
#define BAD_LOGISTIC(field, value, words)                             \
    do {                                                              \
        gemml_logistic_options options = GEMML_LOGISTIC_OPTIONS_INIT; \
        options.field = value;                                        \
        refused(gemml_logistic_create(&model, &options), words);      \
        assert_null(model);                                           \
    } while (0)
    BAD_LOGISTIC(struct_size, 3, "struct_size 3");
    BAD_LOGISTIC(classes, 1, "classes is 1");
    BAD_LOGISTIC(classes, SIZE_MAX - 1, "classes is");
    BAD_LOGISTIC(patience, 0, "patience is 0");
    BAD_LOGISTIC(epochs, 0, "epochs is 0");
    BAD_LOGISTIC(max_iterations, 0, "max_iterations is 0");
    BAD_LOGISTIC(batch, 0, "batch is 0");
}

static void fits(void **state)
{
    (void)state;
    struct sample sample = sample_make(10, 2, 1, 3);
    gemml_dataset data = sample_dataset(&sample);
    gemml_mlp_options network_options = network();
    gemml_model *model = new_mlp(&network_options);
#define BAD_FIT(field, value, words)                             \
    do {                                                         \
        gemml_fit_options options = GEMML_FIT_OPTIONS_INIT;      \
        options.field = value;                                   \
        refused(gemml_fit(model, &data, &options, NULL), words); \
        assert_false(model_info(model).fitted);                  \
    } while (0)
    BAD_FIT(struct_size, 2, "struct_size 2");
    BAD_FIT(time_budget, 0, "time_budget is 0");
    BAD_FIT(checkpoint_seconds, 0, "checkpoint_seconds is 0");
    BAD_FIT(checkpoint_epochs, 0, "checkpoint_epochs is 0");
    BAD_FIT(record, 0, "record is 0");
    BAD_FIT(checkpoint, "", "the checkpoint's path is empty");
    BAD_FIT(resume, 1, "the checkpoint's path is NULL");
    gemml_dataset none = GEMML_DATASET_INIT;
    gemml_fit_options options = GEMML_FIT_OPTIONS_INIT;
    options.valid = &none;
    assert_true(gemml_fit(model, &data, &options, NULL) != GEMML_OK);
    assert_false(model_info(model).fitted);
    gemml_model_free(model);
    sample_free(&sample);
}

/* ---- Generated data --------------------------------------------------------------------- */

static double x[24], y[24];

static gemml_matrix matrix_x(size_t cols)
{
    return gemml_matrix_f64(x, 6, cols);
}

static gemml_matrix matrix_y(size_t cols)
{
    return gemml_matrix_f64(y, 6, cols);
}

/* Refused, and the rows are as they were: zero. */
static void refuse_rows(gemml_status status, const char *words)
{
    refused(status, words);
    for (size_t i = 0; i < 24; i++)
        assert_true(x[i] == 0 && y[i] == 0);
}

#define BAD(type, INIT, generate, field, value, words) \
    do {                                               \
        type options = INIT;                           \
        options.field = value;                         \
        refuse_rows(generate, words);                  \
    } while (0)

static void generated_values(void **state)
{
    (void)state;
    const gemml_matrix none = {0};
#define BAD_REGRESSION(field, value, words)                      \
    BAD(gemml_regression_options, GEMML_REGRESSION_OPTIONS_INIT, \
        gemml_generate_regression(&options, matrix_x(3), matrix_y(1), none), field, value, words)
    BAD_REGRESSION(struct_size, 1, "struct_size 1");
    BAD_REGRESSION(noise, -1, "noise");
    BAD_REGRESSION(bias, NAN, "bias");
    BAD_REGRESSION(tail_strength, 2, "tail_strength");
    BAD_REGRESSION(effective_rank, 0, "effective_rank is 0");
    BAD_REGRESSION(informative, 4, "informative is 4 but x has 3 columns");
#define BAD_CURVE(field, value, words)                                                                           \
    BAD(gemml_curve_options, GEMML_CURVE_OPTIONS_INIT, gemml_generate_curve(&options, matrix_x(1), matrix_y(1)), \
        field, value, words)
    BAD_CURVE(struct_size, 1, "struct_size 1");
    BAD_CURVE(low, -INFINITY, "low");
    BAD_CURVE(high, NAN, "high");
    BAD_CURVE(noise, -1, "noise");
    BAD_CURVE(low, 5, "low must be below high");
}

static void generated_classes(void **state)
{
    (void)state;
    const double shares[] = {0.5, 0.6};
#define BAD_CLASSES(field, value, words)                                 \
    BAD(gemml_classification_options, GEMML_CLASSIFICATION_OPTIONS_INIT, \
        gemml_generate_classification(&options, matrix_x(4), matrix_y(1)), field, value, words)
    BAD_CLASSES(struct_size, 1, "struct_size 1");
    BAD_CLASSES(separation, -1, "separation");
    BAD_CLASSES(flip, 2, "flip");
    BAD_CLASSES(shift, INFINITY, "shift");
    BAD_CLASSES(scale, -INFINITY, "scale");
    BAD_CLASSES(informative, 0, "informative is 0");
    BAD_CLASSES(repeated, 9, "x has 4 columns");
    BAD_CLASSES(classes, 1, "classes is 1");
    BAD_CLASSES(clusters_per_class, 0, "clusters_per_class is 0");
    BAD_CLASSES(shares, shares, "the shares have the sum 1.1, not 1");
#define BAD_SHAPE(function, field, value, words)                                                                   \
    BAD(gemml_shape_options, GEMML_SHAPE_OPTIONS_INIT, function(&options, matrix_x(2), matrix_y(1)), field, value, \
        words)
    BAD_SHAPE(gemml_generate_moons, struct_size, 1, "struct_size 1");
    BAD_SHAPE(gemml_generate_moons, noise, -1, "noise");
    BAD_SHAPE(gemml_generate_circles, factor, 1, "factor is 1");
    BAD_SHAPE(gemml_generate_circles, factor, NAN, "factor is nan");
}

/* Places of another shape than the rows have. */
static void places_of_another_shape(void **state)
{
    (void)state;
    const gemml_matrix none = {0};
    assert_int_equal(gemml_generate_regression(NULL, matrix_x(3), matrix_y(1), matrix_x(2)), GEMML_ERROR_SHAPE);
    assert_int_equal(gemml_generate_regression(NULL, matrix_x(3), gemml_matrix_f64(y, 5, 1), none), GEMML_ERROR_SHAPE);
    assert_int_equal(gemml_generate_classification(NULL, matrix_x(4), matrix_y(2)), GEMML_ERROR_SHAPE);
    assert_int_equal(gemml_generate_moons(NULL, matrix_x(3), matrix_y(1)), GEMML_ERROR_SHAPE);
    assert_int_equal(gemml_generate_circles(NULL, matrix_x(3), matrix_y(1)), GEMML_ERROR_SHAPE);
    assert_int_equal(gemml_generate_curve(NULL, matrix_x(2), matrix_y(1)), GEMML_ERROR_SHAPE);
    for (size_t i = 0; i < 24; i++)
        assert_true(x[i] == 0 && y[i] == 0);
}

/* ---- Tables ---------------------------------------------------------------------------------- */

static void tables(void **state)
{
    (void)state;
    const double cells[] = {1, 2, 3, 4, 5, 7};
    gemml_table *table = NULL, *train = NULL, *held = NULL;
    gemml_schema *schema = NULL;
    assert_refused(gemml_table_of_view(&table, gemml_view_f64(NULL, 3, 2), NULL), GEMML_ERROR_ARGUMENT, "values");
    assert_null(table);
    assert_ok(gemml_table_of_view(&table, gemml_view_f64(cells, 3, 2), NULL));
    assert_null(gemml_table_column_name(NULL, 0));
    assert_null(gemml_table_column_name(table, 2));
    assert_string_equal(gemml_table_column_name(table, 1), "x1");
    gemml_split_options split = GEMML_SPLIT_OPTIONS_INIT;
    split.struct_size = 1;
    refused(gemml_table_split(&train, &held, table, &split), "struct_size 1");
#define BAD_SCHEMA(field, value, words)                                \
    do {                                                               \
        gemml_schema_options options = GEMML_SCHEMA_OPTIONS_INIT;      \
        options.target = "x1";                                         \
        options.field = value;                                         \
        refused(gemml_schema_create(&schema, table, &options), words); \
        assert_null(schema);                                           \
    } while (0)
    BAD_SCHEMA(struct_size, 1, "struct_size 1");
    BAD_SCHEMA(target_type, (gemml_target_type)9, "target_type");
    BAD_SCHEMA(coding, (gemml_coding)9, "coding");
    BAD_SCHEMA(polynomial, 0, "polynomial is 0");
    BAD_SCHEMA(terms, 1u << 20, "terms is");
    assert_true(!train && !held);
    gemml_table_free(table);
}

/* What asks nothing of nothing answers so. */
static void no_schema(void **state)
{
    (void)state;
    assert_int_equal(gemml_schema_inputs(NULL) + gemml_schema_outputs(NULL) + gemml_schema_classes(NULL), 0);
    assert_int_equal(gemml_schema_terms(NULL), 0);
    assert_int_equal(gemml_schema_degree(NULL), 1);
    assert_null(gemml_schema_input_name(NULL, 0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(layers_of_networks),
        cmocka_unit_test(rates_of_networks),
        cmocka_unit_test(runs_of_networks),
        cmocka_unit_test(logistic_regressions),
        cmocka_unit_test(fits),
        cmocka_unit_test(generated_values),
        cmocka_unit_test(generated_classes),
        cmocka_unit_test(places_of_another_shape),
        cmocka_unit_test(tables),
        cmocka_unit_test(no_schema),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

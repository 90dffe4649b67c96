/* Networks on the command line: training, validation, what is told, what is refused. */
#include <gemml.h>

#include "program.h"

#define WINE "--target", "quality", "--model", "m.gemml", "--quiet"

/* Validation: its history, the best epoch, patience; and what evaluate and inspect say of the file. */
static void test_regression(void **state)
{
    (void)state;
    enter_folder();
    const char *wine = data_path("winequality-red.csv");
    free(RUN_OK("train", "mlp", wine, WINE, "--holdout", "0.2", "--patience", "7", "--hidden", "16,8", "--report",
                "r.json"));
    json_t *report = json_of_file("r.json"), *history = json_object_get(report, "history");
    json_t *losses = json_object_get(history, "valid_loss");
    size_t epochs = (size_t)json_double(report, "epochs"), best = (size_t)json_double(report, "best_epoch");
    assert_string_equal(json_string_of(report, "outcome"), "stopped_early");
    assert_string_equal(json_string_of(report, "dtype"), "f32");
    assert_int_equal(json_array_size(losses), epochs);
    assert_int_equal(json_array_size(json_object_get(history, "loss")), epochs);
    assert_int_equal(epochs, best + 7);
    for (size_t i = 0; i < epochs; i++)
        assert_true(json_number_value(json_array_get(losses, best - 1)) <=
                    json_number_value(json_array_get(losses, i)));
    assert_near(json_number_value(json_array_get(json_object_get(history, "valid_score"), best - 1)),
                json_double(json_object_get(report, "valid"), "r2"), 1e-5);
    json_t *inspect = RUN_JSON("inspect", "m.gemml", "--json"), *layers = json_object_get(inspect, "layers");
    assert_string_equal(json_string_of(inspect, "kind"), "mlp");
    assert_int_equal(json_array_size(layers), 3);
    assert_int_equal(json_double(json_array_get(layers, 1), "inputs"), 16);
    assert_string_equal(json_string_of(json_array_get(layers, 1), "activation"), "relu");
    assert_null(json_object_get(inspect, "coefficients"));
    json_decref(inspect), json_decref(report);
    char *text = RUN_OK("inspect", "m.gemml");
    assert_non_null(strstr(text, "16 x 8"));
    free(text);
}

/* Texts are classes and, as inputs, one-hot: an input for each level. */
static void test_classes(void **state)
{
    (void)state;
    enter_folder();
    const char *penguins = data_path("tabular/penguins.csv");
    free(RUN_OK("train", "mlp", penguins, "--target", "species", "--features", "island,body_mass_g,bill_length_mm",
                "--model", "m.gemml", "--quiet", "--activation", "tanh,gelu", "--hidden", "8,4", "--class-weight",
                "balanced", "--epochs", "60", "--optimizer", "adamw", "--schedule", "one-cycle", "--rate", "0.02"));
    json_t *inspect = RUN_JSON("inspect", "m.gemml", "--json");
    assert_int_equal(json_double(inspect, "n_inputs"), 5);
    assert_int_equal(json_array_size(json_object_get(inspect, "classes")), 3);
    json_decref(inspect);
    json_t *evaluated = RUN_JSON("evaluate", "m.gemml", penguins, "--json");
    assert_true(json_double(evaluated, "accuracy") > 0.95);
    json_decref(evaluated);
    char *text = RUN_OK("predict", "m.gemml", penguins, "--proba");
    assert_true(strncmp(text, "prediction,p:Adelie,p:Chinstrap,p:Gentoo\n", 40) == 0);
    free(text);
}

/* The same file, to the byte, for any number of threads; another one for another seed. */
static void test_bytes(void **state)
{
    (void)state;
    enter_folder();
    const char *wine = data_path("winequality-red.csv"), *const threads[] = {"1", "2", "2"};
    const char *const seeds[] = {"3", "3", "4"};
    char *digest[3];
    for (int i = 0; i < 3; i++) {
        free(RUN_OK("train", "mlp", wine, WINE, "--epochs", "5", "--dropout", "0.1", "--seed", seeds[i], "--threads",
                    threads[i]));
        digest[i] = RUN_OK("predict", "m.gemml", wine);
    }
    assert_string_equal(digest[0], digest[1]);
    assert_string_not_equal(digest[0], digest[2]);
    for (int i = 0; i < 3; i++)
        free(digest[i]);
}

static void refuse(const char *option, const char *value, const char *sentence)
{
    const char *const arguments[] = {"gemml", "train", "mlp", data_path("winequality-red.csv"),
                                     WINE,    option,  value, NULL};
    struct run run = run_program((struct streams){NULL, NULL, NULL}, arguments);
    assert_true(run.status != 0);
    if (!strstr(run.err, sentence))
        fail_msg("%s %s: \"%s\" is not in: %s", option, value, sentence, run.err);
    assert_int_equal(folder_entries(), 0);
    run_free(&run);
}

static void test_refusals(void **state)
{
    (void)state;
    enter_folder();
    refuse("--hidden", "8,0", "numbers of units");
    refuse("--hidden", "8,x", "numbers of units");
    refuse("--activation", "relux", "relux");
    refuse("--activation", "relu,tanh,relu", "3 activations");
    refuse("--activation", "softmax", "softmax");
    refuse("--class-weight", "balanced", "classes");
    refuse("--rate", "0", "rate");
    refuse("--dropout", "1", "dropout");
    refuse("--optimizer", "adams", "adam");
    refuse("--biases", "yes,maybe,no", "maybe");
    refuse("--biases", "yes,no", "2 layers"); /* where --hidden is not given */
    refuse("--epsilon", "0", "epsilon");
    refuse("--checkpoint-seconds", "-1", "checkpoint-seconds");
}

/* The options reach the model, which keeps them. */
static void test_options(void **state)
{
    (void)state;
    enter_folder();
    free(RUN_OK("train", "mlp", data_path("winequality-red.csv"), WINE, "--hidden", "5,4", "--activation", "tanh,gelu",
                "--biases", "yes,no,yes", "--output-activation", "relu", "--init", "he-uniform", "--optimizer", "adamw",
                "--rate", "0.002", "--beta1", "0.8", "--beta2", "0.99", "--epsilon", "1e-6", "--weight-decay", "0.125",
                "--schedule", "cosine", "--schedule-floor", "0.0005", "--batch", "50", "--accumulate", "2", "--clip",
                "0.5", "--dropout", "0.1", "--epochs", "3", "--l2", "0.25", "--seed", "9"));
    gemml_model *model = NULL;
    gemml_mlp_options options = GEMML_MLP_OPTIONS_INIT;
    assert_int_equal(gemml_load(&model, "m.gemml"), GEMML_OK);
    assert_int_equal(gemml_mlp_get_options(model, &options), GEMML_OK);
    assert_true(options.hidden_count == 2 && options.hidden[0] == 5 && options.hidden[1] == 4);
    assert_true(options.activations[0] == GEMML_ACTIVATION_TANH && options.activations[1] == GEMML_ACTIVATION_GELU);
    assert_true(options.biases[0] == 1 && options.biases[1] == 0 && options.biases[2] == 1);
    assert_int_equal(options.output_activation, GEMML_ACTIVATION_RELU);
    assert_int_equal(options.initialisation, GEMML_INIT_HE_UNIFORM);
    assert_int_equal(options.optimizer, GEMML_OPTIMIZER_ADAMW);
    assert_true(options.rate == 0.002 && options.beta1 == 0.8 && options.beta2 == 0.99 && options.epsilon == 1e-6);
    assert_true(options.weight_decay == 0.125 && options.schedule_floor == 0.0005);
    assert_int_equal(options.schedule, GEMML_SCHEDULE_COSINE);
    assert_true(options.batch == 50 && options.accumulate == 2 && options.epochs == 3 && options.seed == 9);
    assert_true(options.clip == 0.5 && options.dropout == 0.1 && options.l2 == 0.25);
    gemml_layer_info layer = GEMML_LAYER_INFO_INIT;
    assert_int_equal(gemml_layer(model, 1, &layer), GEMML_OK);
    assert_null(layer.bias.data);
    gemml_model_free(model);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_regression), cmocka_unit_test(test_classes), cmocka_unit_test(test_bytes),
        cmocka_unit_test(test_refusals),   cmocka_unit_test(test_options),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

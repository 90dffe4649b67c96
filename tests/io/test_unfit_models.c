/* Models whose parts do not fit together are not written. */
#include "io/model_fixture.h"
#include "io/network_fixture.h"

#include <sys/stat.h>

/* A model whose parts do not fit together is not written. */
static void not_saved(struct gemml_model *model, gemml_status expected, const char *words)
{
    const char *path = scratch_path("never.gemml");
    assert_int_equal(model_file_save(model, path), expected);
    says(error_text(), words);
    struct stat status;
    assert_int_not_equal(stat(path, &status), 0);
    free_model(model);
}

static void test_unfit_to_save(void **state)
{
    (void)state;
    struct gemml_model *model = make_model(&forms[0]);
    ((double *)model->fitted->parameters)[7] = NAN;
    not_saved(model, GEMML_ERROR_NONFINITE, "parameter 7 of 8 is not finite");
    model = make_model(&forms[1]);
    ((float *)model->fitted->parameters)[0] = -INFINITY;
    not_saved(model, GEMML_ERROR_NONFINITE, "parameter 0 of 8 is not finite");
    model = make_model(&forms[0]);
    schema_free(model->schema);
    model->schema = some_schema(2, 2);
    not_saved(model, GEMML_ERROR_SHAPE, "schema has 2 inputs and 2 outputs, but its layers 3 inputs and 2 outputs");
    model = make_model(&forms[0]);
    model->fitted->map.inputs = 2;
    not_saved(model, GEMML_ERROR_SHAPE, "input map has 2 columns");
    model = make_model(&forms[0]);
    model->fitted->chain.layer[0].activation = ACTIVATION_TANH;
    not_saved(model, GEMML_ERROR_SHAPE, "one layer with the identity");
    model = make_model(&forms[0]);
    model->fitted->summary.freedom = 1001;
    not_saved(model, GEMML_ERROR_SHAPE, "it has 1001 degrees of freedom, but was fitted to 1000 rows");
}

/* A regression of another number of layers, with another loss, or fitted with a penalty that cannot be. */
static void test_another_regression(void **state)
{
    (void)state;
    const enum activation two[] = {ACTIVATION_IDENTITY, ACTIVATION_IDENTITY};
    struct gemml_model *model = make_model(&forms[0]);
    chain_free(&model->fitted->chain);
    must(chain_make(&model->fitted->chain, 2, (const size_t[]){3, 2, 2}, two, (const bool[]){true, true},
                    LOSS_SQUARED_ERROR));
    not_saved(model, GEMML_ERROR_SHAPE, "a linear regression is one layer with the identity, not 2 layers");
    model = make_model(&forms[0]);
    model->fitted->chain.loss = LOSS_CROSS_ENTROPY;
    not_saved(model, GEMML_ERROR_SHAPE, "its loss is not that of a linear regression");
    const double penalties[] = {INFINITY, -1, NAN};
    for (size_t i = 0; i < 3; i++) {
        model = make_model(&forms[0]);
        model->fitted->record.l2 = penalties[i];
        not_saved(model, GEMML_ERROR_SHAPE, "it was fitted with l2 = ");
    }
}

/* Parts that are of another number of inputs or outputs than the layers. */
static void test_other_lengths(void **state)
{
    (void)state;
    struct gemml_model *model = make_model(&forms[0]);
    model->fitted->summary.inverse.rank = 4;
    not_saved(model, GEMML_ERROR_SHAPE, "its inverse has 3 rows and 4 columns, but its first layer 3 inputs");
    model = make_model(&forms[0]);
    model->fitted->summary.inverse.inputs = 2;
    not_saved(model, GEMML_ERROR_SHAPE, "its inverse has 2 rows and 2 columns, but its first layer 3 inputs");
    model = make_model(&forms[0]);
    schema_free(model->schema);
    model->schema = some_schema(3, 1);
    not_saved(model, GEMML_ERROR_SHAPE, "schema has 3 inputs and 1 outputs, but its layers 3 inputs and 2 outputs");
}

/* The map of the targets: as many columns as outputs, finite, and none where there are classes. */
static void test_target_maps(void **state)
{
    (void)state;
    uint64_t seed = 1;
    for (size_t i = 0; i < 3; i++) {
        struct gemml_model *model = make_model(&forms[0]);
        struct output_map *map = &model->fitted->target_map;
        *map = (struct output_map){i == 0 ? 3 : 2, some_numbers(3, &seed), some_numbers(3, &seed)};
        if (i > 0)
            (i == 1 ? map->shift : map->scale)[1] = NAN;
        const char *const words[] = {"its output map has 3 columns, but its last layer 2 outputs",
                                     "target shift 1 of 2 is not finite", "target scale 1 of 2 is not finite"};
        not_saved(model, i == 0 ? GEMML_ERROR_SHAPE : GEMML_ERROR_NONFINITE, words[i]);
    }
    gemml_mlp_options options = rich_options();
    gemml_model *network = new_mlp(&options);
    assert_ok(train_rich(network, NULL, false));
    network->fitted->target_map = (struct output_map){3, some_numbers(3, &seed), some_numbers(3, &seed)};
    assert_int_equal(model_file_save(network, scratch_path("never.gemml")), GEMML_ERROR_SHAPE);
    says(error_text(), "its output map has 3 columns, but its last layer 3 outputs, of classes");
    gemml_model_free(network);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_unfit_to_save),
        cmocka_unit_test(test_another_regression),
        cmocka_unit_test(test_other_lengths),
        cmocka_unit_test(test_target_maps),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

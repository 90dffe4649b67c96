/* Writes the seeds of the targets that read files of the library's own: models of each kind, with
 * and without a schema, moments, a checkpoint, schemas. Run by hand when a format changes:
 *
 *   build-debug/tests/fuzz/seeds tests/fuzz/corpus */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <gemml.h>

#include "data/schema.h"
#include "fuzz.h"
#include "fuzz/run_fixture.h"
#include "util/alloc.h"

enum { ROWS = 12, FEATURES = 2 };

static const char *folder;

static const char *path_of(const char *target, const char *name)
{
    static char path[4096];
    snprintf(path, sizeof path, "%s/%s/%s", folder, target, name);
    return path;
}

struct sample {
    double x[ROWS * FEATURES], y[ROWS], classes[ROWS], three[ROWS];
};

static struct sample sample_make(void)
{
    struct sample sample;
    for (size_t i = 0; i < ROWS; i++) {
        sample.x[FEATURES * i] = (double)i;
        sample.x[FEATURES * i + 1] = (double)(i * i % 7);
        sample.y[i] = (double)(3 * i % 5);
        sample.classes[i] = (double)(i / 2 % 2);
        sample.three[i] = (double)(i % 3);
    }
    return sample;
}

static void save_fit(gemml_model *model, const struct sample *sample, const double *y, const char *name)
{
    gemml_dataset data = GEMML_DATASET_INIT;
    data.x = gemml_view_f64(sample->x, ROWS, FEATURES);
    data.y = gemml_view_f64(y, ROWS, 1);
    REQUIRE(gemml_fit(model, &data, NULL, NULL) == GEMML_OK);
    REQUIRE(gemml_save(model, path_of("model", name)) == GEMML_OK);
    gemml_model_free(model);
}

static void save_models(const struct sample *sample)
{
    gemml_model *model;
    gemml_linear_options linear = GEMML_LINEAR_OPTIONS_INIT;
    gemml_logistic_options logistic = GEMML_LOGISTIC_OPTIONS_INIT;
    gemml_mlp_options mlp = GEMML_MLP_OPTIONS_INIT;
    const size_t hidden[] = {2};
    REQUIRE(gemml_linear_create(&model, &linear) == GEMML_OK);
    save_fit(model, sample, sample->y, "linear");
    linear.scaling = GEMML_SCALING_STANDARDIZE;
    linear.solver = GEMML_SOLVER_DESCENT;
    linear.dtype = GEMML_F32;
    linear.epochs = 3;
    REQUIRE(gemml_linear_create(&model, &linear) == GEMML_OK);
    save_fit(model, sample, sample->y, "descent");
    REQUIRE(gemml_logistic_create(&model, &logistic) == GEMML_OK);
    save_fit(model, sample, sample->classes, "logistic");
    logistic.l2 = 1;
    REQUIRE(gemml_logistic_create(&model, &logistic) == GEMML_OK);
    save_fit(model, sample, sample->three, "softmax");
    mlp.hidden = hidden;
    mlp.hidden_count = 1;
    mlp.epochs = 3;
    REQUIRE(gemml_mlp_create(&model, &mlp) == GEMML_OK);
    save_fit(model, sample, sample->y, "mlp");
}

static void save_text(const char *name, const char *text)
{
    FILE *file = fopen(path_of("schema", name), "wb");
    REQUIRE(file && fwrite(text, 1, strlen(text), file) == strlen(text) && fclose(file) == 0);
}

/* A linear regression of encoded columns. */
static void save_encoded(const gemml_schema *schema, const gemml_table *table, const char *name)
{
    gemml_model *model;
    gemml_frame *frame;
    REQUIRE(gemml_encode(&frame, schema, table, GEMML_ENCODE_LEARN) == GEMML_OK);
    gemml_dataset data = gemml_frame_dataset(frame);
    REQUIRE(gemml_linear_create(&model, NULL) == GEMML_OK && gemml_model_set_schema(model, schema) == GEMML_OK);
    REQUIRE(gemml_fit(model, &data, NULL, NULL) == GEMML_OK);
    REQUIRE(gemml_save(model, path_of("model", name)) == GEMML_OK);
    gemml_model_free(model);
    gemml_frame_free(frame);
}

/* A table, its schema, and a model with that schema where the target is a number. */
static void save_schema(const char *csv, const gemml_schema_options *options, const char *name)
{
    char temporary[] = "/tmp/gemml-seed-XXXXXX", *text;
    int descriptor = mkstemp(temporary);
    FILE *file = fdopen(descriptor, "wb");
    gemml_table *table;
    gemml_schema *schema;
    REQUIRE(file && fputs(csv, file) >= 0 && fclose(file) == 0);
    REQUIRE(gemml_table_read(&table, temporary) == GEMML_OK);
    REQUIRE(schema_fit(&schema, table, options) == GEMML_OK);
    REQUIRE(schema_to_json(&text, schema) == GEMML_OK);
    save_text(name, text);
    if (options->target_type == GEMML_TARGET_NUMBERS)
        save_encoded(schema, table, name);
    memory_free(text);
    schema_free(schema);
    gemml_table_free(table);
    remove(temporary);
}

static void save_schemas(void)
{
    gemml_schema_options options = GEMML_SCHEMA_OPTIONS_INIT;
    options.target = "y";
    save_schema("a,b,y\n1,u,2\n2,v,3\n3,,1\n", &options, "category");
    options.polynomial = 2;
    save_schema("a,b,w,y\n1,0.5,1,2\n2,4,1,3\n", &options, "powers");
    options.polynomial = 1;
    options.terms = GEMML_TERM_SQUARE | GEMML_TERM_SIN;
    options.coding = GEMML_CODING_ONE_HOT;
    options.target_type = GEMML_TARGET_AUTO;
    save_schema("a,b,y\n1,u,yes\n2,v,no\n", &options, "classes");
}

static void save_moments(const struct sample *sample)
{
    gemml_moments *moments;
    gemml_dataset data = GEMML_DATASET_INIT;
    data.x = gemml_view_f64(sample->x, ROWS, FEATURES);
    data.y = gemml_view_f64(sample->y, ROWS, 1);
    REQUIRE(gemml_moments_create(&moments, FEATURES, 1) == GEMML_OK);
    REQUIRE(gemml_moments_save(moments, path_of("moments", "empty")) == GEMML_OK);
    REQUIRE(gemml_moments_add(moments, &data) == GEMML_OK);
    REQUIRE(gemml_moments_save(moments, path_of("moments", "rows")) == GEMML_OK);
    gemml_moments_free(moments);
}

/* In the middle of an epoch, between two, and at the end. */
static void save_checkpoints(void)
{
    const char *const names[] = {"start", "one", "end"};
    struct run_fixture fixture;
    struct trainer trainer;
    run_fixture_make(&fixture);
    run_fixture_start(&fixture, &trainer);
    for (size_t i = 0; i < 3; i++) {
        if (i > 0)
            REQUIRE(trainer_epoch_f64(&trainer) == GEMML_OK);
        struct train_state state = trainer_export_f64(&trainer);
        REQUIRE(checkpoint_save(path_of("checkpoint", names[i]), fixture.model, &fixture.data, &state) == GEMML_OK);
    }
    trainer_free_f64(&trainer);
    run_fixture_free(&fixture);
}

int main(int count, char **arguments)
{
    REQUIRE(count == 2);
    folder = arguments[1];
    struct sample sample = sample_make();
    save_models(&sample);
    save_moments(&sample);
    save_checkpoints();
    save_schemas();
    return EXIT_SUCCESS;
}

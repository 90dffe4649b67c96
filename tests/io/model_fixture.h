/* Fitted models made by hand, whole, in several forms. */
#ifndef GEMML_TESTS_IO_MODEL_FIXTURE_H
#define GEMML_TESTS_IO_MODEL_FIXTURE_H

#include "io/crafted.h"

#include <math.h>

#include "data/schema.h"
#include "io/model_file.h"

/* What a model has beyond the least. */
struct form {
    size_t inputs, outputs;
    gemml_dtype dtype;
    bool bias, map, history, schema, notice;
};

static const struct form forms[] = {
    {3, 2, GEMML_F64, true, true, true, true, true},
    {3, 2, GEMML_F32, true, true, true, true, true},
    {1, 1, GEMML_F64, false, false, false, false, false},
    {5, 1, GEMML_F32, false, true, false, true, false}, /* an odd number of 4-byte parameters */
    {2, 7, GEMML_F64, true, false, true, false, true},
};
#define FORMS (sizeof forms / sizeof *forms)

static inline void must(gemml_status status)
{
    if (status != GEMML_OK)
        fail_msg("status %d: %s", status, error_text());
}

static inline double *some_numbers(size_t count, uint64_t *seed)
{
    double *numbers;
    must(memory_alloc(&numbers, count, sizeof *numbers));
    for (size_t i = 0; i < count; i++)
        numbers[i] = test_random(seed) * pow(10, 300 * test_random(seed));
    return numbers;
}

static inline void *some_parameters(const struct form *form, size_t count, uint64_t *seed)
{
    if (form->dtype == GEMML_F64)
        return some_numbers(count, seed);
    float *numbers;
    must(memory_alloc(&numbers, count, sizeof *numbers));
    for (size_t i = 0; i < count; i++)
        numbers[i] = (float)(test_random(seed) * pow(10, 37 * test_random(seed)));
    return numbers;
}

static inline gemml_schema *some_schema(size_t inputs, size_t outputs)
{
    gemml_schema *schema;
    char name[40];
    must(schema_new(&schema, inputs, outputs));
    for (size_t i = 0; i < inputs + outputs; i++) {
        snprintf(name, sizeof name, "c\xc3\xb4lumn \"%zu\"", i);
        must(memory_string(i < inputs ? &schema->features[i].name : &schema->targets[i - inputs].name, name));
    }
    schema->header = true;
    must(schema_finish(schema));
    return schema;
}

static inline void fill_record(struct fit_record *record, const struct form *form, uint64_t *seed)
{
    record->outcome = form->history ? GEMML_STOPPED_EARLY : GEMML_CONVERGED;
    record->solver = form->history ? GEMML_SOLVER_DESCENT : GEMML_SOLVER_CHOLESKY;
    record->epochs = 12, record->iterations = 345, record->best_epoch = 11;
    record->objective = 1.0 / 3, record->loss = 5e-324, record->l2 = form->bias ? 0.75 : 0;
    if (form->history) {
        record->loss_history_count = 13;
        record->loss_history = some_numbers(13, seed);
        record->loss_history[12] = INFINITY;
    }
    if (form->notice) {
        record->l2_path_count = 3;
        record->l2_path = some_numbers(6, seed);
    }
    if (form->notice)
        must(memory_string(&record->notice, "The columns are \"dependent\";\n rank 3 of 4. \xe2\x82\xac"));
}

/* A form with a history has robust errors too, one with a map a root of the inverse. */
static inline void fill_summary(struct summary_record *summary, const struct form *form, uint64_t *seed)
{
    size_t errors = (form->inputs + 1) * form->outputs, rank = form->inputs - (form->inputs > 1);
    double **vectors[SUMMARY_VECTORS];
    summary_vectors(summary, vectors);
    for (size_t i = 0; i < SUMMARY_VECTORS; i++)
        *vectors[i] = some_numbers(form->outputs, seed);
    summary->sigma[form->outputs - 1] = NAN;
    summary->std_error = some_numbers(errors, seed);
    summary->std_error[0] = NAN;
    if (form->history) {
        summary->robust = GEMML_ERRORS_HC3;
        summary->robust_error = some_numbers(errors, seed);
        summary->robust_error[errors - 1] = INFINITY;
    }
    if (form->map)
        summary->inverse =
            (struct inverse_root){form->inputs, rank, some_numbers(form->inputs, seed),
                                  some_numbers(form->inputs, seed), some_numbers(form->inputs * rank, seed)};
}

static inline struct gemml_model *make_model(const struct form *form)
{
    uint64_t seed = 42;
    struct gemml_model *model;
    struct fitted *fitted;
    must(memory_zeroed(&model, 1, sizeof *model));
    gemml_linear_options_init(&model->linear);
    model->linear.dtype = form->dtype;
    model->linear.intercept = form->bias;
    model->linear.scaling = form->map ? GEMML_SCALING_STANDARDIZE : GEMML_SCALING_NONE;
    must(fitted_new(&fitted));
    model->fitted = fitted;
    const enum activation identity = ACTIVATION_IDENTITY;
    must(chain_make(&fitted->chain, 1, (const size_t[]){form->inputs, form->outputs}, &identity, &form->bias,
                    LOSS_SQUARED_ERROR));
    fitted->dtype = form->dtype;
    fitted->parameters = some_parameters(form, fitted->chain.parameters, &seed);
    fitted->map.inputs = form->inputs;
    if (form->map) {
        fitted->map.shift = some_numbers(form->inputs, &seed);
        fitted->map.scale = some_numbers(form->inputs, &seed);
        fitted->map.shift[0] = -0.0;
    }
    fill_record(&fitted->record, form, &seed);
    fitted->summary.rows = 1000;
    fitted->summary.rank = form->bias;
    fitted->summary.freedom = 900 - form->bias; /* a tenth of the rows without weight */
    fitted->summary.sum_weight = 999.5;
    fitted->summary.condition = 1e9 / 7;
    fill_summary(&fitted->summary, form, &seed);
    if (form->map) {
        must(memory_alloc(&fitted->summary.aliased, 2, sizeof *fitted->summary.aliased));
        fitted->summary.aliased[0] = 0;
        fitted->summary.aliased[1] = (int64_t)form->inputs - 1;
        fitted->summary.aliased_count = 2;
    }
    model->schema = form->schema ? some_schema(form->inputs, form->outputs) : NULL;
    return model;
}

static inline void free_model(struct gemml_model *model)
{
    if (!model)
        return;
    fitted_free(model->fitted);
    schema_free(model->schema);
    memory_free(model);
}

/* The file of a model; free() it. */
static inline unsigned char *saved_bytes(const struct gemml_model *model, size_t *count)
{
    const char *path = scratch_path("saved.gemml");
    must(model_file_save(model, path));
    return (unsigned char *)read_file(path, count);
}

#endif

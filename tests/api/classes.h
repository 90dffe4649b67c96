/* What the tests of logistic regression share: data of classes, tables, fits. */
#ifndef GEMML_TESTS_API_CLASSES_H
#define GEMML_TESTS_API_CLASSES_H

#include "sample.h"

/* x as in sample_make, y a class index of K = 1: of `classes` classes by noisy linear scores. */
static inline struct sample classes_make(size_t n, size_t p, size_t classes, uint64_t seed)
{
    struct sample s = sample_make(n, p, 1, seed);
    for (size_t i = 0; i < n; i++) {
        double best = -INFINITY;
        for (size_t k = 0; k < classes; k++) {
            double u = 0.5 * (test_random(&seed) + 1), score = -log(-log(u + 1e-12)); /* Gumbel: a softmax */
            for (size_t j = 0; j < p; j++)
                score += ((double)((j + k) % 3) - 1) * (s.x[i * p + j] - 0.5 * (double)(j % 5));
            if (score > best) {
                best = score;
                s.y[i] = (double)k;
            }
        }
    }
    return s;
}

static inline gemml_model *new_logistic(const gemml_logistic_options *options)
{
    gemml_model *model = NULL;
    assert_ok(gemml_logistic_create(&model, options));
    assert_non_null(model);
    return model;
}

static inline gemml_model *fit_logistic(const gemml_logistic_options *options, const gemml_dataset *data)
{
    gemml_model *model = new_logistic(options);
    assert_ok(gemml_fit(model, data, NULL, NULL));
    return model;
}

static inline gemml_fit_info info_of(const gemml_model *model)
{
    gemml_fit_info info = GEMML_FIT_INFO_INIT;
    assert_ok(gemml_get_fit_info(model, &info));
    return info;
}

/* A table of data/ whose last column holds the classes. */
static inline struct sample classes_read(const char *name)
{
    gemml_table *table;
    assert_ok(gemml_table_read(&table, data_path(name)));
    const char *target = gemml_table_column_name(table, gemml_table_columns(table) - 1);
    gemml_schema_options options = GEMML_SCHEMA_OPTIONS_INIT;
    options.target = target;
    gemml_schema *schema;
    gemml_frame *frame;
    assert_ok(gemml_schema_create(&schema, table, &options));
    assert_ok(gemml_encode(&frame, schema, table, GEMML_ENCODE_LEARN));
    gemml_dataset data = gemml_frame_dataset(frame);
    struct sample s = {data.x.rows,
                       data.x.cols,
                       1,
                       malloc(data.x.rows * data.x.cols * sizeof(double)),
                       malloc(data.x.rows * sizeof(double)),
                       NULL};
    for (size_t i = 0; i < s.n; i++) {
        memcpy(s.x + i * s.p, (const double *)data.x.data + i * data.x.stride, s.p * sizeof(double));
        s.y[i] = ((const double *)data.y.data)[i * data.y.stride];
    }
    gemml_frame_free(frame);
    gemml_schema_free(schema);
    gemml_table_free(table);
    return s;
}

/* The largest component of grad F / sum w at the model's parameters. */
static inline double largest_gradient(const gemml_model *model, const gemml_dataset *data)
{
    const void *parameters;
    size_t count;
    assert_ok(gemml_parameters(model, &parameters, &count));
    double *gradient = malloc(count * sizeof *gradient), largest = 0;
    assert_ok(gemml_loss_gradient(model, data, NULL, gradient));
    for (size_t i = 0; i < count; i++)
        largest = fmax(largest, fabs(gradient[i]));
    free(gradient);
    return largest;
}

#endif

/* What the tests of networks share: data that no plane fits, and fits. */
#ifndef GEMML_TESTS_API_NETWORK_H
#define GEMML_TESTS_API_NETWORK_H

#include "sample.h"

static inline gemml_model *new_mlp(const gemml_mlp_options *options)
{
    gemml_model *model = NULL;
    assert_ok(gemml_mlp_create(&model, options));
    assert_non_null(model);
    return model;
}

static inline gemml_model *fit_mlp(const gemml_mlp_options *options, const gemml_dataset *data,
                                   const gemml_fit_options *fit)
{
    gemml_model *model = new_mlp(options);
    assert_ok(gemml_fit(model, data, fit, NULL));
    return model;
}

/* Two half circles that reach into each other, with noise: classes 0 and 1, p = 2. */
static inline struct sample moons_make(size_t n, double noise, uint64_t seed)
{
    struct sample s = {n, 2, 1, malloc(2 * n * sizeof(double)), malloc(n * sizeof(double)), NULL};
    for (size_t i = 0; i < n; i++) {
        double angle = 3.141592653589793 * 0.5 * (test_random(&seed) + 1);
        bool second = i % 2 != 0;
        s.x[2 * i] = (second ? 1 - cos(angle) : cos(angle)) + noise * test_random(&seed);
        s.x[2 * i + 1] = (second ? 0.5 - sin(angle) : sin(angle)) + noise * test_random(&seed);
        s.y[i] = second;
    }
    return s;
}

/* cos(x/2 - 0.5) + 0.15 x^2 - cos(0.2 x^3) + sin(0.5 x^2). */
static inline double curve(double x)
{
    return cos(x / 2 - 0.5) + 0.15 * x * x - cos(0.2 * x * x * x) + sin(0.5 * x * x);
}

/* The curve at n places spread evenly over [0, 5]; inputs x, x^2, x^3 and their cosine, sine ... : p = 6. */
static inline struct sample curve_make(size_t n)
{
    struct sample s = {n, 6, 1, malloc(6 * n * sizeof(double)), malloc(n * sizeof(double)), NULL};
    for (size_t i = 0; i < n; i++) {
        double x = 5 * (double)i / (double)(n - 1);
        const double inputs[6] = {x, x * x, x * x * x, sin(x), cos(x), sin(2 * x)};
        memcpy(s.x + 6 * i, inputs, sizeof inputs);
        s.y[i] = curve(x);
    }
    return s;
}

static inline gemml_metrics score_of(const gemml_model *model, const gemml_dataset *data)
{
    gemml_metrics metrics = GEMML_METRICS_INIT;
    assert_ok(gemml_score(model, data, &metrics));
    return metrics;
}

/* The share of the rows whose class is predicted. */
static inline double accuracy_of(const gemml_model *model, const struct sample *s)
{
    double *out = malloc(s->n * sizeof *out);
    size_t hits = 0;
    assert_ok(gemml_predict(model, sample_x(s), gemml_matrix_f64(out, s->n, 1)));
    for (size_t i = 0; i < s->n; i++)
        hits += out[i] == s->y[i];
    free(out);
    return (double)hits / (double)s->n;
}

static inline gemml_model_info model_info(const gemml_model *model)
{
    gemml_model_info info = GEMML_MODEL_INFO_INIT;
    assert_ok(gemml_model_get_info(model, &info));
    return info;
}

#endif

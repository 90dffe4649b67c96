/* What the tests of the public interface share: data, fitted models, refusals,
 * and the closed form in long double (which valgrind takes for a double: thresholds
 * leave room for that). Public headers only. */
#ifndef GEMML_TESTS_API_SAMPLE_H
#define GEMML_TESTS_API_SAMPLE_H

#include "support/support.h"

#include <ctype.h>
#include <gemml.h>

/* n rows of p features and K targets, row-major without gaps; w is NULL or n weights. */
struct sample {
    size_t n, p, K;
    double *x, *y, *w;
};

/* x uniform about means of 0, 1/2, 1, ...; y linear in x with some noise. */
static inline struct sample sample_make(size_t n, size_t p, size_t K, uint64_t seed)
{
    struct sample sample = {n, p, K, malloc(n * p * sizeof(double)), malloc(n * K * sizeof(double)), NULL};
    for (size_t i = 0; i < n; i++) {
        for (size_t j = 0; j < p; j++)
            sample.x[i * p + j] = test_random(&seed) + 0.5 * (double)(j % 5);
        for (size_t k = 0; k < K; k++) {
            double y = 3 - (double)k + 0.1 * test_random(&seed);
            for (size_t j = 0; j < p; j++)
                y += (1.5 - (double)((j + k) % 4)) * sample.x[i * p + j];
            sample.y[i * K + k] = y;
        }
    }
    return sample;
}

/* Weights from 0.1 to 2.1. */
static inline void sample_weigh(struct sample *sample, uint64_t seed)
{
    sample->w = malloc(sample->n * sizeof(double));
    for (size_t i = 0; i < sample->n; i++)
        sample->w[i] = 1.1 + test_random(&seed);
}

static inline void sample_free(struct sample *sample)
{
    free(sample->x);
    free(sample->y);
    free(sample->w);
}

static inline gemml_view sample_x(const struct sample *sample)
{
    return gemml_view_f64(sample->x, sample->n, sample->p);
}

static inline gemml_dataset sample_dataset(const struct sample *sample)
{
    gemml_dataset data = GEMML_DATASET_INIT;
    data.x = sample_x(sample);
    data.y = gemml_view_f64(sample->y, sample->n, sample->K);
    if (sample->w)
        data.weight = gemml_view_f64(sample->w, sample->n, 1);
    return data;
}

/* Fails the test, with the library's sentence, unless the call succeeded. */
static inline void check_ok(gemml_status status, const char *call, const char *file, int line)
{
    if (status == GEMML_OK)
        return;
    print_error("%s: %s\n", call, gemml_last_error());
    _fail(file, line);
}
#define assert_ok(call) check_ok((call), #call, __FILE__, __LINE__)

/* Does `text` hold `word`, with no letter, digit or underscore next to it? */
static inline bool holds_word(const char *text, const char *word)
{
    size_t length = strlen(word);
    for (const char *at = text; (at = strstr(at, word)) != NULL; at++) {
        bool starts = at == text || !(isalnum((unsigned char)at[-1]) || at[-1] == '_');
        bool ends = !(isalnum((unsigned char)at[length]) || at[length] == '_');
        if (starts && ends)
            return true;
    }
    return false;
}

static inline void check_refused(gemml_status status, gemml_status expected, const char *const *words, const char *call,
                                 const char *file, int line)
{
    bool right = status == expected;
    if (!right)
        print_error("%s gave \"%s\" instead of \"%s\"\n", call, gemml_status_string(status),
                    gemml_status_string(expected));
    for (; *words; words++)
        if (!holds_word(gemml_last_error(), *words)) {
            print_error("%s: \"%s\" is not in: %s\n", call, *words, gemml_last_error());
            right = false;
        }
    if (!right)
        _fail(file, line);
}

/* assert_refused(call, status, words ...): the call gives this error, and its
 * sentence holds each of the words (names and numbers). */
#define assert_refused(call, ...) assert_refused_(call, __VA_ARGS__, NULL)
#define assert_refused_(call, status, ...) \
    check_refused((call), (status), (const char *const[]){__VA_ARGS__}, #call, __FILE__, __LINE__)

static inline gemml_model *new_model(const gemml_linear_options *options)
{
    gemml_model *model = NULL;
    assert_ok(gemml_linear_create(&model, options));
    assert_non_null(model);
    return model;
}

/* A model fitted to the data; options may be NULL. */
static inline gemml_model *fit_model(const gemml_linear_options *options, const gemml_dataset *data)
{
    gemml_model *model = new_model(options);
    assert_ok(gemml_fit(model, data, NULL, NULL));
    return model;
}

/* Fits, and gives what the fit came to. */
static inline gemml_fit_info fit_info(gemml_model *model, const gemml_dataset *data, const gemml_fit_options *options)
{
    gemml_fit_info info = GEMML_FIT_INFO_INIT;
    assert_ok(gemml_fit(model, data, options, &info));
    return info;
}

static inline gemml_linear_options descent_options(size_t epochs)
{
    gemml_linear_options options = GEMML_LINEAR_OPTIONS_INIT;
    options.solver = GEMML_SOLVER_DESCENT;
    options.epochs = epochs;
    return options;
}

/* Coefficients in original units, (p + 1) x K; free() them. */
static inline double *coefficients_of(const gemml_model *model, size_t p, size_t K)
{
    double *w = malloc((p + 1) * K * sizeof *w);
    assert_ok(gemml_coefficients(model, gemml_matrix_f64(w, p + 1, K)));
    return w;
}

static inline double *predictions_of(const gemml_model *model, const struct sample *sample)
{
    double *out = malloc(sample->n * sample->K * sizeof *out);
    assert_ok(gemml_predict(model, sample_x(sample), gemml_matrix_f64(out, sample->n, sample->K)));
    return out;
}

static inline void assert_bits(const double *a, const double *b, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (memcmp(a + i, b + i, sizeof *a) != 0)
            fail_msg("number %zu of %zu: %.17g is not %.17g", i, count, a[i], b[i]);
}

/* Same coefficients, to a tolerance relative to the largest. */
static inline void assert_same_coefficients(const gemml_model *a, const gemml_model *b, size_t p, size_t K,
                                            double tolerance)
{
    double *u = coefficients_of(a, p, K), *v = coefficients_of(b, p, K), size = 0;
    for (size_t i = 0; i < (p + 1) * K; i++)
        size = fmax(size, fabs(v[i]));
    for (size_t i = 0; i < (p + 1) * K; i++)
        if (!(fabs(u[i] - v[i]) <= tolerance * size))
            fail_msg("coefficient %zu: %.17g is not %.17g", i, u[i], v[i]);
    free(u);
    free(v);
}

/* Solves A t = b of order q by elimination with pivots; A and b are overwritten. */
static inline void eliminate(size_t q, long double *A, long double *b)
{
    for (size_t c = 0; c < q; c++) {
        size_t pivot = c;
        for (size_t r = c + 1; r < q; r++)
            if (fabsl(A[r * q + c]) > fabsl(A[pivot * q + c]))
                pivot = r;
        for (size_t j = 0; j < q; j++) {
            long double kept = A[c * q + j];
            A[c * q + j] = A[pivot * q + j];
            A[pivot * q + j] = kept;
        }
        long double kept = b[c];
        b[c] = b[pivot];
        b[pivot] = kept;
        for (size_t r = 0; r < q; r++) {
            long double factor = r == c ? 0 : A[r * q + c] / A[c * q + c];
            for (size_t j = c; j < q; j++)
                A[r * q + j] -= factor * A[c * q + j];
            b[r] -= factor * b[c];
        }
    }
    for (size_t c = 0; c < q; c++)
        b[c] /= A[c * q + c];
}

/* The means of x and of output k; zeros without an intercept. */
static inline void long_means(const struct sample *s, size_t k, bool intercept, long double *mean)
{
    long double sum = 0;
    for (size_t j = 0; j <= s->p; j++)
        mean[j] = 0;
    for (size_t i = 0; intercept && i < s->n; i++) {
        long double w = s->w ? s->w[i] : 1;
        sum += w;
        for (size_t j = 0; j < s->p; j++)
            mean[j] += w * s->x[i * s->p + j];
        mean[s->p] += w * s->y[i * s->K + k];
    }
    for (size_t j = 0; intercept && j <= s->p; j++)
        mean[j] /= sum;
}

/* The closed form for output k: theta = (b, w_1 .. w_p) with U = X - 1 mean,
 * (U'WU + lambda I) w = U'W (y - mean), b = mean of y - w . mean of x; without an
 * intercept nothing is centred and b is 0. */
static inline void closed_form(const struct sample *s, size_t k, double lambda, bool intercept, double *theta)
{
    size_t p = s->p;
    long double *A = calloc(p * p, sizeof *A), *b = calloc(p, sizeof *b), *mean = calloc(p + 1, sizeof *mean);
    long_means(s, k, intercept, mean);
    for (size_t i = 0; i < s->n; i++)
        for (size_t r = 0; r < p; r++) {
            long double u = (s->w ? s->w[i] : 1) * (s->x[i * p + r] - mean[r]);
            for (size_t c = 0; c < p; c++)
                A[r * p + c] += u * (s->x[i * p + c] - mean[c]);
            b[r] += u * (s->y[i * s->K + k] - mean[p]);
        }
    for (size_t r = 0; r < p; r++)
        A[r * p + r] += lambda;
    eliminate(p, A, b);
    long double intercept_value = mean[p];
    for (size_t r = 0; r < p; r++) {
        theta[1 + r] = (double)b[r];
        intercept_value -= b[r] * mean[r];
    }
    theta[0] = (double)intercept_value;
    free(A);
    free(b);
    free(mean);
}

/* Fails unless the model's coefficients are the closed form to so many digits. */
static inline void assert_closed_form(const gemml_model *model, const struct sample *s, double lambda, bool intercept,
                                      double least_digits)
{
    double *w = coefficients_of(model, s->p, s->K), *theta = malloc((s->p + 1) * sizeof *theta);
    for (size_t k = 0; k < s->K; k++) {
        closed_form(s, k, lambda, intercept, theta);
        for (size_t j = 0; j <= s->p; j++)
            if (digits(w[j * s->K + k], theta[j]) < least_digits)
                fail_msg("coefficient %zu of output %zu: %.17g is not %.17g", j, k, w[j * s->K + k], theta[j]);
    }
    free(theta);
    free(w);
}

#endif

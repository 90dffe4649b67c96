/* Least squares with everything that inference needs, in long double, by elimination on
 * the normal equations of the columns (1, x): shares no step with the library. */
#ifndef GEMML_TESTS_API_INVERSE_H
#define GEMML_TESTS_API_INVERSE_H

#include "sample.h"

/* q = p + 1 columns, the intercept first; without one its row and column of C are 0. */
struct long_fit {
    const struct sample *sample;
    size_t q, K, rank, rows; /* rows of positive weight */
    bool intercept;
    long double *C;    /* q x q: inv(X~'W X~ + Lambda) */
    long double *beta; /* q x K */
    long double *rss;  /* K */
};

static inline long double long_weight(const struct sample *s, size_t i)
{
    return s->w ? s->w[i] : 1;
}

static inline long double long_column(const struct long_fit *fit, size_t i, size_t j)
{
    return j == 0 ? (fit->intercept ? 1 : 0) : fit->sample->x[i * fit->sample->p + j - 1];
}

static inline long double long_prediction(const struct long_fit *fit, size_t i, size_t k)
{
    long double sum = 0;
    for (size_t j = 0; j < fit->q; j++)
        sum += long_column(fit, i, j) * fit->beta[j * fit->K + k];
    return sum;
}

static inline long double long_residual(const struct long_fit *fit, size_t i, size_t k)
{
    return fit->sample->y[i * fit->K + k] - long_prediction(fit, i, k);
}

/* x~ C x~'. */
static inline long double long_hat(const struct long_fit *fit, size_t i)
{
    long double sum = 0;
    for (size_t a = 0; a < fit->q; a++)
        for (size_t b = 0; b < fit->q; b++)
            sum += long_column(fit, i, a) * fit->C[a * fit->q + b] * long_column(fit, i, b);
    return sum;
}

static inline void long_invert(struct long_fit *fit, const long double *A)
{
    size_t q = fit->q, first = fit->intercept ? 0 : 1, m = q - first;
    long double *work = malloc(m * m * sizeof *work), *e = malloc(m * sizeof *e);
    for (size_t c = 0; c < m; c++) {
        for (size_t r = 0; r < m; r++) {
            memcpy(work + r * m, A + (first + r) * q + first, m * sizeof *work);
            e[r] = r == c;
        }
        eliminate(m, work, e);
        for (size_t r = 0; r < m; r++)
            fit->C[(first + r) * q + first + c] = e[r];
    }
    free(work);
    free(e);
}

static inline struct long_fit long_fit_make(const struct sample *s, bool intercept, double lambda)
{
    size_t q = s->p + 1, K = s->K;
    struct long_fit fit = {.sample = s, .q = q, .K = K, .intercept = intercept, .rank = s->p + intercept};
    long double *A = calloc(q * q, sizeof *A), *b = calloc(q * K, sizeof *b);
    fit.C = calloc(q * q, sizeof *fit.C);
    fit.beta = calloc(q * K, sizeof *fit.beta);
    fit.rss = calloc(K, sizeof *fit.rss);
    for (size_t i = 0; i < s->n; i++) {
        fit.rows += long_weight(s, i) > 0;
        for (size_t r = 0; r < q; r++) {
            long double wx = long_weight(s, i) * long_column(&fit, i, r);
            for (size_t c = 0; c < q; c++)
                A[r * q + c] += wx * long_column(&fit, i, c);
            for (size_t k = 0; k < K; k++)
                b[r * K + k] += wx * s->y[i * K + k];
        }
    }
    for (size_t r = 1; r < q; r++)
        A[r * q + r] += lambda;
    long_invert(&fit, A);
    for (size_t r = 0; r < q; r++)
        for (size_t c = 0; c < q; c++)
            for (size_t k = 0; k < K; k++)
                fit.beta[r * K + k] += fit.C[r * q + c] * b[c * K + k];
    for (size_t k = 0; k < K; k++)
        for (size_t i = 0; i < s->n; i++)
            fit.rss[k] += long_weight(s, i) * long_residual(&fit, i, k) * long_residual(&fit, i, k);
    free(A);
    free(b);
    return fit;
}

static inline long double long_sigma(const struct long_fit *fit, size_t k)
{
    return sqrtl(fit->rss[k] / (long double)(fit->rows - fit->rank));
}

static inline void long_fit_free(struct long_fit *fit)
{
    free(fit->C);
    free(fit->beta);
    free(fit->rss);
}

/* Fails unless the two agree to a relative tolerance, or both are NaN. */
static inline void assert_close(double value, long double truth, double tolerance, const char *what)
{
    if (isnan(value) && isnan(truth))
        return;
    if (!(fabsl((long double)value - truth) <= (long double)tolerance * fabsl(truth)))
        fail_msg("%s is %.17g, not %.19Lg", what, value, truth);
}

#endif

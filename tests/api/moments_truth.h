/* Moments of rows recomputed in long double, about an anchor from which all
 * differences are exact or nearly so, and compared with what the library says. */
#ifndef GEMML_TESTS_API_MOMENTS_TRUTH_H
#define GEMML_TESTS_API_MOMENTS_TRUTH_H

#include "api/sample.h"

/* Rows of a sample that are in: all whose flag is set; NULL: all. */
struct truth {
    size_t m, rows;
    long double W, *anchor, *mean, *C; /* mean relative to the anchor */
};

static inline long double truth_value(const struct sample *s, size_t i, size_t j)
{
    return j < s->p ? s->x[i * s->p + j] : s->y[i * s->K + j - s->p];
}

static inline long double truth_weight(const struct sample *s, const bool *in, size_t i)
{
    return in && !in[i] ? 0 : s->w ? s->w[i] : 1;
}

static inline struct truth truth_make(const struct sample *s, const bool *in)
{
    size_t m = s->p + s->K;
    struct truth t = {
        m, 0, 0, calloc(m, sizeof(long double)), calloc(m, sizeof(long double)), calloc(m * m, sizeof(long double))};
    for (size_t i = 0; i < s->n; i++) {
        long double w = truth_weight(s, in, i);
        for (size_t j = 0; j < m && w > 0; j++) {
            t.anchor[j] = t.rows == 0 ? truth_value(s, i, j) : t.anchor[j];
            t.mean[j] += w * (truth_value(s, i, j) - t.anchor[j]);
        }
        t.rows += w > 0;
        t.W += w;
    }
    for (size_t j = 0; j < m; j++)
        t.mean[j] /= t.W;
    for (size_t i = 0; i < s->n; i++)
        for (size_t j = 0; j < m; j++) {
            long double d = truth_weight(s, in, i) * (truth_value(s, i, j) - t.anchor[j] - t.mean[j]);
            for (size_t k = 0; k < m; k++)
                t.C[j * m + k] += d * (truth_value(s, i, k) - t.anchor[k] - t.mean[k]);
        }
    return t;
}

static inline void truth_free(struct truth *t)
{
    free(t->anchor);
    free(t->mean);
    free(t->C);
}

/* The largest error of C, relative to sqrt(C_jj C_kk), and of the means, relative to
 * the spread; what rounding the mean itself to a double costs is not counted. */
static inline double truth_error(const struct truth *t, const gemml_moments *moments)
{
    size_t m = t->m;
    double *mean = malloc(m * sizeof *mean), *C = malloc(m * m * sizeof *C), worst = 0;
    gemml_moments_info info = GEMML_MOMENTS_INFO_INIT;
    assert_ok(gemml_moments_get_info(moments, &info));
    assert_int_equal(info.rows, t->rows);
    assert_near(info.sum_weight / (double)t->W, 1, 1e-11);
    assert_ok(gemml_moments_mean(moments, gemml_matrix_f64(mean, 1, m)));
    assert_ok(gemml_moments_covariance(moments, gemml_matrix_f64(C, m, m)));
    for (size_t j = 0; j < m; j++) {
        long double truth = t->anchor[j] + t->mean[j], error = fabsl((long double)mean[j] - truth);
        long double spread = sqrtl(t->C[j * m + j] / t->W);
        worst = fmax(worst, (double)(fmaxl(error - 0x1p-52L * fabsl(truth), 0) / spread));
        for (size_t k = 0; k < m; k++) {
            long double size = sqrtl(t->C[j * m + j] * t->C[k * m + k]);
            worst = fmax(worst, (double)(fabsl(C[j * m + k] * t->W - t->C[j * m + k]) / size));
        }
    }
    free(mean);
    free(C);
    return worst;
}

/* The same, at once; rows as flagged. */
static inline double moments_error(const struct sample *s, const bool *in, const gemml_moments *moments)
{
    struct truth t = truth_make(s, in);
    double error = truth_error(&t, moments);
    truth_free(&t);
    return error;
}

static inline void assert_moments(const struct sample *s, const bool *in, const gemml_moments *moments,
                                  double tolerance)
{
    double error = moments_error(s, in, moments);
    if (!(error <= tolerance))
        fail_msg("error %g is above %g", error, tolerance);
}

static inline gemml_moments *new_moments(size_t p, size_t K)
{
    gemml_moments *moments = NULL;
    assert_ok(gemml_moments_create(&moments, p, K));
    assert_non_null(moments);
    return moments;
}

/* Rows first .. first + count - 1 of a sample. */
static inline gemml_dataset sample_rows(const struct sample *s, size_t first, size_t count)
{
    gemml_dataset data = GEMML_DATASET_INIT;
    data.x = gemml_view_f64(s->x + first * s->p, count, s->p);
    data.y = gemml_view_f64(s->y + first * s->K, count, s->K);
    if (s->w)
        data.weight = gemml_view_f64(s->w + first, count, 1);
    return data;
}

static inline void add_rows(gemml_moments *moments, const struct sample *s, size_t first, size_t count)
{
    gemml_dataset data = sample_rows(s, first, count);
    assert_ok(gemml_moments_add(moments, &data));
}

static inline gemml_moments *moments_of(const struct sample *s, size_t first, size_t count)
{
    gemml_moments *moments = new_moments(s->p, s->K);
    add_rows(moments, s, first, count);
    return moments;
}

/* Means and covariances, (p + K)(p + K + 1) numbers: what tells two moments apart. */
static inline double *moments_numbers(const gemml_moments *moments, size_t m)
{
    double *numbers = malloc(m * (m + 1) * sizeof *numbers);
    assert_ok(gemml_moments_mean(moments, gemml_matrix_f64(numbers, 1, m)));
    assert_ok(gemml_moments_covariance(moments, gemml_matrix_f64(numbers + m, m, m)));
    return numbers;
}

/* Moves column j of [X Y]: its values become centre + spread value. */
static inline void sample_move(struct sample *s, size_t j, double centre, double spread)
{
    for (size_t i = 0; i < s->n; i++) {
        double *value = j < s->p ? &s->x[i * s->p + j] : &s->y[i * s->K + j - s->p];
        *value = centre + spread * *value;
    }
}

#endif

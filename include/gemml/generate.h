/* Made-up data of known truth: for trying out, teaching and testing.
 *
 * Each function fills matrices of the caller's, f64 or f32 (computed in double,
 * then rounded). Every number is a function of the options and its place, so that the
 * same call gives the same bits for any number of threads. The distributions are
 * those of scikit-learn's make_* functions (Pedregosa et al., Journal of Machine
 * Learning Research 12, 2011), the random numbers are our own (Philox4x32-10).
 * Safe from any thread. After an error the matrices' contents are undefined. */
#ifndef GEMML_GENERATE_H
#define GEMML_GENERATE_H

#include "matrix.h"

GEMML_BEGIN_DECLS

/* Start from GEMML_REGRESSION_OPTIONS_INIT. */
typedef struct gemml_regression_options {
    size_t struct_size;
    size_t informative;    /* columns with a coefficient other than 0: 0 to p (AUTO: 10, or p where that is fewer) */
    double noise;          /* standard deviation of the noise, >= 0 (default 0) */
    double bias;           /* b (default 0) */
    int shuffle;           /* nonzero: the informative columns are any; zero: they are the first ones (default 1) */
    uint64_t seed;         /* default 0 */
    size_t effective_rank; /* r of the singular values of x, at least 1 (AUTO: the elements of x are independent) */
    double tail_strength;  /* t, their share that falls slowly, 0 to 1 (default 0.5) */
} gemml_regression_options;
#define GEMML_REGRESSION_OPTIONS_INIT                                                             \
    {                                                                                             \
        sizeof(gemml_regression_options), GEMML_AUTO_COUNT, 0.0, 0.0, 1, 0, GEMML_AUTO_COUNT, 0.5 \
    }
static inline void gemml_regression_options_init(gemml_regression_options *options)
{
    gemml_regression_options initial = GEMML_REGRESSION_OPTIONS_INIT;
    *options = initial;
}

/* Rows of a linear model:
 *
 *   x_ij ~ N(0, 1),   w_jk ~ 100 U(0, 1) in `informative` columns, 0 in the others,
 *   y_ik = b + sum_j x_ij w_jk + noise N(0, 1)
 *
 * With an effective rank r x is instead of low rank with a tail, as spectra of real data are:
 *
 *   x = U diag(s) V',  s_i = (1 - t) exp(-(i / r)^2) + t exp(-i / (10 r)),  i = 0, 1, .. min(n, p) - 1,
 *
 * U and V the orthonormal bases of the spaces that min(n, p) normal vectors span (Halko,
 * Martinsson and Tropp, SIAM Review 53, 2011, whose test matrices they are like).
 *
 *   options       NULL: defaults
 *   x             out: n x p
 *   y             out: n x K, K >= 1
 *   coefficients  out: w, p x K; zeroed: not wanted
 *
 * Cost: n p (2 K flops and one normal number); 256 (p + K) doubles a thread. With an effective rank 10 n p min(n, p)
 * flops and (n + p) min(n, p) doubles.
 * Errors: ARGUMENT (an option out of range, named), SHAPE, MEMORY. */
GEMML_API gemml_status gemml_generate_regression(const gemml_regression_options *options, gemml_matrix x,
                                                 gemml_matrix y, gemml_matrix coefficients);

/* Start from GEMML_CLASSIFICATION_OPTIONS_INIT. Of the p columns `informative` hold
 * the clusters, `redundant` are combinations of those, `repeated` are copies of
 * those, and the others are noise. */
typedef struct gemml_classification_options {
    size_t struct_size;
    size_t informative;        /* at least 1 (AUTO: 2, or p where that is fewer) */
    size_t redundant;          /* AUTO: 2, or as many as p leaves */
    size_t repeated;           /* default 0 */
    size_t classes;            /* K >= 2 (default 2) */
    size_t clusters_per_class; /* at least 1 (default 2); K times it is at most 2^informative, and at most 2^20 */
    double separation;         /* half the edge of the cube, >= 0 (default 1) */
    double flip;               /* share of the rows whose class is drawn anew, 0 to 1 (default 0.01) */
    double shift, scale;       /* every column is (x + shift) scale (default 0 and 1). AUTO: drawn for each column,
                                  separation U(-1, 1) and U(1, 101) */
    int shuffle;               /* nonzero: rows and columns in random order; zero: columns in the order above, and row i
                                  in cluster i mod (K clusters_per_class), or with shares cluster after cluster
                                  (default 1) */
    uint64_t seed;             /* default 0 */
    int cube;                  /* nonzero: clusters stand at corners of a cube; zero: of a polytope (default 1) */
    const double *shares;      /* of the rows, one for each class, >= 0, of sum 1; NULL: equal */
} gemml_classification_options;
#define GEMML_CLASSIFICATION_OPTIONS_INIT                                                                             \
    {                                                                                                                 \
        sizeof(gemml_classification_options), GEMML_AUTO_COUNT, GEMML_AUTO_COUNT, 0, 2, 2, 1.0, 0.01, 0.0, 1.0, 1, 0, \
            1, NULL                                                                                                   \
    }
static inline void gemml_classification_options_init(gemml_classification_options *options)
{
    gemml_classification_options initial = GEMML_CLASSIFICATION_OPTIONS_INIT;
    *options = initial;
}

/* Clusters around the corners of a cube (Guyon, Design of experiments for the NIPS
 * 2003 variable selection benchmark, 2003). Cluster c, of class c mod K, has the corner v_c,
 * components +-separation, no two clusters the same one, and
 *
 *   informative  z A_c + v_c,  z ~ N(0, I),  A_c ~ U(-1, 1) for each element
 *   redundant    (informative) B,            B ~ U(-1, 1) likewise
 *   repeated     one of those columns, drawn uniformly
 *   others       N(0, 1)
 *
 * Without `cube` the components of v_c are those times a_c b_j, a_c and b_j ~ U(0, 1).
 *
 * The clusters have equally many rows, give or take one; with `shares` q cluster c has
 * floor(n q_(c mod K) / clusters_per_class) of them, and those left over go to the first clusters,
 * one each. Then a class is drawn anew, uniformly out of all K, with probability `flip`.
 *
 *   options  NULL: defaults
 *   x        out: n x p
 *   y        out: n x 1, the class: 0 .. K - 1
 *
 * Cost: 2 n informative (informative + redundant) flops and n (p + 1) normal numbers; memory 8 n bytes,
 * the matrices A_c, and 256 p doubles a thread.
 * Errors: ARGUMENT (an option out of range, named), SHAPE, MEMORY. */
GEMML_API gemml_status gemml_generate_classification(const gemml_classification_options *options, gemml_matrix x,
                                                     gemml_matrix y);

/* Of moons and circles. Start from GEMML_SHAPE_OPTIONS_INIT. */
typedef struct gemml_shape_options {
    size_t struct_size;
    double noise;  /* standard deviation of what is added to each coordinate, >= 0 (default 0) */
    double factor; /* of circles: radius of the inner one, 0 to below 1 (default 0.8) */
    int shuffle;   /* nonzero: rows in random order; zero: class 0 first (default 1) */
    uint64_t seed; /* default 0 */
} gemml_shape_options;
#define GEMML_SHAPE_OPTIONS_INIT                    \
    {                                               \
        sizeof(gemml_shape_options), 0.0, 0.8, 1, 0 \
    }
static inline void gemml_shape_options_init(gemml_shape_options *options)
{
    gemml_shape_options initial = GEMML_SHAPE_OPTIONS_INIT;
    *options = initial;
}

/* Two interleaving half circles, t at equal distances from 0 to pi on each:
 *
 *   class 0, floor(n / 2) rows  (cos t, sin t)
 *   class 1, the others         (1 - cos t, 1/2 - sin t)
 *
 *   options  NULL: defaults
 *   x        out: n x 2
 *   y        out: n x 1, the class
 *
 * Errors: ARGUMENT (an option out of range, named), SHAPE, MEMORY. */
GEMML_API gemml_status gemml_generate_moons(const gemml_shape_options *options, gemml_matrix x, gemml_matrix y);

/* A circle in a circle, t at equal distances on [0, 2 pi) on each:
 *
 *   class 0, floor(n / 2) rows  (cos t, sin t)
 *   class 1, the others         factor (cos t, sin t)
 *
 * Parameters and errors as gemml_generate_moons. */
GEMML_API gemml_status gemml_generate_circles(const gemml_shape_options *options, gemml_matrix x, gemml_matrix y);

/* Start from GEMML_CURVE_OPTIONS_INIT. */
typedef struct gemml_curve_options {
    size_t struct_size;
    double low, high; /* of x: low < high (default 0 and 5) */
    double noise;     /* standard deviation, >= 0 (default 0) */
    uint64_t seed;    /* default 0 */
} gemml_curve_options;
#define GEMML_CURVE_OPTIONS_INIT                      \
    {                                                 \
        sizeof(gemml_curve_options), 0.0, 5.0, 0.0, 0 \
    }
static inline void gemml_curve_options_init(gemml_curve_options *options)
{
    gemml_curve_options initial = GEMML_CURVE_OPTIONS_INIT;
    *options = initial;
}

/* A curve that bends ever faster, for networks to learn:
 *
 *   x ~ U(low, high),  y = cos(x/2 - 1/2) + 0.15 x^2 - cos(0.2 x^3) + sin(0.5 x^2) + noise N(0, 1)
 *
 *   options  NULL: defaults
 *   x, y     out: n x 1
 *
 * Errors: ARGUMENT (an option out of range, named), SHAPE, MEMORY. */
GEMML_API gemml_status gemml_generate_curve(const gemml_curve_options *options, gemml_matrix x, gemml_matrix y);

GEMML_END_DECLS

#endif

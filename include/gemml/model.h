/* The model: its options, its life, its predictions and its parameters.
 *
 * A model is a chain of affine layers between two maps:
 *
 *   A_0 = (x - shift) * scale           the input map, by column
 *   Z_l = A_{l-1} W_l + 1 b_l           l = 1 .. layers
 *   A_l = f_l(Z_l)
 *   y   = A_L / scale + shift           the output map, of models of values
 *
 * Linear regression is one layer with the identity; logistic regression one layer
 * with the sigmoid (two classes: one output) or the softmax (K classes: K outputs). */
#ifndef GEMML_MODEL_H
#define GEMML_MODEL_H

#include "matrix.h"

GEMML_BEGIN_DECLS

typedef struct gemml_model gemml_model;

typedef enum gemml_kind { GEMML_LINEAR = 0, GEMML_LOGISTIC = 1, GEMML_MLP = 2 } gemml_kind;

/* How a linear regression is solved. The first four are exact, and refined in
 * double-double when digits are at stake. What was used is told by gemml_fit_info.
 *   AUTO      CHOLESKY where the condition of the columns (about their means, equilibrated)
 *             is below 1e5, QR above, SVD where their rank may be deficient
 *   CHOLESKY  the normal equations: one pass, n p^2 flops; where they are singular to working
 *             precision (from a condition of 1e7 on) it goes on as QR does
 *   DESCENT   gradient descent on F / sum w (see gemml_fit); steps over all rows of F64 models cost
 *             2 p^2 flops, after two passes, where n >= p, p <= 1024 and the steps are more than p / 32
 *   QR        Householder QR by blocks of rows: 2 n p^2 flops, three times the time;
 *             where the rank may be deficient it goes on to SVD
 *   SVD       the singular values of QR's triangle, those of at most max(n, p) 2^-52 times the largest
 *             being zero; the minimum-norm answer in the chain's weights. 20 p^3 flops more
 *   LBFGS     limited-memory quasi-Newton on centred and scaled columns: beyond 1024 columns no p x p
 *             matrix, for thousands of them; about 10 digits; steps as DESCENT's
 * NEWTON is one of logistic regressions alone. */
typedef enum gemml_solver {
    GEMML_SOLVER_AUTO = 0,
    GEMML_SOLVER_CHOLESKY = 1,
    GEMML_SOLVER_DESCENT = 2,
    GEMML_SOLVER_QR = 3,
    GEMML_SOLVER_SVD = 4,
    GEMML_SOLVER_LBFGS = 5,
    GEMML_SOLVER_NEWTON = 6
} gemml_solver;

/* The input map, fitted on the rows given to gemml_fit (weights count).
 *   NONE         x as it is
 *   STANDARDIZE  (x - mean) / sd, sd with divisor sum w (population); a
 *                constant column is only shifted
 *   MINMAX       low + (high - low) (x - min) / (max - min), to [low, high]; likewise
 *   MINMAX_ALL   the same with one min and one max, those of all columns together
 * Inputs that stand for levels of a category stay 0 and 1. */
typedef enum gemml_scaling {
    GEMML_SCALING_NONE = 0,
    GEMML_SCALING_STANDARDIZE = 1,
    GEMML_SCALING_MINMAX = 2,
    GEMML_SCALING_MINMAX_ALL = 3
} gemml_scaling;

/* Options of a linear regression. Start from GEMML_LINEAR_OPTIONS_INIT. */
typedef struct gemml_linear_options {
    size_t struct_size;
    gemml_solver solver;   /* default AUTO */
    gemml_scaling scaling; /* default NONE */
    gemml_dtype dtype;     /* of the parameters, and of the arithmetic of DESCENT: F64 (default) or F32 */
    int intercept;         /* nonzero: fit b (default 1) */
    double l2;             /* lambda >= 0 of lambda/2 sum W^2, in the chain's coordinates (default 0).
                              AUTO: the one of least leave-one-out error (see gemml_fit) */

    /* Of DESCENT only, but for tolerance and max_iterations, which LBFGS has too. */
    double tolerance;      /* stop early when the loss improves by less in an epoch; >= 0 (AUTO: never).
                              LBFGS: stop where the largest component of grad F / sum w is no larger (AUTO:
                              1e-12 of the first one, f32 1e-6, and not below the rounding of the targets) */
    size_t patience;       /* for so many epochs in a row (AUTO: 1) */
    size_t epochs;         /* passes over the rows at most (AUTO: 1e9 / (n p K), within 10,000 and 300,000) */
    size_t max_iterations; /* steps at most, over all epochs (AUTO: no limit but the epochs; LBFGS 1000) */
    size_t batch;          /* rows in a step, at least 1 (AUTO, or n and more: all); fewer are drawn shuffled */
    double rate;           /* step length > 0 (AUTO: 1 / the largest eigenvalue of F's Hessian / sum w) */
    uint64_t seed;         /* of the shuffle (default 0) */

    double range_low, range_high; /* of MINMAX and MINMAX_ALL: low < high (default 0 and 1) */
    gemml_scaling target_scaling; /* of y, which predictions undo: l2 and the loss of fits are in scaled units
                                     (default NONE). Without an intercept y is not shifted */
} gemml_linear_options;

#define GEMML_LINEAR_OPTIONS_INIT                                                                            \
    {                                                                                                        \
        sizeof(gemml_linear_options), GEMML_SOLVER_AUTO, GEMML_SCALING_NONE, GEMML_F64, 1, 0.0, GEMML_AUTO,  \
            GEMML_AUTO_COUNT, GEMML_AUTO_COUNT, GEMML_AUTO_COUNT, GEMML_AUTO_COUNT, GEMML_AUTO, 0, 0.0, 1.0, \
            GEMML_SCALING_NONE                                                                               \
    }
static inline void gemml_linear_options_init(gemml_linear_options *options)
{
    gemml_linear_options initial = GEMML_LINEAR_OPTIONS_INIT;
    *options = initial;
}

/* Makes an unfitted linear regression.
 *
 *   model    out: the new handle, to be freed by gemml_model_free; untouched on failure
 *   options  copied; NULL: defaults
 *
 * Errors: ARGUMENT (an option out of range, named), UNSUPPORTED (options of a
 * later version with values set that this one does not know), MEMORY. */
GEMML_API gemml_status gemml_linear_create(gemml_model **model, const gemml_linear_options *options);

/* Frees a model; NULL is allowed. No other call may be using it. */
GEMML_API void gemml_model_free(gemml_model *model);

/* What the model predicts for each row of x: values, or the index of the most
 * probable class, of equally probable ones the lowest (so of two classes 1 where
 * p > 1/2).
 *
 *   model  fitted
 *   x      m x p, encoded columns in the order of the fit, not scaled; any dtype; finite
 *   out    m x K, classes m x 1; f64 or f32; after an error some rows may have been written
 *
 * A row's f64 prediction has the same bits in whatever batch it stands, and for
 * any number of threads. Safe from many threads at once on one model.
 * Cost: 2 m p K flops and one pass over x; allocates scratch for a few hundred rows a thread.
 * Errors: ARGUMENT, SHAPE, NONFINITE (the row and column are named), MEMORY, UNFITTED. */
GEMML_API gemml_status gemml_predict(const gemml_model *model, gemml_view x, gemml_matrix out);

/* Bytes of scratch that gemml_predict_scratch needs for this model and x.dtype;
 * it does not depend on the number of rows. 0 when the model is not fitted. */
GEMML_API size_t gemml_predict_scratch_size(const gemml_model *model, gemml_view x);

/* gemml_predict on the calling thread alone, allocating nothing.
 *
 *   scratch  at least gemml_predict_scratch_size bytes, aligned to 64 bytes;
 *            not shared with another call in progress
 *   bytes    its size
 *
 * The same bits as gemml_predict. Errors: as gemml_predict; ARGUMENT when the
 * scratch is too small or not aligned. */
GEMML_API gemml_status gemml_predict_scratch(const gemml_model *model, gemml_view x, gemml_matrix out, void *scratch,
                                             size_t bytes);

/* How the rows of each class count, beside the weights of the rows.
 *   NONE      alike
 *   BALANCED  times sum w / (K sum of w over the rows of the class), so that the classes weigh alike
 *   GIVEN     times class_weight[class] */
typedef enum gemml_class_weighting {
    GEMML_CLASS_WEIGHT_NONE = 0,
    GEMML_CLASS_WEIGHT_BALANCED = 1,
    GEMML_CLASS_WEIGHT_GIVEN = 2
} gemml_class_weighting;

/* Options of a logistic regression. Start from GEMML_LOGISTIC_OPTIONS_INIT.
 *
 * Solvers:
 *   AUTO     NEWTON for few parameters; else LBFGS, with steps of Newton at the end
 *            where their matrix is small. Depends on the shapes alone
 *   LBFGS    limited-memory quasi-Newton on centred and scaled columns
 *   NEWTON   Newton's method with the Fisher information; in double, whatever dtype is
 *   DESCENT  gradient descent on F / sum w (see gemml_fit) */
typedef struct gemml_logistic_options {
    size_t struct_size;
    gemml_solver solver;   /* AUTO (default), LBFGS, NEWTON or DESCENT */
    gemml_scaling scaling; /* default STANDARDIZE */
    gemml_dtype dtype;     /* of the parameters, and of the arithmetic of LBFGS and DESCENT: F64 (default) or F32 */
    int intercept;         /* nonzero: fit b (default 1) */
    double l2;             /* lambda >= 0 of lambda/2 sum W^2, in the chain's coordinates (default 0);
                              scikit-learn's C is 1 / lambda */
    size_t classes;        /* K >= 2 (AUTO: the largest class index in y, plus 1) */
    gemml_class_weighting class_weighting; /* default NONE */
    const double *class_weight;            /* of GIVEN: `classes` numbers >= 0, which then must be set; copied */

    double tolerance;      /* LBFGS, NEWTON: the largest component of grad F / sum w at which they stop (AUTO: 1e-8,
                              with F32 1e-5); DESCENT: stop early when the loss improves by less in an epoch
                              (AUTO: never) */
    size_t max_iterations; /* steps at most (AUTO: NEWTON 100, LBFGS 1000, DESCENT no limit but the epochs) */

    /* Of DESCENT only. */
    size_t patience; /* the loss must improve by less for so many epochs in a row (AUTO: 1) */
    size_t epochs;   /* passes over the rows at most (AUTO: 1e9 / (n p K), within 10,000 and 300,000) */
    size_t batch;    /* rows in a step, at least 1 (AUTO, or n and more: all); fewer are drawn shuffled */
    double rate;     /* step length > 0 (AUTO: 1 / a bound of the largest eigenvalue of F's Hessian / sum w) */
    uint64_t seed;   /* of the shuffle (default 0) */

    double range_low, range_high; /* of MINMAX and MINMAX_ALL: low < high (default 0 and 1) */
} gemml_logistic_options;

#define GEMML_LOGISTIC_OPTIONS_INIT                                                                          \
    {                                                                                                        \
        sizeof(gemml_logistic_options), GEMML_SOLVER_AUTO, GEMML_SCALING_STANDARDIZE, GEMML_F64, 1, 0.0,     \
            GEMML_AUTO_COUNT, GEMML_CLASS_WEIGHT_NONE, NULL, GEMML_AUTO, GEMML_AUTO_COUNT, GEMML_AUTO_COUNT, \
            GEMML_AUTO_COUNT, GEMML_AUTO_COUNT, GEMML_AUTO, 0, 0.0, 1.0                                      \
    }
static inline void gemml_logistic_options_init(gemml_logistic_options *options)
{
    gemml_logistic_options initial = GEMML_LOGISTIC_OPTIONS_INIT;
    *options = initial;
}

/* Makes an unfitted logistic regression:
 *
 *   two classes:  p(1) = 1 / (1 + exp(-z)),        z = x W + b, one output
 *   K classes:    p(k) = exp(z_k) / sum_l exp(z_l), z = x W + b, K outputs;
 *                 intercepts sum to 0, and without a penalty each column's weights do
 *
 * It is fitted to class indices: y is n x 1, of any dtype, with integral values
 * 0 .. K-1; each class needs a row of positive weight.
 *
 *   model    out: the new handle, to be freed by gemml_model_free; untouched on failure
 *   options  copied, class_weight too; NULL: defaults
 *
 * Errors: ARGUMENT (an option out of range, named), UNSUPPORTED (options of a
 * later version with values set that this one does not know), MEMORY. */
GEMML_API gemml_status gemml_logistic_create(gemml_model **model, const gemml_logistic_options *options);

/* The probability of each class for each row of x.
 *
 *   model  fitted, one that tells classes apart
 *   out    m x K, f64 or f32: column k the probability of class k; rows sum to 1
 *
 * Otherwise as gemml_predict. Errors: likewise, and UNSUPPORTED (a model of values). */
GEMML_API gemml_status gemml_predict_proba(const gemml_model *model, gemml_view x, gemml_matrix out);

/* The last layer's z: of a logistic regression the linear predictor x W + b, the
 * log odds of class 1 where there are two classes.
 *
 *   out  m x outputs (two classes: one column), f64 or f32
 *
 * Otherwise as gemml_predict, whose value it is where the last activation is the identity. */
GEMML_API gemml_status gemml_decision(const gemml_model *model, gemml_view x, gemml_matrix out);

/* The inverse link: the value of one input at which a logistic regression of two
 * classes gives a probability,
 *
 *   x_j = (log(p / (1 - p)) - b - sum_{l != j} w_l x_l) / w_j
 *
 *   probability  of class 1, within (0, 1)
 *   column       j, counted from 0
 *   others       the other inputs: one row of p values, of which number j is not
 *                looked at; may be zeroed when p = 1
 *   value        out; untouched on failure
 *
 * Errors: ARGUMENT (a probability or column out of range; w_j is 0), SHAPE,
 * NONFINITE, UNFITTED, UNSUPPORTED (another kind of model, or more classes). */
GEMML_API gemml_status gemml_inverse_link(const gemml_model *model, double probability, size_t column,
                                          gemml_view others, double *value);

/* What a model is. */
typedef struct gemml_model_info {
    size_t struct_size;
    gemml_kind kind;
    gemml_dtype dtype;
    int fitted;             /* what follows is 0 until it is */
    size_t inputs, outputs; /* p, K */
    size_t layers;
    size_t parameters; /* length of the flat vector */
    int intercept;
    gemml_solver solver; /* the one that was used; AUTO until fitted */
    gemml_scaling scaling;
    double l2; /* of the fit; as asked for until fitted */
    size_t classes; /* K of a model that tells classes apart; 0: a model of values, or not fitted */
} gemml_model_info;
#define GEMML_MODEL_INFO_INIT                                                                                       \
    {                                                                                                               \
        sizeof(gemml_model_info), GEMML_LINEAR, GEMML_F64, 0, 0, 0, 0, 0, 0, GEMML_SOLVER_AUTO, GEMML_SCALING_NONE, \
            0.0, 0                                                                                                  \
    }
static inline void gemml_model_info_init(gemml_model_info *info)
{
    gemml_model_info initial = GEMML_MODEL_INFO_INIT;
    *info = initial;
}

/* Fills info (its struct_size set by the caller). Errors: ARGUMENT. */
GEMML_API gemml_status gemml_model_get_info(const gemml_model *model, gemml_model_info *info);

/* The flat parameter vector in the chain's coordinates (that is after the input
 * map): layer by layer W row-major (in x out), then b.
 *
 *   data   out: double or float by the model's dtype; owned by the model, valid
 *          until the next fit or free
 *   count  out: its length
 *
 * Errors: ARGUMENT, UNFITTED. */
GEMML_API gemml_status gemml_parameters(const gemml_model *model, const void **data, size_t *count);

/* One layer: views into the flat vector, owned by the model as above. */
typedef struct gemml_layer_info {
    size_t struct_size;
    size_t inputs, outputs;
    gemml_view weight;      /* inputs x outputs */
    gemml_view bias;        /* 1 x outputs; zeroed when the layer has none */
    const char *activation; /* "identity", "sigmoid", "softmax", ...; static */
} gemml_layer_info;
#define GEMML_LAYER_INFO_INIT                                                    \
    {                                                                            \
        sizeof(gemml_layer_info), 0, 0, GEMML_EMPTY_VIEW, GEMML_EMPTY_VIEW, NULL \
    }
static inline void gemml_layer_info_init(gemml_layer_info *info)
{
    gemml_layer_info initial = GEMML_LAYER_INFO_INIT;
    *info = initial;
}

/* Layer `index` (0 is the first). Errors: ARGUMENT, UNFITTED. */
GEMML_API gemml_status gemml_layer(const gemml_model *model, size_t index, gemml_layer_info *info);

/* Coefficients of a one-layer model in original units, that is with the input
 * map undone: w_j = W_j scale_j, intercept = b - sum_j shift_j w_j, and then the output map.
 *
 *   out  (p + 1) x K, f64 or f32: row 0 the intercept (0 when the model has
 *        none), row 1 + j the coefficient of column j
 *
 * Errors: ARGUMENT, SHAPE, UNFITTED, UNSUPPORTED (more than one layer). */
GEMML_API gemml_status gemml_coefficients(const gemml_model *model, gemml_matrix out);

GEMML_END_DECLS

#endif

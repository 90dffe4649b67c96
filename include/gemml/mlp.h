/* Fully connected neural networks: their options, and what they tell of themselves.
 *
 * With p inputs, layers l = 1 .. L of n_l units, n_0 = p:
 *
 *   A_0 = (x - shift) * scale
 *   Z_l = A_{l-1} W_l + 1 b_l,   W_l n_{l-1} x n_l,  b_l 1 x n_l
 *   A_l = f_l(Z_l)
 *
 * Layers 1 .. L - 1 are the hidden ones. The last one has an output for each column
 * of y (regression), one with the sigmoid (two classes), or K with the softmax. */
#ifndef GEMML_MLP_H
#define GEMML_MLP_H

#include "model.h"

GEMML_BEGIN_DECLS

/* What a network learns.
 *   REGRESSION      loss_i = 1/2 sum_k (a_ik - y_ik)^2
 *   CLASSIFICATION  loss_i = -log p(y_i), y_i a class index 0 .. K-1 */
typedef enum gemml_mlp_task { GEMML_TASK_REGRESSION = 0, GEMML_TASK_CLASSIFICATION = 1 } gemml_mlp_task;

/* f(z) of a unit.
 *   IDENTITY    z
 *   RELU        max(z, 0)
 *   SIGMOID     1 / (1 + exp(-z))
 *   TANH        tanh(z)
 *   SOFTMAX     exp(z_k) / sum_l exp(z_l): of the outputs of a classification, which the library sets itself
 *   LEAKY_RELU  z, and 0.01 z below 0
 *   GELU        z Phi(z), Phi the distribution function of N(0, 1) (Hendrycks and Gimpel 2016) */
typedef enum gemml_activation {
    GEMML_ACTIVATION_IDENTITY = 0,
    GEMML_ACTIVATION_RELU = 1,
    GEMML_ACTIVATION_SIGMOID = 2,
    GEMML_ACTIVATION_TANH = 3,
    GEMML_ACTIVATION_SOFTMAX = 4,
    GEMML_ACTIVATION_LEAKY_RELU = 5,
    GEMML_ACTIVATION_GELU = 6
} gemml_activation;

/* First weights of a layer with n inputs and m outputs; biases begin at 0.
 *   AUTO            HE_NORMAL before a rectifier (relu, leaky relu, gelu) in a hidden layer, else XAVIER_UNIFORM
 *   ZERO            0: of use for chains of one layer only
 *   NORMAL          N(0, 1)
 *   XAVIER_UNIFORM  U(-a, a), a = sqrt(6 / (n + m))   Glorot and Bengio (2010), equation 16
 *   XAVIER_NORMAL   N(0, 2 / (n + m))
 *   HE_UNIFORM      U(-a, a), a = sqrt(6 / n)
 *   HE_NORMAL       N(0, 2 / n)                       He, Zhang, Ren, Sun (2015), equation 10 */
typedef enum gemml_initialisation {
    GEMML_INIT_AUTO = 0,
    GEMML_INIT_ZERO = 1,
    GEMML_INIT_NORMAL = 2,
    GEMML_INIT_XAVIER_UNIFORM = 3,
    GEMML_INIT_XAVIER_NORMAL = 4,
    GEMML_INIT_HE_UNIFORM = 5,
    GEMML_INIT_HE_NORMAL = 6
} gemml_initialisation;

/* How the gradient g of F / sum w moves the parameters theta, with the rate r, step t = 1, 2, ...
 *   SGD       theta -= r g
 *   MOMENTUM  m = mu m + g;  theta -= r m
 *   NESTEROV  m = mu m + g;  theta -= r (g + mu m)
 *   RMSPROP   v = decay v + (1 - decay) g^2;  theta -= r g / (sqrt(v) + eps)
 *   ADAM      m = beta1 m + (1 - beta1) g,  v = beta2 v + (1 - beta2) g^2;
 *             theta -= r (m / (1 - beta1^t)) / (sqrt(v / (1 - beta2^t)) + eps)
 *   ADAMW     theta of the weights -= r weight_decay theta; then as ADAM
 * Sutskever et al. (2013), Tieleman and Hinton (2012), Kingma and Ba (2015), Loshchilov and Hutter (2019). */
typedef enum gemml_optimizer {
    GEMML_OPTIMIZER_SGD = 0,
    GEMML_OPTIMIZER_MOMENTUM = 1,
    GEMML_OPTIMIZER_NESTEROV = 2,
    GEMML_OPTIMIZER_RMSPROP = 3,
    GEMML_OPTIMIZER_ADAM = 4,
    GEMML_OPTIMIZER_ADAMW = 5
} gemml_optimizer;

/* The rate of step t (from 0) of T, e = the epochs done at it.
 *   CONSTANT     rate
 *   STEP         rate factor^floor(e / every)
 *   EXPONENTIAL  rate factor^e
 *   COSINE       floor + (rate - floor) (1 + cos(pi t / T)) / 2                  Loshchilov and Hutter (2017)
 *   ONE_CYCLE    along cosines from rate / start_divisor up to rate in the share `warmup` of the steps, then
 *                down to rate / start_divisor / end_divisor                        Smith and Topin (2018) */
typedef enum gemml_schedule {
    GEMML_SCHEDULE_CONSTANT = 0,
    GEMML_SCHEDULE_STEP = 1,
    GEMML_SCHEDULE_EXPONENTIAL = 2,
    GEMML_SCHEDULE_COSINE = 3,
    GEMML_SCHEDULE_ONE_CYCLE = 4
} gemml_schedule;

/* Options of a network. Start from GEMML_MLP_OPTIONS_INIT; the arrays are copied at create. */
typedef struct gemml_mlp_options {
    size_t struct_size;
    gemml_mlp_task task; /* default REGRESSION */

    /* The layers. */
    const size_t *hidden;        /* hidden_count numbers of units >= 1; not looked at when hidden_count is AUTO or 0 */
    size_t hidden_count;         /* hidden layers (AUTO: two, of 64 and 32 units; 0: none) */
    gemml_activation activation; /* of every hidden layer (default RELU) */
    const gemml_activation *activations;   /* of each of the hidden_count layers; NULL: `activation` */
    gemml_activation output_activation;    /* of a REGRESSION's outputs (default IDENTITY; no SOFTMAX) */
    int bias;                              /* nonzero: every layer has one (default 1) */
    const int *biases;                     /* of each of the hidden_count + 1 layers; NULL: `bias` */
    gemml_initialisation initialisation;   /* default AUTO */
    gemml_dtype dtype;                     /* of the parameters and the arithmetic: F32 (default) or F64 */
    size_t classes;                        /* of CLASSIFICATION: K >= 2 (AUTO: the largest class index in y, plus 1) */
    gemml_class_weighting class_weighting; /* of CLASSIFICATION, for the training rows (default NONE) */
    const double *class_weight;            /* of GIVEN: `classes` numbers >= 0, which then must be set */

    /* The maps. */
    gemml_scaling scaling;        /* of x (default STANDARDIZE) */
    gemml_scaling target_scaling; /* of y in REGRESSION, which predictions undo: l2 and the losses of fits are in
                                     scaled units (default STANDARDIZE, which leaves y as it is where
                                     output_activation is not the IDENTITY) */
    double range_low, range_high; /* of MINMAX and MINMAX_ALL: low < high (default 0 and 1) */

    /* What is minimised, and how. */
    double l2;                         /* lambda >= 0 of lambda/2 sum W^2 (default 0) */
    gemml_solver solver;               /* AUTO and DESCENT: steps of the optimizer on batches; LBFGS: limited-memory
                                          quasi-Newton on all rows, for small networks: of what follows it has epochs (its
                                          iterations, AUTO: 1000), max_iterations and tolerance (the largest component of
                                          grad F / sum w at which it stops, AUTO: 1e-5) */
    gemml_optimizer optimizer;         /* default ADAM */
    double rate;                       /* > 0 (AUTO: 1e-3 for RMSPROP, ADAM and ADAMW, else 1e-2) */
    double momentum;                   /* mu of MOMENTUM and NESTEROV, in [0, 1) (AUTO: 0.9) */
    double decay;                      /* of RMSPROP, in [0, 1) (AUTO: 0.99) */
    double beta1, beta2;               /* of ADAM and ADAMW, in [0, 1) (AUTO: 0.9 and 0.999) */
    double epsilon;                    /* of RMSPROP, ADAM and ADAMW, > 0 (AUTO: 1e-8) */
    double weight_decay;               /* of ADAMW, >= 0 (AUTO: 0.01), beside l2 */
    gemml_schedule schedule;           /* default CONSTANT */
    double schedule_factor;            /* of STEP (AUTO: 0.1) and EXPONENTIAL (AUTO: 0.95), in (0, 1] */
    size_t schedule_every;             /* of STEP: epochs >= 1 (AUTO: a third of them) */
    double schedule_floor;             /* of COSINE: >= 0 (AUTO: 0) */
    double warmup;                     /* of ONE_CYCLE: a share in [0, 1] (AUTO: 0.3) */
    double start_divisor, end_divisor; /* of ONE_CYCLE: >= 1 (AUTO: 25 and 1e4) */
    size_t batch;      /* rows in a batch, at least 1 (AUTO: n / 100 within 32 and 256; n and more: all) */
    size_t accumulate; /* batches whose gradients are summed for a step, at least 1 (default 1) */
    double clip;       /* the largest 2-norm of the gradient: what is longer is shortened, > 0 (AUTO: no limit) */
    double dropout;    /* the share of hidden units left out at random in training, in [0, 1) (default 0) */

    /* When it ends. */
    size_t epochs;         /* passes over the rows at most (AUTO: those of 20,000 steps, within 20 and 2000) */
    size_t max_iterations; /* steps at most, over all epochs (AUTO: no limit but the epochs) */
    double tolerance;      /* stop early when the loss (the validation's, against the best so far, if there is one; else
                              the training's, against that of the epoch before) improves by less, >= 0 (AUTO: 0 where
                              there is a validation or a patience, else never) */
    size_t patience;       /* ... for so many epochs in a row, at least 1 (AUTO: 20) */
    size_t valid_every;    /* epochs from one validation to the next, at least 1 (default 1) */
    uint64_t seed;         /* of the first weights, the shuffles and dropout (default 0) */
} gemml_mlp_options;

#define GEMML_MLP_OPTIONS_INIT                                                                                         \
    {                                                                                                                  \
        sizeof(gemml_mlp_options), GEMML_TASK_REGRESSION, NULL, GEMML_AUTO_COUNT, GEMML_ACTIVATION_RELU, NULL,         \
            GEMML_ACTIVATION_IDENTITY, 1, NULL, GEMML_INIT_AUTO, GEMML_F32, GEMML_AUTO_COUNT, GEMML_CLASS_WEIGHT_NONE, \
            NULL, GEMML_SCALING_STANDARDIZE, GEMML_SCALING_STANDARDIZE, 0.0, 1.0, 0.0, GEMML_SOLVER_AUTO,              \
            GEMML_OPTIMIZER_ADAM, GEMML_AUTO, GEMML_AUTO, GEMML_AUTO, GEMML_AUTO, GEMML_AUTO, GEMML_AUTO, GEMML_AUTO,  \
            GEMML_SCHEDULE_CONSTANT, GEMML_AUTO, GEMML_AUTO_COUNT, GEMML_AUTO, GEMML_AUTO, GEMML_AUTO, GEMML_AUTO,     \
            GEMML_AUTO_COUNT, 1, GEMML_AUTO, 0.0, GEMML_AUTO_COUNT, GEMML_AUTO_COUNT, GEMML_AUTO, GEMML_AUTO_COUNT, 1, \
            0                                                                                                          \
    }
static inline void gemml_mlp_options_init(gemml_mlp_options *options)
{
    gemml_mlp_options initial = GEMML_MLP_OPTIONS_INIT;
    *options = initial;
}

/* Makes an unfitted network. Its shape is known when it is fitted: p inputs, and as
 * many outputs as y has columns or classes ask for. With a validation set (gemml_fit_options)
 * the parameters of the lowest validation loss are kept, else the last ones.
 *
 *   model    out: the new handle, to be freed by gemml_model_free; untouched on failure
 *   options  copied, the arrays too; NULL: defaults
 *
 * Errors: ARGUMENT (an option out of range, named), UNSUPPORTED (options of a
 * later version with values set that this one does not know), MEMORY. */
GEMML_API gemml_status gemml_mlp_create(gemml_model **model, const gemml_mlp_options *options);

/* The options of a network as they were given, in gemml_mlp_create or before it was saved.
 * The arrays belong to the model. Errors: ARGUMENT, UNSUPPORTED (not a network). */
GEMML_API gemml_status gemml_mlp_get_options(const gemml_model *model, gemml_mlp_options *options);

/* A name as in model files and on the command line: "relu", "adam", "one-cycle", "he-normal" ...
 * Static; "unknown" for a value that is none. */
GEMML_API const char *gemml_activation_string(gemml_activation activation);
GEMML_API const char *gemml_optimizer_string(gemml_optimizer optimizer);
GEMML_API const char *gemml_schedule_string(gemml_schedule schedule);
GEMML_API const char *gemml_initialisation_string(gemml_initialisation initialisation);

/* A fitted model of any kind as text: its layers with shapes, activations and numbers of
 * parameters, what it was trained with, and what that came to. Lines that end in '\n'.
 *
 *   text      out, `capacity` bytes: as much as fits, ended by a zero; NULL when capacity is 0
 *   length    out: the bytes of the whole text without its zero; NULL: not wanted
 *
 * Errors: ARGUMENT, UNFITTED. */
GEMML_API gemml_status gemml_describe(const gemml_model *model, char *text, size_t capacity, size_t *length);

/* Of the weights and biases of a layer, or of their gradients. */
typedef struct gemml_spread {
    double mean, deviation; /* population */
    double minimum, maximum;
    double norm;  /* the 2-norm */
    size_t zeros; /* that are 0 exactly */
    size_t count; /* of all: zeros / count is their share */
} gemml_spread;

typedef struct gemml_layer_statistics {
    size_t struct_size;
    gemml_spread weight, bias; /* bias: zeroed when the layer has none */
} gemml_layer_statistics;
#define GEMML_SPREAD_ZERO             \
    {                                 \
        0.0, 0.0, 0.0, 0.0, 0.0, 0, 0 \
    }
#define GEMML_LAYER_STATISTICS_INIT                                          \
    {                                                                        \
        sizeof(gemml_layer_statistics), GEMML_SPREAD_ZERO, GEMML_SPREAD_ZERO \
    }
static inline void gemml_layer_statistics_init(gemml_layer_statistics *statistics)
{
    gemml_layer_statistics initial = GEMML_LAYER_STATISTICS_INIT;
    *statistics = initial;
}

/* Statistics of layer `index` (0 is the first) of a vector laid out as the model's parameters are.
 *
 *   vector      as many elements of the model's dtype as gemml_parameters gives, say a gradient of
 *               gemml_loss_gradient; NULL: the parameters themselves
 *   statistics  out (its struct_size set by the caller)
 *
 * Errors: ARGUMENT, UNFITTED. Cost: two passes over the layer. */
GEMML_API gemml_status gemml_layer_get_statistics(const gemml_model *model, size_t index, const void *vector,
                                                  gemml_layer_statistics *statistics);

GEMML_END_DECLS

#endif

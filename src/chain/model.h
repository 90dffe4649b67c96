/* The handle behind gemml_model, and everything that a fit leaves in it. */
#ifndef GEMML_CHAIN_MODEL_H
#define GEMML_CHAIN_MODEL_H

#include <gemml/fit.h>
#include <gemml/mlp.h>
#include <gemml/summary.h>
#include <gemml/table.h>

#include "chain/chain.h"
#include "util/view.h"

/* A_0 = (x - shift) * scale, by column; both NULL: the identity. */
struct input_map {
    size_t inputs;
    double *shift, *scale;
};

/* y' = (y - shift) * scale, by output: what the chain is fitted to; predictions
 * undo it. Both NULL: the identity. */
struct output_map {
    size_t outputs;
    double *shift, *scale;
};

/* What a fit came to (gemml_fit_info), but for what varies between equal runs. */
struct fit_record {
    gemml_outcome outcome;
    gemml_solver solver;
    size_t epochs, iterations, best_epoch;
    double objective, loss;
    double l2;            /* lambda of the fit: what was asked for, or chosen */
    double *loss_history; /* NULL when empty */
    size_t loss_history_count;
    double *valid_loss_history, *score_history; /* one for each validation; the score NaN where none is measured */
    size_t *valid_epochs;                       /* the epochs after which they were measured */
    size_t valid_history_count;
    double *recorded;        /* recorded_count rows of all parameters; NULL: none were recorded */
    size_t *recorded_epochs; /* ascending */
    size_t recorded_count;
    double *l2_path; /* l2_path_count pairs (lambda, loo_mse), lambda ascending; NULL: lambda was given */
    size_t l2_path_count;
    char *notice; /* NULL: none */
};

/* A root of inv(X'WX), from which the variances of coefficients and predictions
 * follow: with u_j = (x_j - center_j) scale_j,
 *
 *   inv(sum_i w_i u_i u_i') = F F',   F p x rank
 *
 * (of the penalised matrix where there is a penalty, a pseudo-inverse where the
 * rank is deficient). center is 0 without an intercept. */
struct inverse_root {
    size_t inputs, rank;
    double *center, *scale; /* p each */
    double *root;           /* F; NULL: there is none, and neither of the others */
};

/* What is known of a linear fit (gemml_summary). The vectors have one entry per
 * output; std_error and robust_error are (p + 1) x K, the intercept first. */
struct summary_record {
    size_t rows, rank, freedom;
    double sum_weight, condition;
    double *r2, *adjusted_r2, *sigma, *f, *f_p, *log_likelihood, *aic, *bic;
    double *std_error;
    gemml_errors robust;  /* the kind of robust_error */
    double *robust_error; /* NULL: none */
    struct inverse_root inverse;
    int64_t *aliased; /* columns that are combinations of columns before them (the intercept is the first), ascending */
    size_t aliased_count; /* 0: aliased is NULL */
    double normal_equation_residual, closed_form_distance;
    double null_deviance; /* of a classifier */
};

/* The vectors of one number per output, for those who walk them all. */
#define SUMMARY_VECTORS 8
void summary_vectors(struct summary_record *summary, double **vectors[SUMMARY_VECTORS]);

/* Makes the vectors and std_error, NaN. Errors: MEMORY. */
gemml_status summary_lay_out(struct summary_record *summary, size_t inputs, size_t outputs);

/* A fitted state: made aside by a fit or a load, and published when complete. */
struct fitted {
    struct chain chain;
    gemml_dtype dtype;
    void *parameters; /* chain.parameters elements of dtype */
    struct input_map map;
    struct output_map target_map;
    struct fit_record record;
    struct summary_record summary;
};

struct gemml_model {
    gemml_kind kind;
    gemml_linear_options linear;     /* of a linear regression: as given; the fit uses these */
    gemml_logistic_options logistic; /* of a logistic one; class_weight is owned */
    gemml_mlp_options mlp;           /* of a network; the arrays are owned */
    struct fitted *fitted;           /* NULL: not fitted */
    gemml_schema *schema;            /* NULL: none; owned */
    double seconds;                  /* of the last fit; not stored */
};

/* What the options of every kind of model have. */
struct model_settings {
    gemml_solver solver;
    gemml_scaling scaling;
    gemml_dtype dtype;
    bool intercept;
    double l2;
};
struct model_settings model_settings(const struct gemml_model *model);

/* Frees the arrays of a network's options. */
void mlp_options_free(gemml_mlp_options *options);

/* A new, unfitted model with default options. */
gemml_status model_new(struct gemml_model **model, gemml_kind kind);

/* Frees a model but for its schema, which is the caller's to free; NULL is allowed. */
void model_discard(struct gemml_model *model);

/* A zeroed state (NaN where a number is not known). */
gemml_status fitted_new(struct fitted **fitted);

/* Its chain, of one layer, and its parameters: zero. Errors: SHAPE, MEMORY. */
gemml_status fitted_lay_out(struct fitted *fitted, size_t inputs, size_t outputs, enum activation activation,
                            enum loss loss, bool bias, gemml_dtype dtype);

/* Frees the histories and the notice of a record. */
void fit_record_free(struct fit_record *record);

/* Frees a state; NULL is allowed. */
void fitted_free(struct fitted *fitted);

/* The flat parameter vector as a 1 x parameters view, and to be written. */
gemml_view fitted_parameters(const struct fitted *fitted);
gemml_matrix fitted_parameters_out(struct fitted *fitted);

#endif

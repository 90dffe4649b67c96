/* A model as safetensors bytes, and back. safetensors.h has the container; in it are
 *
 *   strings  format "gemml", format_version "1", gemml_version, kind "linear",
 *            "logistic" or "mlp", dtype "f64" or "f32", loss "squared_error" or
 *            "cross_entropy", and as JSON texts activations (a list, by layer),
 *            options (those of the kind but the dtype; what the library chooses is null), fit (outcome, solver,
 *            epochs, iterations, best_epoch, notice), schema (absent without one)
 *   tensors  input.shift, input.scale        F64 [p]; absent: the identity
 *            target.shift, target.scale      F64 [outputs]; absent: the identity
 *            fit.loss_history                F64 [m]; absent: empty
 *            fit.valid_loss_history, fit.score_history   F64 [v], fit.valid_epochs I64 [v]; absent: empty
 *            fit.recorded F64 [r, parameters], fit.recorded_epochs I64 [r]; absent: empty
 *            fit.objective, fit.loss, fit.l2 F64 []
 *            fit.l2_path                     F64 [m, 2]; absent: lambda was given
 *            summary.rows, summary.rank, summary.freedom                      I64 []
 *            summary.sum_weight, summary.condition,
 *            summary.normal_equation_residual, summary.closed_form_distance   F64 []
 *            summary.null_deviance           F64 []; absent: it is not known
 *            summary.r2, summary.adjusted_r2, summary.sigma, summary.f, summary.f_p,
 *            summary.log_likelihood, summary.aic, summary.bic                 F64 [K]
 *            summary.aliased                 I64 [a], ascending; absent: none
 *            summary.std_error               F64 [p + 1, K]
 *            summary.robust                  I64 [], a gemml_errors, and with it
 *            summary.robust_error            F64 [p + 1, K]; absent: none
 *            inverse.center, inverse.scale   F64 [p], and with them
 *            inverse.root                    F64 [p, r]; absent: none
 *            layer.0.weight, layer.0.bias    [in, out], [out] in dtype; then layer.1 ...;
 *                                            no bias: absent
 *
 * in this order. Equal fits give equal bytes; doubles come back to the bit (of a
 * NaN only that it is one). A tensor, an option or a name that is not known is
 * refused, since it might change what the model means: whoever adds one raises
 * format_version. Further strings are passed over: they may only describe. */
#ifndef GEMML_IO_MODEL_FILE_H
#define GEMML_IO_MODEL_FILE_H

#include "chain/model.h"

/* `path` is replaced atomically (atomic_file.h). The model is fitted, and passes
 * model_check (model_format.h). IO, MEMORY; SHAPE, NONFINITE: it does not;
 * UNSUPPORTED: its strings are too long for the format. */
gemml_status model_file_save(const struct gemml_model *model, const char *path);

/* A new model from bytes; `name` stands for them in messages ("model.gemml").
 * `model` is untouched on failure: FORMAT, UNSUPPORTED, MEMORY. */
gemml_status model_file_parse(struct gemml_model **model, const void *bytes, size_t count, const char *name);

/* A new model from a regular file. IO, and as above. */
gemml_status model_file_load(struct gemml_model **model, const char *path);

#endif

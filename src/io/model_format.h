/* What the writer and the reader of model files share: names, and what holds for
 * every model in a file. */
#ifndef GEMML_IO_MODEL_FORMAT_H
#define GEMML_IO_MODEL_FORMAT_H

#include "chain/model.h"

#define MODEL_FORMAT "gemml"
#define MODEL_FORMAT_VERSION "1"
#define MODEL_TEXT(x) #x
#define MODEL_VERSION_TEXT(a, b, c) MODEL_TEXT(a) "." MODEL_TEXT(b) "." MODEL_TEXT(c)
#define MODEL_LIBRARY_VERSION MODEL_VERSION_TEXT(GEMML_VERSION_MAJOR, GEMML_VERSION_MINOR, GEMML_VERSION_PATCH)
#define MODEL_INFINITY "inf"

/* The tensors, in the order of the file. */
#define TENSOR_SHIFT "input.shift"
#define TENSOR_SCALE "input.scale"
#define TENSOR_TARGET_SHIFT "target.shift"
#define TENSOR_TARGET_SCALE "target.scale"
#define TENSOR_LOSS_HISTORY "fit.loss_history"
#define TENSOR_RECORDED "fit.recorded"
#define TENSOR_RECORDED_EPOCHS "fit.recorded_epochs"
#define TENSOR_VALID_LOSS_HISTORY "fit.valid_loss_history"
#define TENSOR_SCORE_HISTORY "fit.score_history"
#define TENSOR_VALID_EPOCHS "fit.valid_epochs"
#define TENSOR_OBJECTIVE "fit.objective"
#define TENSOR_LOSS "fit.loss"
#define TENSOR_L2 "fit.l2"
#define TENSOR_L2_PATH "fit.l2_path"
#define TENSOR_ROWS "summary.rows"
#define TENSOR_RANK "summary.rank"
#define TENSOR_FREEDOM "summary.freedom"
#define TENSOR_SUM_WEIGHT "summary.sum_weight"
#define TENSOR_CONDITION "summary.condition"
#define TENSOR_RESIDUAL "summary.normal_equation_residual"
#define TENSOR_DISTANCE "summary.closed_form_distance"
#define TENSOR_NULL_DEVIANCE "summary.null_deviance"
#define TENSOR_ALIASED "summary.aliased"
#define TENSOR_STD_ERROR "summary.std_error"
#define TENSOR_ROBUST "summary.robust"
#define TENSOR_ROBUST_ERROR "summary.robust_error"
#define TENSOR_CENTER "inverse.center"
#define TENSOR_INVERSE_SCALE "inverse.scale"
#define TENSOR_ROOT "inverse.root"
#define TENSOR_WEIGHT "layer.%zu.weight"
#define TENSOR_BIAS "layer.%zu.bias"

/* The tensors of summary_vectors, in its order. */
extern const char *const summary_tensors[SUMMARY_VECTORS];

/* Whether the parts of a fitted model fit together: the chain is one of its kind,
 * parameters and input map are finite and as long as the chain says, the schema
 * has the chain's inputs and outputs. A model that fails is neither written nor
 * handed out. SHAPE, NONFINITE; `name` stands for the model. */
gemml_status model_check(const struct gemml_model *model, const char *name);

/* NONFINITE where one of `count` numbers, which are called `what` in the message, is not finite. */
gemml_status model_check_finite(const void *data, gemml_dtype dtype, size_t count, const char *what, const char *name);

#endif

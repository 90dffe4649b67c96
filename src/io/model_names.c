/* The names under which a model file keeps the values of enums. */
#include "io/model_names.h"

#include <string.h>

#include "chain/model.h"

#define TABLE(list)                      \
    {                                    \
        list, sizeof list / sizeof *list \
    }

static const char *const kinds[] = {[GEMML_LINEAR] = "linear", [GEMML_LOGISTIC] = "logistic", [GEMML_MLP] = "mlp"};
static const char *const dtypes[] = {[GEMML_F64] = "f64", [GEMML_F32] = "f32"};
static const char *const losses[] = {[LOSS_SQUARED_ERROR] = "squared_error", [LOSS_CROSS_ENTROPY] = "cross_entropy"};
static const char *const solvers[] = {
    [GEMML_SOLVER_AUTO] = "auto",    [GEMML_SOLVER_CHOLESKY] = "cholesky", [GEMML_SOLVER_DESCENT] = "descent",
    [GEMML_SOLVER_QR] = "qr",        [GEMML_SOLVER_SVD] = "svd",           [GEMML_SOLVER_LBFGS] = "lbfgs",
    [GEMML_SOLVER_NEWTON] = "newton"};
static const char *const class_weightings[] = {[GEMML_CLASS_WEIGHT_NONE] = "none",
                                               [GEMML_CLASS_WEIGHT_BALANCED] = "balanced",
                                               [GEMML_CLASS_WEIGHT_GIVEN] = "given"};
static const char *const scalings[] = {[GEMML_SCALING_NONE] = "none",
                                       [GEMML_SCALING_STANDARDIZE] = "standardize",
                                       [GEMML_SCALING_MINMAX] = "minmax",
                                       [GEMML_SCALING_MINMAX_ALL] = "minmax-all"};
static const char *const outcomes[] = {
    [GEMML_CONVERGED] = "converged",   [GEMML_STOPPED_EARLY] = "stopped_early", [GEMML_LIMIT] = "limit",
    [GEMML_TIME_LIMIT] = "time_limit", [GEMML_CANCELLED] = "cancelled",         [GEMML_SEPARATED] = "separated",
    [GEMML_DIVERGED] = "diverged",
};

static const char *const tasks[] = {
    [GEMML_TASK_REGRESSION] = "regression", [GEMML_TASK_CLASSIFICATION] = "classification"};
static const char *const optimizers[] = {
    [GEMML_OPTIMIZER_SGD] = "sgd",           [GEMML_OPTIMIZER_MOMENTUM] = "momentum",
    [GEMML_OPTIMIZER_NESTEROV] = "nesterov", [GEMML_OPTIMIZER_RMSPROP] = "rmsprop",
    [GEMML_OPTIMIZER_ADAM] = "adam",         [GEMML_OPTIMIZER_ADAMW] = "adamw"};
static const char *const schedules[] = {[GEMML_SCHEDULE_CONSTANT] = "constant",
                                        [GEMML_SCHEDULE_STEP] = "step",
                                        [GEMML_SCHEDULE_EXPONENTIAL] = "exponential",
                                        [GEMML_SCHEDULE_COSINE] = "cosine",
                                        [GEMML_SCHEDULE_ONE_CYCLE] = "one-cycle"};
static const char *const initialisations[] = {[GEMML_INIT_AUTO] = "auto",
                                              [GEMML_INIT_ZERO] = "zero",
                                              [GEMML_INIT_NORMAL] = "normal",
                                              [GEMML_INIT_XAVIER_UNIFORM] = "xavier-uniform",
                                              [GEMML_INIT_XAVIER_NORMAL] = "xavier-normal",
                                              [GEMML_INIT_HE_UNIFORM] = "he-uniform",
                                              [GEMML_INIT_HE_NORMAL] = "he-normal"};

const struct name_table kind_names = TABLE(kinds), dtype_names = TABLE(dtypes), loss_names = TABLE(losses),
                        solver_names = TABLE(solvers), scaling_names = TABLE(scalings), outcome_names = TABLE(outcomes),
                        class_weighting_names = TABLE(class_weightings), task_names = TABLE(tasks),
                        activation_names = TABLE(activation_texts), optimizer_names = TABLE(optimizers),
                        schedule_names = TABLE(schedules), initialisation_names = TABLE(initialisations);

const char *name_of(const struct name_table *table, int value)
{
    return table->names[value];
}

bool name_find(const struct name_table *table, const char *name, int *value)
{
    for (size_t i = 0; i < table->count; i++) {
        if (strcmp(name, table->names[i]) == 0) {
            *value = (int)i;
            return true;
        }
    }
    return false;
}

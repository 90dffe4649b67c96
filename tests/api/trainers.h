/* What the tests of trainers share: models of each kind with data that they learn from. */
#ifndef GEMML_TESTS_API_TRAINERS_H
#define GEMML_TESTS_API_TRAINERS_H

#include "classes.h"
#include "network.h"

/* What is trained, on what. */
struct subject {
    const char *name;
    gemml_model *(*make)(void);
    struct sample (*sample)(void);
    size_t accumulate;
};

static inline gemml_model *subject_linear(void)
{
    gemml_linear_options options = descent_options(7);
    options.batch = 16;
    options.l2 = 0.5;
    options.seed = 3;
    return new_model(&options);
}

static inline gemml_model *subject_linear_whole(void)
{
    gemml_linear_options options = descent_options(9);
    options.scaling = GEMML_SCALING_STANDARDIZE;
    options.l2 = GEMML_AUTO;
    options.dtype = GEMML_F32;
    return new_model(&options);
}

static inline gemml_model *subject_logistic(void)
{
    gemml_logistic_options options = GEMML_LOGISTIC_OPTIONS_INIT;
    options.solver = GEMML_SOLVER_DESCENT;
    options.epochs = 6;
    options.batch = 25;
    options.class_weighting = GEMML_CLASS_WEIGHT_BALANCED;
    return new_logistic(&options);
}

/* Everything that a step can have. */
static inline gemml_mlp_options subject_network_options(gemml_mlp_task task, gemml_dtype dtype)
{
    static const size_t hidden[] = {8, 5};
    gemml_mlp_options options = GEMML_MLP_OPTIONS_INIT;
    options.task = task;
    options.hidden = hidden;
    options.hidden_count = 2;
    options.dtype = dtype;
    options.batch = 16;
    options.epochs = 5;
    options.l2 = 0.25;
    options.clip = 0.5;
    options.schedule = GEMML_SCHEDULE_COSINE;
    options.seed = 5;
    return options;
}

static inline gemml_model *subject_regression(void)
{
    gemml_mlp_options options = subject_network_options(GEMML_TASK_REGRESSION, GEMML_F64);
    options.dropout = 0.25;
    options.optimizer = GEMML_OPTIMIZER_ADAMW;
    return new_mlp(&options);
}

static inline gemml_model *subject_classes(void)
{
    static const double weights[] = {1, 4, 0.5};
    gemml_mlp_options options = subject_network_options(GEMML_TASK_CLASSIFICATION, GEMML_F32);
    options.classes = 3;
    options.class_weighting = GEMML_CLASS_WEIGHT_GIVEN;
    options.class_weight = weights;
    options.accumulate = 3;
    options.optimizer = GEMML_OPTIMIZER_NESTEROV;
    return new_mlp(&options);
}

static inline struct sample subject_values(void)
{
    struct sample s = sample_make(70, 3, 2, 11);
    sample_weigh(&s, 12);
    return s;
}

static inline struct sample subject_three_classes(void)
{
    struct sample s = classes_make(90, 2, 3, 3);
    sample_weigh(&s, 13);
    return s;
}

static const struct subject subjects[] = {
    {"linear", subject_linear, subject_values, 1},
    {"linear, all rows at once", subject_linear_whole, subject_values, 1},
    {"logistic", subject_logistic, subject_three_classes, 1},
    {"network of values", subject_regression, subject_values, 1},
    {"network of classes", subject_classes, subject_three_classes, 3},
};
enum { SUBJECTS = sizeof subjects / sizeof *subjects };

static inline gemml_trainer *new_trainer(gemml_model *model, const gemml_dataset *data,
                                         const gemml_fit_options *options)
{
    gemml_trainer *trainer = NULL;
    assert_ok(gemml_trainer_create(&trainer, model, data, options));
    assert_non_null(trainer);
    return trainer;
}

static inline gemml_trainer_info trainer_info(const gemml_trainer *trainer)
{
    gemml_trainer_info info = GEMML_TRAINER_INFO_INIT;
    assert_ok(gemml_trainer_get_info(trainer, &info));
    return info;
}

/* Rows `first` .. `first + rows - 1` of a dataset of doubles. */
static inline gemml_dataset rows_of(const gemml_dataset *data, size_t first, size_t rows)
{
    gemml_dataset part = *data;
    part.x = gemml_view_f64((const double *)data->x.data + first * data->x.stride, rows, data->x.cols);
    part.y = gemml_view_f64((const double *)data->y.data + first * data->y.stride, rows, data->y.cols);
    if (data->weight.data)
        part.weight = gemml_view_f64((const double *)data->weight.data + first, rows, 1);
    return part;
}

#endif

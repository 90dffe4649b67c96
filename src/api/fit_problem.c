#include "api/fit_problem.h"

static bool tells_classes(const gemml_model *model)
{
    return model->kind == GEMML_LOGISTIC || (model->kind == GEMML_MLP && model->mlp.task == GEMML_TASK_CLASSIFICATION);
}

static gemml_status weigh(struct fit_problem *problem)
{
    const gemml_logistic_options *logistic = &problem->model->logistic;
    const gemml_mlp_options *mlp = &problem->model->mlp;
    if (problem->model->kind == GEMML_MLP)
        return classes_weigh(&problem->classes, &problem->rows, mlp->classes, mlp->class_weighting, mlp->class_weight);
    return classes_weigh(&problem->classes, &problem->rows, logistic->classes, logistic->class_weighting,
                         logistic->class_weight);
}

gemml_status fit_problem_make(struct fit_problem *problem, const gemml_model *model,
                              const struct linear_problem *checked)
{
    *problem = (struct fit_problem){.model = model, .rows = *checked};
    return tells_classes(model) ? weigh(problem) : GEMML_OK;
}

void fit_problem_free(struct fit_problem *problem)
{
    classes_free(&problem->classes);
}

struct logistic_problem fit_problem_logistic(const struct fit_problem *problem)
{
    return (struct logistic_problem){.data = problem->rows.data,
                                     .positive_rows = problem->rows.positive_rows,
                                     .sum_weight = problem->rows.sum_weight,
                                     .classes = problem->classes.count,
                                     .class_sum = problem->classes.sum,
                                     .options = &problem->model->logistic,
                                     .schema = problem->model->schema};
}

struct network_problem fit_problem_network(const struct fit_problem *problem)
{
    return (struct network_problem){.data = problem->rows.data,
                                    .sum_weight = problem->rows.sum_weight,
                                    .classes = problem->classes.count,
                                    .options = &problem->model->mlp,
                                    .schema = problem->model->schema};
}

gemml_status fit_problem_lay_out(struct fitted *fitted, const struct fit_problem *problem)
{
    struct model_settings settings = model_settings(problem->model);
    const gemml_dataset *data = &problem->rows.data;
    size_t classes = problem->classes.count;
    if (classes == 0)
        return fitted_lay_out(fitted, data->x.cols, data->y.cols, ACTIVATION_IDENTITY, LOSS_SQUARED_ERROR,
                              settings.intercept, settings.dtype);
    return fitted_lay_out(fitted, data->x.cols, classes == 2 ? 1 : classes,
                          classes == 2 ? ACTIVATION_SIGMOID : ACTIVATION_SOFTMAX, LOSS_CROSS_ENTROPY,
                          settings.intercept, settings.dtype);
}

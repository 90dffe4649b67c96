#include "api/classes.h"

#include <math.h>

#include "api/validate.h"
#include "kernel/linalg_guard.h"
#include "util/parallel.h"

static double weight_at(const gemml_dataset *data, size_t row)
{
    return data->weight.data ? view_element(&data->weight, row, 0) : 1;
}

/* sum[k] = the sum of w over the rows of class k. */
static void sum_classes(const gemml_dataset *data, double *sum)
{
    for (size_t i = 0; i < data->y.rows; i++)
        sum[(size_t)view_element(&data->y, i, 0)] += weight_at(data, i);
}

/* Without rows a class's intercept would run away, with one class all would. */
static gemml_status check_classes(const double *sum, size_t classes)
{
    size_t present = 0, last = 0, empty = 0;
    for (size_t k = classes; k-- > 0;)
        if (sum[k] > 0)
            present++, last = k;
        else
            empty = k;
    if (present < 2)
        return error_set(GEMML_ERROR_ARGUMENT,
                         "all rows with weight are of class %zu: a logistic regression needs at least two classes",
                         last);
    if (present < classes)
        return error_set(GEMML_ERROR_ARGUMENT,
                         "class %zu has no rows with weight, but there are %zu classes: number those that occur from 0",
                         empty, classes);
    return GEMML_OK;
}

/* What the weight of a row of class k is multiplied by. */
static double class_factor(const struct logistic_problem *problem, const double *sum, size_t k)
{
    const gemml_logistic_options *options = problem->options;
    if (options->class_weighting == GEMML_CLASS_WEIGHT_GIVEN)
        return options->class_weight[k];
    return problem->sum_weight / ((double)problem->classes * sum[k]);
}

/* weight (n) = w times its class's factor; it becomes the problem's. */
static gemml_status weigh_classes(struct logistic_problem *problem, double *sum, double *weight)
{
    gemml_dataset *data = &problem->data;
    double total = 0;
    size_t positive = 0;
    for (size_t i = 0; i < data->y.rows; i++) {
        weight[i] = weight_at(data, i) * class_factor(problem, sum, (size_t)view_element(&data->y, i, 0));
        total += weight[i];
        positive += weight[i] > 0;
    }
    if (!isfinite(total))
        return error_set(GEMML_ERROR_NONFINITE, "the sum of the weights, times those of the classes, overflows");
    for (size_t k = 0; k < problem->classes; k++)
        sum[k] *= class_factor(problem, sum, k);
    data->weight = gemml_view_f64(weight, data->y.rows, 1);
    problem->sum_weight = total;
    problem->positive_rows = positive;
    return check_classes(sum, problem->classes);
}

static gemml_status solve(struct fitted *fitted, const struct logistic_problem *problem, struct training *training)
{
    const gemml_logistic_options *options = problem->options;
    bool binary = problem->classes == 2;
    TRY(fitted_lay_out(fitted, problem->data.x.cols, binary ? 1 : problem->classes,
                       binary ? ACTIVATION_SIGMOID : ACTIVATION_SOFTMAX, LOSS_CROSS_ENTROPY, options->intercept != 0,
                       options->dtype));
    size_t callers = parallel_threads();
    TRY(linalg_enter(callers));
    gemml_status status = logistic_fit(fitted, problem, training);
    linalg_leave(callers);
    return status;
}

/* sum: room for a number for each class, zero. */
static gemml_status fit_with_sums(struct fitted *fitted, struct logistic_problem *problem, double *sum,
                                  struct training *training)
{
    double *weight = NULL;
    sum_classes(&problem->data, sum);
    problem->class_sum = sum;
    TRY(check_classes(sum, problem->classes));
    gemml_status status = GEMML_OK;
    if (problem->options->class_weighting != GEMML_CLASS_WEIGHT_NONE) {
        TRY(memory_alloc(&weight, problem->data.y.rows, sizeof *weight));
        status = weigh_classes(problem, sum, weight);
    }
    if (status == GEMML_OK)
        status = solve(fitted, problem, training);
    memory_free(weight);
    return status;
}

gemml_status classes_fit(struct fitted *fitted, const gemml_model *model, const struct linear_problem *checked,
                         struct training *training)
{
    struct logistic_problem problem = {.data = checked->data,
                                       .positive_rows = checked->positive_rows,
                                       .sum_weight = checked->sum_weight,
                                       .classes = model->logistic.classes,
                                       .options = &model->logistic,
                                       .schema = model->schema};
    size_t largest;
    double *sum;
    TRY(validate_classes(&problem.data.y, problem.classes, &largest));
    if (problem.classes == GEMML_AUTO_COUNT)
        problem.classes = largest < 1 ? 2 : largest + 1;
    TRY(memory_zeroed(&sum, problem.classes, sizeof *sum));
    gemml_status status = fit_with_sums(fitted, &problem, sum, training);
    memory_free(sum);
    return status;
}

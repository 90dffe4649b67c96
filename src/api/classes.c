#include "api/classes.h"

#include <math.h>

#include "api/validate.h"

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
        return error_set(GEMML_ERROR_ARGUMENT, "all rows with weight are of class %zu: at least two classes are needed",
                         last);
    if (present < classes)
        return error_set(GEMML_ERROR_ARGUMENT,
                         "class %zu has no rows with weight, but there are %zu classes: number those that occur from 0",
                         empty, classes);
    return GEMML_OK;
}

/* What the weights of the rows of each class are multiplied by; `given` NULL: so that all count alike. */
static gemml_status make_factors(struct classes *classes, double sum_weight, const double *given)
{
    TRY(memory_alloc(&classes->factor, classes->count, sizeof *classes->factor));
    for (size_t k = 0; k < classes->count; k++)
        classes->factor[k] = given ? given[k] : sum_weight / ((double)classes->count * classes->sum[k]);
    return GEMML_OK;
}

void classes_weigh_rows(const struct classes *classes, const gemml_dataset *data, double *weight)
{
    for (size_t i = 0; i < data->y.rows; i++)
        weight[i] = weight_at(data, i) * classes->factor[(size_t)view_element(&data->y, i, 0)];
}

/* The rows' weights become w times their class's factor. */
static gemml_status weigh_rows(struct classes *classes, struct linear_problem *problem)
{
    gemml_dataset *data = &problem->data;
    double total = 0;
    size_t positive = 0;
    TRY(memory_alloc(&classes->weight, data->y.rows, sizeof *classes->weight));
    classes_weigh_rows(classes, data, classes->weight);
    for (size_t i = 0; i < data->y.rows; i++) {
        total += classes->weight[i];
        positive += classes->weight[i] > 0;
    }
    if (!isfinite(total))
        return error_set(GEMML_ERROR_NONFINITE, "the sum of the weights, times those of the classes, overflows");
    for (size_t k = 0; k < classes->count; k++)
        classes->sum[k] *= classes->factor[k];
    data->weight = gemml_view_f64(classes->weight, data->y.rows, 1);
    problem->sum_weight = total;
    problem->positive_rows = positive;
    return check_classes(classes->sum, classes->count);
}

gemml_status classes_weigh(struct classes *classes, struct linear_problem *problem, size_t count,
                           gemml_class_weighting weighting, const double *class_weight)
{
    size_t largest;
    TRY(validate_classes(&problem->data.y, count, &largest));
    if (count == GEMML_AUTO_COUNT)
        count = largest < 1 ? 2 : largest + 1;
    struct classes made = {.count = count};
    TRY(memory_zeroed(&made.sum, count, sizeof *made.sum));
    sum_classes(&problem->data, made.sum);
    gemml_status status = check_classes(made.sum, count);
    if (status == GEMML_OK && weighting != GEMML_CLASS_WEIGHT_NONE) {
        status = make_factors(&made, problem->sum_weight, class_weight);
        if (status == GEMML_OK)
            status = weigh_rows(&made, problem);
    }
    if (status == GEMML_OK)
        *classes = made;
    else
        classes_free(&made);
    return status;
}

void classes_free(struct classes *classes)
{
    memory_free(classes->sum);
    memory_free(classes->factor);
    memory_free(classes->weight);
    *classes = (struct classes){0};
}

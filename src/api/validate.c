#include "api/validate.h"

#include <float.h>
#include <math.h>
#include <stdint.h>

#include "api/options.h"
#include "fold/weights.h"

/* rows, cols and stride of a matrix of `size` bytes an element. */
static gemml_status check_extent(const char *name, const void *data, size_t rows, size_t cols, size_t stride,
                                 gemml_dtype dtype, uint32_t reserved)
{
    if (reserved != 0)
        return error_set(GEMML_ERROR_ARGUMENT, "%s has a reserved field of %u: it must be 0", name, (unsigned)reserved);
    size_t size = dtype_size(dtype);
    if (size == 0)
        return error_set(GEMML_ERROR_ARGUMENT, "%s has the unknown dtype %d", name, (int)dtype);
    if (!data)
        return error_set(GEMML_ERROR_ARGUMENT, "%s has no data (NULL)", name);
    if (rows == 0 || cols == 0)
        return error_set(GEMML_ERROR_SHAPE, "%s is %zu x %zu: it must have at least one row and one column", name, rows,
                         cols);
    if (stride < cols)
        return error_set(GEMML_ERROR_SHAPE, "%s has %zu columns but a stride of %zu", name, cols, stride);
    if (memory_product(memory_product(rows, stride), size) > PTRDIFF_MAX)
        return error_set(GEMML_ERROR_SHAPE, "%s is %zu x %zu with stride %zu: more than memory can hold", name, rows,
                         cols, stride);
    if ((uintptr_t)data % size != 0)
        return error_set(GEMML_ERROR_ARGUMENT, "%s is not aligned to its elements of %zu bytes", name, size);
    return GEMML_OK;
}

gemml_status validate_view(const char *name, const gemml_view *view)
{
    return check_extent(name, view->data, view->rows, view->cols, view->stride, view->dtype, view->reserved);
}

gemml_status validate_matrix(const char *name, const gemml_matrix *matrix, size_t rows, size_t cols)
{
    TRY(check_extent(name, matrix->data, matrix->rows, matrix->cols, matrix->stride, matrix->dtype, matrix->reserved));
    if (matrix->dtype != GEMML_F64 && matrix->dtype != GEMML_F32)
        return error_set(GEMML_ERROR_ARGUMENT, "%s must be f64 or f32", name);
    if (matrix->rows != rows || matrix->cols != cols)
        return error_set(GEMML_ERROR_SHAPE, "%s is %zu x %zu but must be %zu x %zu", name, matrix->rows, matrix->cols,
                         rows, cols);
    return GEMML_OK;
}

static gemml_status check_rows(const char *name, const gemml_view *view, const gemml_view *x)
{
    if (view->rows == x->rows)
        return GEMML_OK;
    return error_set(GEMML_ERROR_SHAPE, "x is %zu x %zu but %s has %zu rows", x->rows, x->cols, name, view->rows);
}

static gemml_status check_weight(const gemml_view *weight, struct linear_problem *problem)
{
    if (!weight->data && weight->rows == 0) {
        problem->positive_rows = problem->data.x.rows;
        problem->sum_weight = (double)problem->data.x.rows;
        return GEMML_OK;
    }
    TRY(validate_view("weight", weight));
    TRY(check_rows("weight", weight, &problem->data.x));
    if (weight->cols != 1)
        return error_set(GEMML_ERROR_SHAPE, "weight has %zu columns: it must have one", weight->cols);
    return weights_sum(weight, &problem->sum_weight, &problem->positive_rows);
}

/* x_low must be what rounding can have lost. */
static gemml_status check_low_row(const gemml_dataset *data, size_t row)
{
    const double *x = (const double *)data->x.data + row * data->x.stride;
    const double *low = (const double *)data->x_low.data + row * data->x_low.stride;
    for (size_t j = 0; j < data->x.cols; j++)
        if (!(fabs(low[j]) <= DBL_EPSILON * fabs(x[j])))
            return error_set(isfinite(low[j]) && isfinite(x[j]) ? GEMML_ERROR_ARGUMENT : GEMML_ERROR_NONFINITE,
                             "x_low is %g beside x %g in row %zu, column %zu (counted from 0): at most 2^-52 of it "
                             "can be lost by rounding",
                             low[j], x[j], row, j);
    return GEMML_OK;
}

static gemml_status check_low(const gemml_dataset *data)
{
    if (!data->x_low.data && data->x_low.rows == 0)
        return GEMML_OK;
    TRY(validate_view("x_low", &data->x_low));
    TRY(check_rows("x_low", &data->x_low, &data->x));
    if (data->x_low.cols != data->x.cols)
        return error_set(GEMML_ERROR_SHAPE, "x is %zu x %zu but x_low has %zu columns", data->x.rows, data->x.cols,
                         data->x_low.cols);
    if (data->x_low.dtype != GEMML_F64 || data->x.dtype != GEMML_F64)
        return error_set(GEMML_ERROR_ARGUMENT, "%s must be f64 where there is an x_low",
                         data->x.dtype == GEMML_F64 ? "x_low" : "x");
    for (size_t i = 0; i < data->x.rows; i++)
        TRY(check_low_row(data, i));
    return GEMML_OK;
}

gemml_status validate_dataset(const gemml_dataset *given, struct linear_problem *problem)
{
    gemml_dataset_init(&problem->data);
    if (!given)
        return error_set(GEMML_ERROR_ARGUMENT, "the dataset is NULL");
    TRY(options_read("gemml_dataset", given, &problem->data, sizeof problem->data));
    TRY(validate_view("x", &problem->data.x));
    TRY(validate_view("y", &problem->data.y));
    TRY(check_rows("y", &problem->data.y, &problem->data.x));
    TRY(check_low(&problem->data));
    return check_weight(&problem->data.weight, problem);
}

gemml_status validate_fitted(const gemml_model *model)
{
    if (!model)
        return error_set(GEMML_ERROR_ARGUMENT, "the model is NULL");
    return model->fitted ? GEMML_OK : error_set(GEMML_ERROR_UNFITTED, "the model has not been fitted");
}

gemml_status validate_classifier(const gemml_model *model)
{
    TRY(validate_fitted(model));
    return chain_classes(&model->fitted->chain) > 0
               ? GEMML_OK
               : error_set(GEMML_ERROR_UNSUPPORTED, "the model predicts values: it tells no classes apart");
}

static gemml_status check_class(double value, size_t classes, size_t row)
{
    if (!isfinite(value))
        return error_set(GEMML_ERROR_NONFINITE, "y is %g in row %zu (counted from 0)", fabs(value), row);
    if (value != floor(value) || value < 0)
        return error_set(GEMML_ERROR_ARGUMENT,
                         "y is %g in row %zu (counted from 0): a class is one of the integers from 0 on", value, row);
    size_t most = classes == GEMML_AUTO_COUNT ? MOST_CLASSES : classes;
    if (value >= (double)most)
        return error_set(GEMML_ERROR_ARGUMENT, "y is %.17g in row %zu (counted from 0), but there are %s%zu classes",
                         value, row, classes == GEMML_AUTO_COUNT ? "at most " : "", most);
    return GEMML_OK;
}

gemml_status validate_classes(const gemml_view *y, size_t classes, size_t *largest)
{
    size_t most = 0;
    if (y->cols != 1)
        return error_set(GEMML_ERROR_SHAPE, "y has %zu columns: class indices are one", y->cols);
    for (size_t i = 0; i < y->rows; i++) {
        double value = view_element(y, i, 0);
        size_t class = value >= 0 && value < MOST_CLASSES ? (size_t)value : SIZE_MAX;
        if ((double)class != value || class >= classes) /* seldom more than a look */
            TRY(check_class(value, classes, i));
        most = class > most ? class : most;
    }
    if (largest)
        *largest = most;
    return GEMML_OK;
}

gemml_status validate_inputs(const struct fitted *fitted, const gemml_view *x)
{
    TRY(validate_view("x", x));
    size_t p = chain_inputs(&fitted->chain);
    if (x->cols != p)
        return error_set(GEMML_ERROR_SHAPE, "x is %zu x %zu but the model was fitted to %zu columns", x->rows, x->cols,
                         p);
    return GEMML_OK;
}

gemml_status validate_rows(const struct fitted *fitted, const gemml_dataset *given, struct linear_problem *problem)
{
    TRY(validate_dataset(given, problem));
    TRY(validate_inputs(fitted, &problem->data.x));
    size_t classes = chain_classes(&fitted->chain);
    if (classes > 0)
        return validate_classes(&problem->data.y, classes, NULL);
    size_t K = chain_outputs(&fitted->chain), given_K = problem->data.y.cols;
    if (given_K != K)
        return error_set(GEMML_ERROR_SHAPE, "y has %zu columns but the model predicts %zu", given_K, K);
    return GEMML_OK;
}

gemml_status validate_fitted_data(const gemml_model *model, const gemml_dataset *given, struct linear_problem *problem)
{
    TRY(validate_fitted(model));
    return validate_rows(model->fitted, given, problem);
}

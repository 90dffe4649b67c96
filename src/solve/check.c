/* The normal-equation check: the gradient at the model's parameters, and their
 * distance from the refined closed form. */
#include <math.h>

#include "solve/linear.h"

/* Largest |g_j| / (|x_j| |y|) of one output, the intercept's column of ones included;
 * |y| about zero for a constant target. */
static double relative_residual(const struct normal_equations *equations, size_t k, const double *g, double g0)
{
    double largest = 0, level = equations->center[equations->features + k] * equations->scale[equations->features + k];
    double y = sqrt(equations->tss[k] > 0 ? equations->tss[k] : equations->sum_weight * level * level);
    for (size_t j = 0; j < equations->features; j++) {
        double x = sqrt(equations->square[j] + equations->penalty[j]);
        if (equations->equilibration[j] > 0)
            largest = fmax(largest, fabs(g[j]) / x);
    }
    if (equations->intercept)
        largest = fmax(largest, fabs(g0) / sqrt(equations->sum_weight));
    return largest == 0 ? 0 : largest / y;
}

static gemml_status largest_residual(const struct normal_equations *equations, const struct solution *at,
                                     const struct view_source *source, double *residual)
{
    double *g, g0, rss;
    TRY(memory_alloc(&g, equations->features, sizeof *g));
    gemml_status status = GEMML_OK;
    *residual = 0;
    for (size_t k = 0; k < equations->outputs && status == GEMML_OK; k++) {
        status = solution_gradient(at, equations, &source->source, k, g, &g0, &rss);
        double relative = status == GEMML_OK ? relative_residual(equations, k, g, g0) : 0;
        *residual = relative > *residual || isnan(relative) ? relative : *residual;
    }
    memory_free(g);
    return status;
}

/* |theta - theta*| / |theta*|. */
static double distance(size_t count, const double *theta, const double *closed)
{
    double difference = 0, size = 0;
    for (size_t i = 0; i < count; i++) {
        difference = hypot(difference, theta[i] - closed[i]);
        size = hypot(size, closed[i]);
    }
    return difference == 0 ? 0 : difference / size;
}

/* Digits to which a agrees with b, at most those of a double. */
static double agreement(double a, double b)
{
    return a == b ? 16 : fmin(16, fmax(0, -log10(fabs(a - b) / fabs(b))));
}

/* The fewest digits to which a coefficient, or the intercept, agrees in original units. */
static double fewest_digits(const struct solution *at, const struct solution *closed,
                            const struct normal_equations *equations)
{
    double fewest = 16;
    for (size_t k = 0; k < at->outputs; k++) {
        if (equations->intercept)
            fewest = fmin(fewest, agreement(at->alpha[k].hi, closed->alpha[k].hi));
        for (size_t j = 0; j < at->features; j++)
            fewest = fmin(fewest, agreement(at->v[k * at->features + j].hi, closed->v[k * at->features + j].hi));
    }
    return fewest;
}

static gemml_status compare(const struct fitted *fitted, const struct normal_equations *equations,
                            const struct solution *closed, const struct view_source *source,
                            gemml_normal_equations *check)
{
    gemml_view parameters = fitted_parameters(fitted);
    size_t count = parameters.cols;
    double *theta;
    struct solution at;
    TRY(memory_alloc(&theta, memory_product(2, count), sizeof *theta));
    for (size_t i = 0; i < count; i++)
        theta[i] = view_element(&parameters, 0, i);
    linear_unscale_parameters(fitted->chain.layer, &fitted->target_map, theta);
    solution_parameters(closed, equations, &fitted->map, theta + count);
    gemml_status status = solution_from_parameters(&at, equations, &fitted->map, theta);
    if (status == GEMML_OK) {
        check->distance = distance(count, theta, theta + count);
        check->digits = fewest_digits(&at, closed, equations);
        status = largest_residual(equations, &at, source, &check->residual);
        solution_free(&at);
    }
    memory_free(theta);
    return status;
}

gemml_status normal_equations_check(const struct fitted *fitted, const struct linear_problem *problem,
                                    gemml_normal_equations *check)
{
    struct view_source source = linear_source(problem);
    struct normal_equations equations;
    struct solution closed;
    TRY(linear_solve(&equations, &closed, &source, &fitted->map, problem, true));
    gemml_status status = compare(fitted, &equations, &closed, &source, check);
    solution_free(&closed);
    normal_equations_free(&equations);
    return status;
}

#include "solve/least_squares.h"

#include <float.h>
#include <math.h>

#include "solve/centred.h"

enum { MOST_STEPS = 12 };

static gemml_status allocate(struct solution *solution, const struct normal_equations *equations)
{
    size_t p = equations->features, K = equations->outputs;
    *solution = (struct solution){.features = p, .outputs = K};
    TRY(memory_alloc(&solution->alpha, memory_product(K, memory_sum(p, 2)), sizeof *solution->alpha));
    solution->mean = solution->alpha + K;
    solution->v = solution->mean + K;
    gemml_status status = memory_alloc(&solution->rss, K, sizeof *solution->rss);
    if (status != GEMML_OK)
        solution_free(solution);
    return status;
}

void solution_free(struct solution *solution)
{
    memory_free(solution->alpha);
    memory_free(solution->rss);
    *solution = (struct solution){0};
}

void solution_set_alpha(struct solution *solution, const struct normal_equations *equations, size_t k)
{
    size_t p = solution->features;
    const struct doubled *v = solution->v + k * p;
    struct doubled alpha = solution->mean[k];
    for (size_t j = 0; j < p; j++)
        alpha = doubled_add(alpha, doubled_negative(doubled_multiply(v[j], scaled_center(equations, j))));
    solution->alpha[k] = alpha;
}

static gemml_status solve_output(struct solution *solution, struct normal_equations *equations, size_t k, double *v)
{
    size_t p = solution->features;
    TRY(normal_equations_start(equations, k, v, &solution->rss[k]));
    for (size_t j = 0; j < p; j++)
        solution->v[k * p + j] = doubled_of(v[j]);
    solution->mean[k] = scaled_center(equations, p + k);
    solution_set_alpha(solution, equations, k);
    return GEMML_OK;
}

gemml_status solution_make(struct solution *solution, struct normal_equations *equations)
{
    double *v;
    TRY(allocate(solution, equations));
    gemml_status status = memory_alloc(&v, equations->features, sizeof *v);
    for (size_t k = 0; k < equations->outputs && status == GEMML_OK; k++)
        status = solve_output(solution, equations, k, v);
    memory_free(v);
    if (status != GEMML_OK)
        solution_free(solution);
    return status;
}

bool solution_should_refine(const struct solution *solution, const struct normal_equations *equations, size_t rows)
{
    double size = (double)rows * (double)equations->features;
    for (size_t k = 0; k < solution->outputs; k++)
        if (solution->rss[k] < 1e-6 * equations->tss[k])
            return true;
    return size <= 4096 || equations->rcond < 1e-6 || (size <= 1e6 && equations->rcond < 1e-2);
}

/* In double-double from the source; only then rounded. */
static gemml_status exact_gradient(const struct solution *solution, const struct normal_equations *equations,
                                   const struct source *source, size_t k, struct gradient *gradient, double *g)
{
    size_t p = solution->features;
    const struct doubled *v = solution->v + k * p;
    TRY(centred_gradient(equations, source, k, solution->alpha[k], v, gradient));
    for (size_t j = 0; j < p; j++) {
        struct doubled penalty = doubled_scale(v[j], equations->penalty[j]);
        g[j] = doubled_value(doubled_add(gradient->g[j], doubled_negative(penalty)));
    }
    return GEMML_OK;
}

gemml_status solution_gradient(const struct solution *solution, const struct normal_equations *equations,
                               const struct source *source, size_t k, double *g, double *g0, double *rss)
{
    struct gradient gradient;
    TRY(memory_alloc(&gradient.g, solution->features, sizeof *gradient.g));
    gemml_status status = exact_gradient(solution, equations, source, k, &gradient, g);
    *g0 = doubled_value(gradient.g0);
    *rss = doubled_value(gradient.rss);
    memory_free(gradient.g);
    return status;
}

/* Applies delta; rss follows: with h = g - Lambda v, the change of the sum of
 * squares is -2 delta'g + delta'h - delta'Lambda delta - g0^2 / W. */
static void apply_step(struct solution *solution, const struct normal_equations *equations, size_t k,
                       const double *delta, const double *h, double g0)
{
    size_t p = solution->features;
    struct doubled *v = solution->v + k * p, change = {0, 0};
    for (size_t j = 0; j < p; j++) {
        double lambda = equations->penalty[j];
        double g = h[j] + lambda * v[j].hi;
        change = doubled_add(change, doubled_of(delta[j] * (h[j] - 2 * g - lambda * delta[j])));
        v[j] = doubled_add(v[j], doubled_of(delta[j]));
    }
    if (equations->intercept) {
        double level = g0 / equations->sum_weight;
        solution->mean[k] = doubled_add(solution->mean[k], doubled_of(level));
        change = doubled_add(change, doubled_of(-g0 * level));
    }
    solution_set_alpha(solution, equations, k);
    solution->rss[k] = fmax(solution->rss[k] + doubled_value(change), 0);
}

/* The largest t_j, by which the others are divided so that squares stay in range; false
 * where they are too far apart for that. */
static bool largest_ratio(const struct normal_equations *equations, double *largest)
{
    double least = INFINITY;
    *largest = 0;
    for (size_t j = 0; j < equations->features; j++)
        if (equations->equilibration[j] > 0) {
            *largest = fmax(*largest, equations->to_chain[j]);
            least = fmin(least, equations->to_chain[j]);
        }
    return least > *largest * 0x1p-400;
}

/* Makes of v the answer of least norm in chain weights omega = T v, T = diag(to_chain):
 * that in the space of the rows, omega = inv(T) U'WU z for some z. The product is in double-double
 * from the data, so what it spans is exact, where a computed basis of the null
 * space is right only to the digits that rounding left. v changes within the row space
 * by about the error of the factor, which the steps that follow remove. `work`: 2 p. */
static gemml_status return_to_row_space(struct solution *solution, struct normal_equations *equations,
                                        const struct source *source, size_t k, double *rounded, struct doubled *work)
{
    size_t p = solution->features;
    struct doubled *v = solution->v + k * p, *z = work, *product = work + p;
    double largest;
    if (!largest_ratio(equations, &largest))
        return GEMML_OK;
    for (size_t j = 0; j < p; j++) {
        double t = equations->to_chain[j] / largest;
        rounded[j] = v[j].hi * t * t;
    }
    TRY(normal_equations_solve(equations, rounded));
    for (size_t j = 0; j < p; j++)
        z[j] = doubled_of(rounded[j]);
    TRY(centred_product(equations, source, z, product));
    for (size_t j = 0; j < p; j++) {
        double t = equations->to_chain[j] / largest;
        if (equations->equilibration[j] > 0)
            v[j] = doubled_divide(doubled_divide(product[j], t), t);
    }
    solution_set_alpha(solution, equations, k);
    return GEMML_OK;
}

/* Each step multiplies the error by the same rate: stop when the next one would be lost in the
 * rounding. By the normal equations the first step is about as large as the rate, since the
 * start has just that error; by QR the start is better than that, and steps must be compared. */
static gemml_status refine_output(struct solution *solution, struct normal_equations *equations,
                                  const struct source *source, size_t k, double *h, double *delta, struct doubled *work)
{
    size_t p = solution->features;
    double rate = 1, before = INFINITY;
    if (equations->nullity > 0)
        TRY(return_to_row_space(solution, equations, source, k, delta, work));
    for (size_t step = 0; step < MOST_STEPS; step++) {
        double g0;
        TRY(solution_gradient(solution, equations, source, k, h, &g0, &solution->rss[k]));
        for (size_t j = 0; j < p; j++)
            delta[j] = h[j];
        TRY(normal_equations_solve(equations, delta));
        double relative = relative_step(equations, delta, solution->v + k * p);
        if (!(relative < before / 2)) /* the factor is no guide any more */
            return GEMML_OK;
        apply_step(solution, equations, k, delta, h, g0);
        solution->steps++;
        if (step == 0)
            rate = equations->projected ? 1 : relative;
        else if (equations->projected)
            rate = relative / before;
        if (relative * rate <= 0x1p-64)
            return GEMML_OK;
        before = relative;
    }
    return GEMML_OK;
}

gemml_status solution_refine(struct solution *solution, struct normal_equations *equations, const struct source *source)
{
    size_t p = solution->features;
    struct doubled *work;
    TRY(memory_alloc(&work, memory_product(3, p), sizeof *work));
    double *h = (double *)(work + 2 * p);
    gemml_status status = GEMML_OK;
    for (size_t k = 0; k < solution->outputs && status == GEMML_OK; k++)
        if (equations->tss[k] > 0)
            status = refine_output(solution, equations, source, k, h, h + p, work);
    memory_free(work);
    return status;
}

void solution_parameters(const struct solution *solution, const struct normal_equations *equations,
                         const struct input_map *map, double *theta)
{
    size_t p = solution->features, K = solution->outputs;
    for (size_t k = 0; k < K; k++) {
        double s_y = equations->scale[p + k];
        struct doubled b = solution->alpha[k];
        for (size_t j = 0; j < p; j++) {
            struct doubled v = solution->v[k * p + j];
            double s = equations->scale[j];
            struct doubled beta = {v.hi * s, v.lo * s}; /* powers of two: exact */
            struct doubled W = map->scale ? doubled_divide(beta, map->scale[j]) : beta;
            theta[j * K + k] = doubled_value(W) / s_y;
            if (map->shift)
                b = doubled_add(b, doubled_scale(beta, map->shift[j]));
        }
        if (equations->intercept)
            theta[p * K + k] = doubled_value(b) / s_y;
    }
}

gemml_status solution_from_parameters(struct solution *solution, const struct normal_equations *equations,
                                      const struct input_map *map, const double *theta)
{
    size_t p = equations->features, K = equations->outputs;
    TRY(allocate(solution, equations));
    for (size_t k = 0; k < K; k++) {
        double s_y = equations->scale[p + k];
        struct doubled alpha = doubled_of(equations->intercept ? theta[p * K + k] * s_y : 0);
        for (size_t j = 0; j < p; j++) {
            struct doubled beta = two_product(theta[j * K + k] * s_y, map->scale ? map->scale[j] : 1);
            double s = equations->scale[j];
            solution->v[k * p + j] = (struct doubled){beta.hi / s, beta.lo / s};
            if (map->shift)
                alpha = doubled_add(alpha, doubled_negative(doubled_scale(beta, map->shift[j])));
        }
        solution->alpha[k] = alpha;
        solution->mean[k] = alpha;
        solution->rss[k] = NAN;
    }
    return GEMML_OK;
}

#include "solve/quadratic.h"

#include <float.h>
#include <string.h>

#include "chain/objective.h"
#include "kernel/linalg.h"
#include "kernel/vector.h"
#include "solve/linear.h"

/* The Gram matrix costs n p^2 flops once, at some eight times the rate of a pass of 4 n p, which waits for memory;
 * beyond so many features H alone would fill the caches. */
enum { PASS_FEATURES = 32, MOST_FEATURES = 1024 };

struct quadratic {
    const struct chain *chain;
    size_t p, K;
    bool bias;
    double sum_weight, anchor_loss;   /* sum w, L(theta_0) */
    double *H;                        /* (p + 1) x (p + 1), all of it; one allocation, at H */
    double *unit, *lever;             /* t_j / s_j, (m_j - a_j) t_j: p each */
    double *anchor, *anchor_gradient; /* theta_0, g_0: as long as theta */
    double *delta;                    /* the same */
    double *d, *Hd;                   /* (p + 1) x K */
};

bool quadratic_pays(size_t rows, size_t features, size_t evaluations)
{
    return features <= MOST_FEATURES && features <= rows && features / PASS_FEATURES < evaluations;
}

static gemml_status lay_out(struct quadratic *quadratic, const struct chain *chain)
{
    const struct layer *layer = chain->layer;
    size_t p = layer->inputs, K = layer->outputs, m = p + 1, count = chain->parameters;
    size_t numbers = memory_sum(memory_product(m, m), memory_product(2, p));
    numbers = memory_sum(numbers, memory_sum(memory_product(3, count), memory_product(memory_product(2, m), K)));
    *quadratic = (struct quadratic){.chain = chain, .p = p, .K = K, .bias = layer->bias};
    TRY(memory_alloc(&quadratic->H, numbers, sizeof *quadratic->H));
    quadratic->unit = quadratic->H + m * m;
    quadratic->lever = quadratic->unit + p;
    quadratic->anchor = quadratic->lever + p;
    quadratic->anchor_gradient = quadratic->anchor + count;
    quadratic->delta = quadratic->anchor_gradient + count;
    quadratic->d = quadratic->delta + count;
    quadratic->Hd = quadratic->d + m * K;
    return GEMML_OK;
}

/* Is all of column j one number? What is left of it about its mean is then rounding, even in its own units. */
static bool is_constant(const struct normal_equations *equations, const struct gram *gram, size_t j)
{
    double rounding = 64 * DBL_EPSILON * DBL_EPSILON;
    return equations->equilibration[j] == 0 && gram->G[j * (gram->ld + 1)] <= rounding * equations->sum_weight;
}

/* H from the Gram matrix about the centre, in full. */
static void fill_H(struct quadratic *quadratic, const struct normal_equations *equations, const struct gram *gram)
{
    size_t p = quadratic->p, m = p + 1;
    double *H = quadratic->H;
    for (size_t i = 0; i < m; i++)
        for (size_t j = i; j < m; j++) {
            size_t row = i < p ? i : gram->order - 1, column = j < p ? j : gram->order - 1;
            H[i * m + j] = H[j * m + i] = gram->G[row * gram->ld + column];
        }
    for (size_t j = 0; j < p; j++)
        for (size_t i = 0; i < m && is_constant(equations, gram, j); i++)
            H[i * m + j] = H[j * m + i] = 0;
}

/* A mean may lie between two doubles; a column of one number has that number's. */
static void fill_units(struct quadratic *quadratic, const struct normal_equations *equations, const struct gram *gram,
                       const struct input_map *map)
{
    for (size_t j = 0; j < quadratic->p; j++) {
        double a = map->shift ? map->shift[j] : 0, t = map->scale ? map->scale[j] : 1;
        quadratic->unit[j] = 1 / equations->to_chain[j];
        double rest = is_constant(equations, gram, j) ? 0 : equations->center_rest[j];
        quadratic->lever[j] = (equations->center[j] - a + rest) * t;
    }
}

/* Is it of any use? Where theta_0 is beyond the range of a double it is not. */
static bool is_finite(const struct quadratic *quadratic)
{
    double rest = quadratic->anchor_loss * 0;
    for (size_t j = 0; j < quadratic->p; j++)
        rest += quadratic->unit[j] * 0 + quadratic->lever[j] * 0;
    return rest == 0 && vector_all_finite_f64(quadratic->chain->parameters, quadratic->anchor_gradient);
}

/* theta_0: the solution by the factor, of targets behind their map. */
static gemml_status find_anchor(struct quadratic *quadratic, struct normal_equations *equations,
                                const struct input_map *map, const struct output_map *target_map)
{
    struct solution solution;
    TRY(solution_make(&solution, equations));
    solution_parameters(&solution, equations, map, quadratic->anchor);
    if (target_map)
        linear_scale_parameters(quadratic->chain->layer, target_map, quadratic->anchor);
    solution_free(&solution);
    return GEMML_OK;
}

/* The rows behind the maps that the chain is trained behind. */
static struct view_source behind_maps(const struct view_source *source, const struct input_map *map,
                                      const struct output_map *target_map)
{
    struct view_source mapped = *source;
    mapped.x_low = (gemml_view)GEMML_EMPTY_VIEW;
    mapped.shift = map->shift;
    mapped.scale = map->scale;
    mapped.y_shift = target_map ? target_map->shift : NULL;
    mapped.y_scale = target_map ? target_map->scale : NULL;
    return mapped;
}

static gemml_status fill(struct quadratic *quadratic, const struct view_source *source, struct gram *gram,
                         const struct input_map *map, const struct output_map *target_map)
{
    struct view_source mapped = behind_maps(source, map, target_map);
    struct normal_equations equations;
    struct objective objective;
    TRY(normal_equations_make(&equations, gram, map, quadratic->bias, 0));
    quadratic->sum_weight = equations.sum_weight;
    fill_H(quadratic, &equations, gram);
    fill_units(quadratic, &equations, gram, map);
    gemml_status status = find_anchor(quadratic, &equations, map, target_map);
    normal_equations_free(&equations);
    TRY(status);
    TRY(objective_fold_f64(&objective, quadratic->chain, quadratic->anchor, &mapped.source, 0, mapped.source.rows,
                           quadratic->anchor_gradient));
    quadratic->anchor_loss = objective.loss * objective.sum_weight;
    return GEMML_OK;
}

gemml_status quadratic_make(struct quadratic **quadratic, const struct chain *chain, const struct view_source *source,
                            struct gram *gram, const struct input_map *map, const struct output_map *target_map)
{
    struct quadratic *made;
    TRY(memory_zeroed(&made, 1, sizeof *made));
    gemml_status status = lay_out(made, chain);
    if (status == GEMML_OK)
        status = fill(made, source, gram, map, target_map);
    if (status == GEMML_OK && is_finite(made))
        *quadratic = made;
    else
        quadratic_free(made);
    return status;
}

void quadratic_free(struct quadratic *quadratic)
{
    if (!quadratic)
        return;
    memory_free(quadratic->H);
    memory_free(quadratic);
}

/* d, from theta - theta_0. */
static void fill_d(struct quadratic *quadratic, const double *theta)
{
    size_t p = quadratic->p, K = quadratic->K;
    double *delta = quadratic->delta, *last = quadratic->d + p * K;
    memcpy(delta, theta, quadratic->chain->parameters * sizeof *delta);
    axpy_f64(quadratic->chain->parameters, -1, quadratic->anchor, 1, delta, 1);
    for (size_t k = 0; k < K; k++)
        last[k] = quadratic->bias ? delta[p * K + k] : 0;
    for (size_t j = 0; j < p; j++)
        for (size_t k = 0; k < K; k++) {
            quadratic->d[j * K + k] = delta[j * K + k] * quadratic->unit[j];
            last[k] += delta[j * K + k] * quadratic->lever[j];
        }
}

static void fill_gradient(const struct quadratic *quadratic, double *gradient)
{
    size_t p = quadratic->p, K = quadratic->K;
    const double *last = quadratic->Hd + p * K;
    memcpy(gradient, quadratic->anchor_gradient, quadratic->chain->parameters * sizeof *gradient);
    for (size_t j = 0; j < p; j++)
        for (size_t k = 0; k < K; k++)
            gradient[j * K + k] += quadratic->unit[j] * quadratic->Hd[j * K + k] + quadratic->lever[j] * last[k];
    for (size_t k = 0; quadratic->bias && k < K; k++)
        gradient[p * K + k] += last[k];
}

gemml_status quadratic_evaluate(struct quadratic *quadratic, const double *theta, double *loss, double *gradient)
{
    size_t m = quadratic->p + 1, K = quadratic->K, count = quadratic->chain->parameters;
    fill_d(quadratic, theta);
    TRY(gemm_f64(false, false, m, K, m, 1, quadratic->H, m, quadratic->d, K, 0, quadratic->Hd, K));
    double linear = dot_f64(count, quadratic->anchor_gradient, 1, quadratic->delta, 1);
    double square = dot_f64(m * K, quadratic->d, 1, quadratic->Hd, 1);
    *loss = (quadratic->anchor_loss + linear + square / 2) / quadratic->sum_weight;
    fill_gradient(quadratic, gradient);
    return GEMML_OK;
}

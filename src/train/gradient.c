#include "train/gradient.h"

#include <math.h>

#include "kernel/linalg.h"

/* The part of a layer's weights among elements first .. end - 1 of the flat vector;
 * its length, 0 when there is none. */
static size_t weights_within(const struct layer *layer, size_t first, size_t end, size_t *begin)
{
    size_t offset = layer->weight_offset, stop = offset + layer->inputs * layer->outputs;
    *begin = offset > first ? offset : first;
    stop = stop < end ? stop : end;
    return stop > *begin ? stop - *begin : 0;
}

void R(weights_scale)(const struct chain *chain, size_t first, size_t count, real alpha, real *theta)
{
    for (size_t l = 0; l < chain->layers; l++) {
        size_t begin, weights = weights_within(&chain->layer[l], first, first + count, &begin);
        if (weights > 0)
            R(scal)(weights, alpha, theta + begin, 1);
    }
}

void R(gradient_mean)(const struct chain *chain, const real *theta, double sum_weight, double penalty, size_t c,
                      real *gradient)
{
    size_t first = chunk_first(chain->parameters, c), count = chunk_size(chain->parameters, c);
    if (sum_weight != 0)
        R(scal)(count, (real)(1 / sum_weight), gradient + first, 1);
    for (size_t l = 0; penalty != 0 && l < chain->layers; l++) {
        size_t begin, weights = weights_within(&chain->layer[l], first, first + count, &begin);
        if (weights > 0)
            R(axpy)(weights, (real)penalty, theta + begin, 1, gradient + begin, 1);
    }
}

double R(gradient_largest)(size_t count, const real *gradient)
{
    double largest = 0;
    for (size_t i = 0; i < count; i++) {
        if (isnan(gradient[i]))
            return (double)gradient[i];
        largest = fmax(largest, fabs((double)gradient[i]));
    }
    return largest;
}

/* The 2-norm where squares overflow: of the gradient over its largest component. */
static double scaled_norm(size_t count, const real *gradient)
{
    double largest = R(gradient_largest)(count, gradient), sum = 0;
    for (size_t i = 0; i < count; i++) {
        double ratio = (double)gradient[i] / largest;
        sum += ratio * ratio;
    }
    return largest * sqrt(sum);
}

double R(gradient_clip)(size_t count, const real *gradient, const double *squares, double limit)
{
    double sum = 0;
    for (size_t c = 0; c < chunk_count(count); c++)
        sum += squares[c];
    double norm = isfinite(sum) ? sqrt(sum) : scaled_norm(count, gradient);
    return isfinite(norm) && norm > limit ? limit / norm : 1;
}

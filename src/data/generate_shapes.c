/* Moons, circles and the curve: points by their formulas, plus noise. */
#include <math.h>

#include "data/generate.h"
#include "util/alloc.h"
#include "util/view.h"

#define PI 3.14159265358979323846

/* A point of a class at t; `factor` as in the options. */
typedef void (*shape_point)(double t, int label, double factor, double point[2]);

static void moon(double t, int label, double factor, double point[2])
{
    (void)factor;
    point[0] = label == 0 ? cos(t) : 1 - cos(t);
    point[1] = label == 0 ? sin(t) : 0.5 - sin(t);
}

static void circle(double t, int label, double factor, double point[2])
{
    double radius = label == 0 ? 1 : factor;
    point[0] = radius * cos(t);
    point[1] = radius * sin(t);
}

/* Class 0 gets floor(n / 2) points, class 1 the others: t = step i. */
static gemml_status fill_shape(const gemml_shape_options *options, const gemml_matrix *x, const gemml_matrix *y,
                               shape_point shape, double length, bool closed)
{
    size_t n = x->rows, outer = n / 2, *row;
    TRY(draw_order(&row, options->seed, DRAW_ROW_ORDER, n, options->shuffle));
    for (size_t i = 0; i < n; i++) {
        int label = i >= outer;
        size_t place = label ? i - outer : i, points = label ? n - outer : outer;
        double parts = closed ? (double)points : fmax((double)points - 1, 1), point[2];
        shape(length * (double)place / parts, label, options->factor, point);
        for (size_t j = 0; j < 2; j++)
            matrix_store(x, row[i], j, point[j] + options->noise * draw_normal(options->seed, DRAW_NOISE, 2 * i + j));
        matrix_store(y, row[i], 0, label);
    }
    memory_free(row);
    return GEMML_OK;
}

gemml_status generate_moons(const gemml_shape_options *options, gemml_matrix x, gemml_matrix y)
{
    return fill_shape(options, &x, &y, moon, PI, false);
}

gemml_status generate_circles(const gemml_shape_options *options, gemml_matrix x, gemml_matrix y)
{
    return fill_shape(options, &x, &y, circle, 2 * PI, true);
}

void generate_curve(const gemml_curve_options *options, gemml_matrix x, gemml_matrix y)
{
    for (size_t i = 0; i < x.rows; i++) {
        double t = options->low + (options->high - options->low) * draw_uniform(options->seed, DRAW_FEATURE, i);
        double value = cos(t / 2 - 0.5) + 0.15 * t * t - cos(0.2 * t * t * t) + sin(0.5 * t * t);
        matrix_store(&x, i, 0, t);
        matrix_store(&y, i, 0, value + options->noise * draw_normal(options->seed, DRAW_NOISE, i));
    }
}

#include "solve/moments_error.h"

#include <float.h>
#include <math.h>

/* The unit of rounding, and the relative error of a sum by fold: of shifting and
 * scaling, of partial sums within a panel, of panels, and of merges between blocks. */
#define UNIT (DBL_EPSILON / 2)
#define FOLD_ERROR (4 * UNIT)

/* Roundings of S and G at the size of their terms: |S| / W is at most sqrt(G / W). */
static void add_roundings(struct moments_error *error, double unit, double square)
{
    error->SS += unit * unit * square;
    error->GG += unit * square * (unit * square);
}

void moments_error_fold(struct moments_error *error, double *WW, int weights, double square)
{
    *WW = weights ? FOLD_ERROR * FOLD_ERROR : 0;
    *error = (struct moments_error){0};
    add_roundings(error, FOLD_ERROR, square);
}

void moments_error_rescale(struct moments_error *error, double ratio)
{
    double square = ratio * ratio;
    error->WS *= ratio;
    error->WG *= square;
    error->SS *= square;
    error->SG *= square * ratio;
    error->GG *= square * square;
}

void moments_error_move(struct moments_error *error, double WW, double o, double square)
{
    const struct moments_error e = *error;
    double o2 = o * o;
    error->WS = e.WS - o * WW;
    error->WG = e.WG - 2 * o * e.WS + o2 * WW;
    error->SS = e.SS - 2 * o * e.WS + o2 * WW;
    error->SG = e.SG - 2 * o * e.SS - o * e.WG + 3 * o2 * e.WS - o2 * o * WW;
    error->GG = e.GG - 4 * o * e.SG + 4 * o2 * e.SS + 2 * o2 * e.WG - 4 * o2 * o * e.WS + o2 * o2 * WW;
    add_roundings(error, 2 * UNIT, square + o2);
}

void moments_error_add(struct moments_error *error, double a, const struct moments_error *other, double b,
                       double square)
{
    double a2 = a * a, b2 = b * b;
    error->WS = a2 * error->WS + b2 * other->WS;
    error->WG = a2 * error->WG + b2 * other->WG;
    error->SS = a2 * error->SS + b2 * other->SS;
    error->SG = a2 * error->SG + b2 * other->SG;
    error->GG = a2 * error->GG + b2 * other->GG;
    add_roundings(error, UNIT, square);
}

double moments_error_relative(const struct moments_error *error, double variance)
{
    return fmax(sqrt(fabs(error->GG)) / variance, sqrt(fabs(error->SS) / variance));
}

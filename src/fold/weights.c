#include "fold/weights.h"

#include <math.h>

#include "fold/source.h"
#include "util/view.h"

gemml_status weights_sum(const gemml_view *weight, double *sum, size_t *positive)
{
    enum { ROWS = 256 };
    gemml_view none = GEMML_EMPTY_VIEW;
    struct view_source source = view_source_f64(*weight, none, none);
    double copy[ROWS];
    *sum = 0;
    *positive = 0;
    for (size_t first = 0; first < weight->rows; first += ROWS) {
        struct block block;
        size_t rows = weight->rows - first < ROWS ? weight->rows - first : ROWS;
        TRY(source.source.block(&source.source, first, rows, copy, &block));
        for (size_t i = 0; i < rows; i++) {
            double w = block.X[i * block.ldx];
            if (!isfinite(w))
                return error_set(GEMML_ERROR_NONFINITE, "weight is %g in row %zu (counted from 0)", w, first + i);
            if (w < 0)
                return error_set(GEMML_ERROR_ARGUMENT, "weight is %g in row %zu (counted from 0): below 0", w,
                                 first + i);
            *sum += w;
            *positive += w > 0;
        }
    }
    if (*positive == 0)
        return error_set(GEMML_ERROR_ARGUMENT, "all %zu weights are 0", weight->rows);
    if (!isfinite(*sum))
        return error_set(GEMML_ERROR_NONFINITE, "the sum of the %zu weights overflows", weight->rows);
    return GEMML_OK;
}

/* The logarithm of a product, in place of a sum of logarithms, which would take as
 * long as a good part of a fit: the fractions are multiplied, and taken to [1/2, 1)
 * again each time; the powers of two are added. */
double weights_log_sum(const gemml_view *weight)
{
    double fraction = 1, exponents = 0;
    for (size_t i = 0; weight->data && i < weight->rows; i++) {
        int of_weight, of_product;
        double w = view_element(weight, i, 0);
        if (!(w > 0))
            continue;
        fraction = frexp(fraction * frexp(w, &of_weight), &of_product);
        exponents += of_weight + of_product;
    }
    return log(fraction) + exponents * log(2);
}

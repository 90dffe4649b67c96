/* Strips of rows with their targets, weights and predictions: what every
 * statistic of residuals e = y - prediction is made of. */
#ifndef GEMML_STATS_RESIDUALS_H
#define GEMML_STATS_RESIDUALS_H

#include "chain/model.h"
#include "fold/source.h"
#include "train/engine.h"

/* Rows of a block of a fold over residuals; a strip has at most PREDICT_ROWS. */
enum { RESIDUAL_BLOCK_ROWS = 8 * PREDICT_ROWS };

struct residual_source {
    const struct fitted *fitted;
    const gemml_view *x;
    struct view_source targets; /* y as the features, with the weight */
    size_t outputs;
};

struct residual_strip {
    size_t rows;
    const double *y; /* rows x K, row stride ldy */
    size_t ldy;
    const double *w;    /* rows; NULL: all ones */
    double *prediction; /* rows x K, contiguous */
};

/* Borrows the model and the data's views. */
struct residual_source residual_source_make(const struct fitted *fitted, const gemml_dataset *data);

/* Bytes of scratch of a strip. */
size_t residual_strip_bytes(const struct residual_source *source);

/* Rows first .. first + count - 1, count <= PREDICT_ROWS; valid as long as the
 * scratch. Errors: NONFINITE (a prediction overflows, or x or y is not finite). */
gemml_status residual_strip(const struct residual_source *source, size_t first, size_t count, void *scratch,
                            struct residual_strip *strip);

/* The error for data in which a sum came out non-finite, under the names that
 * the caller knows them by. */
gemml_status residual_explain_nonfinite(const struct residual_source *source);

#endif

/* Sums over the residuals of a model's predictions, from which r2, mean errors
 * and standard deviations follow. For output k, e = y - prediction:
 *
 *   rss = sum w e^2,  absolute = sum w |e|,  tss = sum w (y - mean)^2,
 *   tss_zero = sum w y^2,  mean = sum w y / sum w */
#ifndef GEMML_STATS_REGRESSION_H
#define GEMML_STATS_REGRESSION_H

#include "chain/model.h"

struct residual_sums {
    size_t outputs;
    double sum_weight;
    double *rss, *absolute, *tss, *tss_zero; /* K each; one allocation, at rss */
};

/* One pass; memory does not grow with the rows. Errors: NONFINITE, MEMORY. */
gemml_status residual_sums_fold(struct residual_sums *sums, const struct fitted *fitted, const gemml_dataset *data);
void residual_sums_free(struct residual_sums *sums);

/* freedom = n - rank (0 when that is not positive), and r2, adjusted_r2 and sigma
 * of one output, into the summary: r2 = 1 - rss / tss, sigma = sqrt(rss / freedom);
 * NaN where they do not exist. rows is n: those of positive weight. */
void regression_statistics(struct summary_record *summary, size_t output, double rss, double tss, size_t rows,
                           size_t rank, bool intercept);

#endif

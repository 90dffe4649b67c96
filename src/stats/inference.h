/* Statistics of a linear fit that follow from sums of squares and the inverse of
 * X~'W X~: tests and intervals of coefficients, F, likelihood. The symbols are those
 * of gemml/summary.h; nothing here looks at data. */
#ifndef GEMML_STATS_INFERENCE_H
#define GEMML_STATS_INFERENCE_H

#include "chain/model.h"

/* The degrees of freedom of F's numerator: r - 1 with an intercept, r without. */
size_t model_freedom(const struct summary_record *summary, bool intercept);

/* f, f_p, log_likelihood, aic and bic of one output, whose r2, sigma, rank and
 * freedom stand in the summary; rss and tss as in regression_statistics. log_weights
 * is sum log w over the rows of positive weight. NaN where they do not exist; F of an
 * exact fit is infinite. */
void inference_fit(struct summary_record *summary, size_t output, double rss, double tss, double log_weights,
                   bool intercept);

/* std_error of one output: sigma_k errors_j, with errors = sqrt of the diagonal of
 * inv(X~'W X~), p + 1 entries, the intercept first. */
void inference_std_errors(struct summary_record *summary, size_t outputs, size_t output, size_t count,
                          const double *errors);

/* The probability of a |t| as large; of a |z| with infinite freedom. */
double inference_p(double t, double freedom);

/* The t of an interval of this level: the (1 + level) / 2 quantile. NaN without freedom. */
double inference_t_of_level(double level, double freedom);

/* sigma^2 inv(X~'W X~), (p + 1) x (p + 1), into out, from the root of the inverse.
 * Errors: MEMORY, SHAPE. */
gemml_status inference_covariance(const struct fitted *fitted, double sigma, const gemml_matrix *out);

#endif

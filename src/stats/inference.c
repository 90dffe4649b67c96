#include "stats/inference.h"

#include <math.h>

#include "kernel/linalg.h"
#include "stats/distribution.h"
#include "stats/hat.h"
#include "util/alloc.h"
#include "util/view.h"

size_t model_freedom(const struct summary_record *summary, bool intercept)
{
    size_t constant = intercept ? 1 : 0;
    return summary->rank > constant ? summary->rank - constant : 0;
}

/* F = ((TSS - RSS) / m) / (RSS / (n - r)). */
static void fill_f(struct summary_record *summary, size_t k, double rss, double tss, size_t m)
{
    if (m == 0 || summary->freedom == 0 || !(tss > 0))
        return;
    double freedom = (double)summary->freedom, explained = fmax(tss - rss, 0);
    summary->f[k] = explained / rss * (freedom / (double)m);
    summary->f_p[k] = fisher_upper(summary->f[k], (double)m, freedom);
}

/* The maximum of the normal likelihood over coefficients and sigma, where sigma^2 = RSS / n. */
static void fill_likelihood(struct summary_record *summary, size_t k, double rss, double log_weights)
{
    double n = (double)(summary->freedom + summary->rank), parameters = (double)summary->rank + 1;
    if (summary->freedom == 0)
        return;
    double log_likelihood = (log_weights - n * (log(2 * M_PI) + log(rss / n) + 1)) / 2;
    summary->log_likelihood[k] = log_likelihood;
    summary->aic[k] = 2 * parameters - 2 * log_likelihood;
    summary->bic[k] = log(n) * parameters - 2 * log_likelihood;
}

void inference_fit(struct summary_record *summary, size_t output, double rss, double tss, double log_weights,
                   bool intercept)
{
    fill_f(summary, output, rss, tss, model_freedom(summary, intercept));
    fill_likelihood(summary, output, rss, log_weights);
}

void inference_std_errors(struct summary_record *summary, size_t outputs, size_t output, size_t count,
                          const double *errors)
{
    for (size_t j = 0; j < count; j++)
        summary->std_error[j * outputs + output] = summary->sigma[output] * errors[j];
}

double inference_p(double t, double freedom)
{
    return student_two_sided(t, freedom);
}

double inference_t_of_level(double level, double freedom)
{
    return -student_quantile((1 - level) / 2, freedom);
}

static void store_covariance(const double *V, const double *units, size_t count, double sigma, bool intercept,
                             const gemml_matrix *out)
{
    for (size_t i = 0; i < count; i++)
        for (size_t j = 0; j < count; j++) {
            double element = i <= j ? V[i * count + j] : V[j * count + i];
            bool absent = !intercept && (i == 0 || j == 0);
            matrix_store(out, i, j, absent ? NAN : (sigma * units[i]) * element * (sigma * units[j]));
        }
}

/* t_i (T T')_ij t_j. */
gemml_status inference_covariance(const struct fitted *fitted, double sigma, const gemml_matrix *out)
{
    gemml_view none = GEMML_EMPTY_VIEW;
    struct hat hat = hat_make(fitted, none);
    size_t count = hat.inverse->inputs + 1, width = hat.width;
    double *T;
    TRY(memory_alloc(&T, memory_product(count, memory_sum(memory_sum(width, count), 1)), sizeof *T));
    double *V = T + count * width, *units = V + count * count;
    gemml_status status = hat_coefficient_root(&hat, T, units);
    if (status == GEMML_OK)
        status = gemm_f64(false, true, count, count, width, 1, T, width, T, width, 0, V, count);
    if (status == GEMML_OK)
        store_covariance(V, units, count, sigma, hat.intercept, out);
    memory_free(T);
    return status;
}

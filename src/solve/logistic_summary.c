/* What is known of a logistic fit: the likelihood, and for two classes the standard errors
 *
 *   Var(theta) = C = inv(Fisher information),   w_j = s_j u_j,   intercept = c - sum_j m_j s_j u_j */
#include "solve/logistic_summary.h"

#include <math.h>

#include "chain/notice.h"
#include "solve/linear.h"

/* Which columns are combinations of those before them, constant ones of the intercept. */
static gemml_status store_aliased(struct summary_record *summary, const struct newton *newton)
{
    size_t p = newton->function->space->p;
    bool *aliased;
    TRY(memory_alloc(&aliased, p, sizeof *aliased));
    gemml_status status = newton_aliased(newton, aliased);
    if (status == GEMML_OK)
        status = rank_store_aliased(summary, aliased, p);
    memory_free(aliased);
    return status;
}

static gemml_status note_rank(struct fitted *fitted, const struct newton *newton)
{
    if (newton->nullity == 0)
        return GEMML_OK;
    TRY(store_aliased(&fitted->summary, newton));
    TRY(notice_add(&fitted->record,
                   "The columns are linearly dependent: rank %zu of %zu%s; of all solutions the one of least norm "
                   "(of standardised columns) was taken.",
                   newton_rank(newton), newton->q, fitted->chain.layer[0].bias ? " with the intercept" : ""));
    return rank_note_aliased(fitted, fitted->summary.aliased_count, NULL);
}

/* -sum w loss; without an intercept all classes are equally probable where there is nothing else. */
static void store_likelihood(struct summary_record *summary, const struct fitted *fitted,
                             const struct logistic_problem *problem)
{
    double W = problem->sum_weight, K = (double)problem->classes, null = W * log(K);
    if (fitted->chain.layer[0].bias) {
        null = 0;
        for (size_t k = 0; k < problem->classes; k++)
            null -= problem->class_sum[k] * log(problem->class_sum[k] / W);
    }
    summary->log_likelihood[0] = -W * fitted->record.loss;
    summary->null_deviance = 2 * null;
}

static void store_criteria(struct summary_record *summary, const struct logistic_problem *problem)
{
    double parameters = (double)(summary->rank * (problem->classes - 1));
    summary->aic[0] = -2 * summary->log_likelihood[0] + 2 * parameters;
    summary->bic[0] = -2 * summary->log_likelihood[0] + log((double)problem->positive_rows) * parameters;
}

/* v'Cv of the intercept's v = (-m_j s_j, 1), C by its upper triangle. */
static double intercept_variance(const struct logistic_space *space, const double *C, size_t m)
{
    double sum = 0;
    for (size_t i = 0; i < m; i++) {
        double v = i < space->p ? -space->center[i] * space->scale[i] : 1;
        sum += v * v * C[i * (m + 1)];
        for (size_t j = i + 1; j < m; j++)
            sum += 2 * v * (j < space->p ? -space->center[j] * space->scale[j] : 1) * C[i * m + j];
    }
    return sum;
}

static gemml_status store_errors(struct summary_record *summary, const struct logistic_function *function,
                                 struct newton *newton)
{
    const struct logistic_space *space = function->space;
    size_t m = newton->order;
    bool definite;
    TRY(newton_covariance(newton, &definite));
    if (!definite)
        return GEMML_OK;
    if (space->intercept)
        summary->std_error[0] = sqrt(intercept_variance(space, newton->H, m));
    for (size_t j = 0; j < space->p; j++)
        summary->std_error[1 + j] = space->scale[j] * sqrt(newton->H[j * (m + 1)]);
    return GEMML_OK;
}

gemml_status logistic_summary_store(struct fitted *fitted, const struct logistic_function *function,
                                    struct newton *newton)
{
    const struct logistic_problem *problem = function->problem;
    struct summary_record *summary = &fitted->summary;
    TRY(summary_lay_out(summary, chain_inputs(&fitted->chain), chain_outputs(&fitted->chain)));
    summary->rows = problem->data.x.rows;
    summary->sum_weight = problem->sum_weight;
    store_likelihood(summary, fitted, problem);
    if (!newton || problem->options->l2 > 0)
        return GEMML_OK;
    summary->rank = newton_rank(newton);
    summary->freedom = problem->positive_rows > summary->rank ? problem->positive_rows - summary->rank : 0;
    TRY(note_rank(fitted, newton));
    if (fitted->record.outcome != GEMML_CONVERGED)
        return GEMML_OK;
    store_criteria(summary, problem);
    return problem->classes == 2 && newton->nullity == 0 ? store_errors(summary, function, newton) : GEMML_OK;
}

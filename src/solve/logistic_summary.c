#include "solve/logistic_summary.h"

#include <math.h>

#include "chain/notice.h"

static gemml_status nan_vector(double **vector, size_t count)
{
    TRY(memory_alloc(vector, count, sizeof **vector));
    for (size_t i = 0; i < count; i++)
        (*vector)[i] = NAN;
    return GEMML_OK;
}

/* What least squares has, and a classifier does not. */
static gemml_status make_vectors(struct summary_record *summary, size_t K)
{
    TRY(nan_vector(&summary->r2, K));
    TRY(nan_vector(&summary->adjusted_r2, K));
    return nan_vector(&summary->sigma, K);
}

static gemml_status note_rank(struct fitted *fitted, const struct newton *newton)
{
    if (newton->nullity == 0)
        return GEMML_OK;
    return notice_add(&fitted->record,
                      "The columns are linearly dependent: rank %zu of %zu%s; of all solutions the one of least norm "
                      "(of standardised columns) was taken.",
                      newton_rank(newton), newton->q, fitted->chain.layer[0].bias ? " with the intercept" : "");
}

gemml_status logistic_summary_store(struct fitted *fitted, const struct logistic_function *function,
                                    const double *theta, struct newton *newton)
{
    const struct logistic_problem *problem = function->problem;
    struct summary_record *summary = &fitted->summary;
    (void)theta;
    TRY(make_vectors(summary, chain_outputs(&fitted->chain)));
    summary->rows = problem->data.x.rows;
    summary->sum_weight = problem->sum_weight;
    if (!newton || problem->options->l2 > 0)
        return GEMML_OK;
    summary->rank = newton_rank(newton);
    summary->freedom = problem->positive_rows > summary->rank ? problem->positive_rows - summary->rank : 0;
    return note_rank(fitted, newton);
}

#include "solve/logistic_summary.h"

#include "chain/notice.h"

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
    TRY(summary_lay_out(summary, chain_inputs(&fitted->chain), chain_outputs(&fitted->chain)));
    summary->rows = problem->data.x.rows;
    summary->sum_weight = problem->sum_weight;
    if (!newton || problem->options->l2 > 0)
        return GEMML_OK;
    summary->rank = newton_rank(newton);
    summary->freedom = problem->positive_rows > summary->rank ? problem->positive_rows - summary->rank : 0;
    return note_rank(fitted, newton);
}

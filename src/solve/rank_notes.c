/* What a fit tells of the rank: which columns are constant or dependent on others. */
#include <stdio.h>

#include "chain/notice.h"
#include "solve/linear.h"
#include "solve/qr.h"

/* Steps lead to one of many solutions, a factor takes that of least norm. */
static bool went_by_steps(const struct fitted *fitted)
{
    return fitted->record.solver == GEMML_SOLVER_DESCENT || fitted->record.solver == GEMML_SOLVER_LBFGS;
}

static gemml_status note_constants(struct fitted *fitted, const struct normal_equations *equations)
{
    size_t constants = 0, first = 0;
    for (size_t j = equations->features; j-- > 0;)
        if (equations->equilibration[j] == 0) {
            constants++;
            first = j;
        }
    const char *what = equations->intercept ? "constant" : "zero";
    const char *then = went_by_steps(fitted) ? "of no meaning" : "0";
    if (constants == 1)
        return notice_add(&fitted->record, "Column %zu of x (counted from 0) is %s: its coefficient is %s.", first,
                          what, then);
    if (constants > 1)
        return notice_add(
            &fitted->record,
            "%zu columns of x are %s, the first is column %zu (counted from 0): their coefficients are %s.", constants,
            what, first, then);
    return GEMML_OK;
}

/* The first few by index, but for those that are told of as constant: "2, 5, 7". */
static void list_columns(char *text, size_t bytes, const double *equilibration, const struct summary_record *summary,
                         size_t most)
{
    size_t used = 0, listed = 0;
    text[0] = '\0';
    for (size_t i = 0; i < summary->aliased_count && listed < most; i++)
        if (!equilibration || equilibration[summary->aliased[i]] != 0) {
            int written =
                snprintf(text + used, bytes - used, "%s%zu", listed > 0 ? ", " : "", (size_t)summary->aliased[i]);
            used += written > 0 ? (size_t)written : 0;
            listed++;
        }
}

gemml_status rank_note_aliased(struct fitted *fitted, size_t count, const double *equilibration)
{
    enum { MOST = 5 };
    char list[MOST * 24];
    list_columns(list, sizeof list, equilibration, &fitted->summary, MOST);
    if (count == 1)
        return notice_add(&fitted->record, "Column %s of x (counted from 0) is a combination of columns before it.",
                          list);
    if (count <= MOST)
        return notice_add(&fitted->record, "Columns %s of x (counted from 0) are combinations of columns before them.",
                          list);
    return notice_add(&fitted->record,
                      "Columns %s and %zu more of x (counted from 0) are combinations of columns before them.", list,
                      count - MOST);
}

static gemml_status note_dependence(struct fitted *fitted, const struct normal_equations *equations, size_t rows)
{
    size_t columns = equations->features + (equations->intercept ? 1 : 0);
    TRY(notice_add(&fitted->record,
                   "The columns are linearly dependent%s: rank %zu of %zu%s; of all solutions the one %s was taken.",
                   rows < columns ? " (fewer rows than columns)" : "", equations->rank, columns,
                   equations->intercept ? " with the intercept" : "",
                   went_by_steps(fitted) ? "to which the steps led" : "of least norm"));
    return rank_note_aliased(fitted, equations->nullity, equations->equilibration);
}

/* The list of the flags. */
gemml_status rank_store_aliased(struct summary_record *summary, const bool *aliased, size_t p)
{
    size_t count = 0;
    for (size_t j = 0; j < p; j++)
        count += aliased[j];
    if (count == 0)
        return GEMML_OK;
    TRY(memory_alloc(&summary->aliased, count, sizeof *summary->aliased));
    for (size_t j = 0; j < p; j++)
        if (aliased[j])
            summary->aliased[summary->aliased_count++] = (int64_t)j;
    return GEMML_OK;
}

gemml_status linear_rank(struct fitted *fitted, const struct normal_equations *equations, size_t rows)
{
    size_t p = equations->features;
    bool *aliased;
    fitted->summary.rank = equations->rank;
    TRY(memory_alloc(&aliased, p, sizeof *aliased));
    gemml_status status = svd_aliased(equations, aliased);
    if (status == GEMML_OK)
        status = rank_store_aliased(&fitted->summary, aliased, p);
    memory_free(aliased);
    TRY(status);
    TRY(note_constants(fitted, equations));
    if (equations->nullity > 0)
        TRY(note_dependence(fitted, equations, rows));
    for (size_t k = 0; k < equations->outputs; k++)
        if (equations->tss[k] == 0)
            TRY(notice_add(&fitted->record, "Target %zu is constant: there is nothing to explain.", k));
    return GEMML_OK;
}

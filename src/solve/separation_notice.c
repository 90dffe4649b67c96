/* Which columns separate the classes, in words. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "chain/notice.h"
#include "data/schema.h"
#include "fold/fold.h"
#include "solve/separation.h"

#define INVOLVED 1e-3 /* a column counts from this share of the largest coefficient on */

enum { STRIP = 256, BLOCK = 4096, MOST_NAMES = 4 };

/* ---- Columns that separate alone ----------------------------------------------- */

/* State: the least and the largest value of each column, in class 0 and in class 1:
 * low0 (p), high0, low1, high1. */
struct range_job {
    struct view_source source; /* x as it is */
    size_t p;
};

static void ranges_init(const void *context, void *state)
{
    const struct range_job *job = context;
    double *range = state;
    for (size_t i = 0; i < 4 * job->p; i++)
        range[i] = i / job->p % 2 == 0 ? INFINITY : -INFINITY;
}

static gemml_status ranges_add(const void *context, void *state, size_t first, size_t count, void *scratch)
{
    const struct range_job *job = context;
    for (size_t done = 0; done < count; done += STRIP) {
        struct block block;
        size_t rows = count - done < STRIP ? count - done : STRIP;
        TRY(job->source.source.block(&job->source.source, first + done, rows, scratch, &block));
        for (size_t i = 0; i < rows; i++) {
            double *low = (double *)state + (block.Y[i * block.ldy] > 0 ? 2 * job->p : 0), *high = low + job->p;
            const double *x = block.X + i * block.ldx;
            for (size_t j = 0; (!block.w || block.w[i] > 0) && j < job->p; j++) {
                low[j] = fmin(low[j], x[j]);
                high[j] = fmax(high[j], x[j]);
            }
        }
    }
    return GEMML_OK;
}

static void ranges_merge(const void *context, void *into_state, const void *from_state)
{
    const struct range_job *job = context;
    double *into = into_state;
    const double *from = from_state;
    for (size_t i = 0; i < 4 * job->p; i++)
        into[i] = i / job->p % 2 == 0 ? fmin(into[i], from[i]) : fmax(into[i], from[i]);
}

static bool separates(const double *range, size_t p, size_t j)
{
    double low0 = range[j], high0 = range[p + j], low1 = range[2 * p + j], high1 = range[3 * p + j];
    return (high0 <= low1 && low0 < high1) || (high1 <= low0 && low1 < high0);
}

/* *count of the columns are set in alone. */
static gemml_status mark_alone(bool *alone, size_t *count, const struct logistic_problem *problem)
{
    size_t p = problem->data.x.cols;
    struct range_job job = {view_source_f64(problem->data.x, problem->data.y, problem->data.weight), p};
    struct accumulator accumulator = {.state_bytes = memory_product(4 * p, sizeof(double)),
                                      .scratch_bytes = job.source.source.scratch(&job.source.source, STRIP),
                                      .init = ranges_init,
                                      .add = ranges_add,
                                      .merge = ranges_merge};
    double *range;
    TRY(memory_alloc(&range, accumulator.state_bytes, 1));
    gemml_status status = fold(&accumulator, &job, 0, problem->data.x.rows, BLOCK, range);
    *count = 0;
    for (size_t j = 0; status == GEMML_OK && j < p; j++)
        *count += alone[j] = separates(range, p, j);
    memory_free(range);
    return status;
}

/* ---- Columns of weight in a direction ------------------------------------------ */

static size_t mark_involved(bool *involved, const double *direction, size_t p, size_t K)
{
    double largest = 0;
    size_t count = 0;
    for (size_t i = 0; i < p * K; i++)
        largest = fmax(largest, fabs(direction[i]));
    for (size_t j = 0; j < p; j++) {
        involved[j] = false;
        for (size_t k = 0; k < K; k++)
            involved[j] |= fabs(direction[j * K + k]) > INVOLVED * largest;
        count += involved[j];
    }
    return count;
}

/* ---- The sentence -------------------------------------------------------------- */

/* "columns 0 (age), 3 (height) and 2 more". */
static void list_columns(char *text, size_t bytes, const bool *marked, size_t count, const gemml_schema *schema)
{
    size_t used = (size_t)snprintf(text, bytes, count == 1 ? "column" : "columns"), listed = 0;
    for (size_t j = 0; listed < count && listed < MOST_NAMES; j++) {
        if (!marked[j])
            continue;
        const char *name = schema ? schema->input[j].name : NULL;
        used += (size_t)snprintf(text + used, bytes - used, "%s %zu%s%.16s%s", listed > 0 ? "," : "", j,
                                 name ? " (" : "", name ? name : "", name ? ")" : "");
        listed++;
    }
    if (count > listed)
        snprintf(text + used, bytes - used, " and %zu more", count - listed);
}

gemml_status separation_notice(struct fitted *fitted, const struct logistic_function *function, const double *direction,
                               bool perfect)
{
    const struct logistic_problem *problem = function->problem;
    size_t p = problem->data.x.cols, K = chain_outputs(function->chain), count = 0;
    char columns[160];
    bool *marked;
    TRY(memory_alloc(&marked, p, sizeof *marked));
    gemml_status status = K == 1 ? mark_alone(marked, &count, problem) : GEMML_OK;
    bool alone = count > 0;
    if (status == GEMML_OK) {
        if (!alone)
            count = mark_involved(marked, direction, p, K);
        list_columns(columns, sizeof columns, marked, count, problem->schema);
        status = notice_add(&fitted->record, "The classes are %sseparated by %s of x (counted from 0)%s.",
                            perfect ? "perfectly " : "partly ", columns, alone && count > 1 ? ", each alone" : "");
    }
    if (status == GEMML_OK)
        status = notice_add(&fitted->record, "The likelihood has no maximum, and coefficients and standard errors "
                                             "mean nothing: leave such columns out, or use l2 > 0.");
    memory_free(marked);
    return status;
}

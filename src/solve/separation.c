#include "solve/separation.h"

#include <math.h>
#include <string.h>

#include "chain/notice.h"
#include "chain/pass.h"
#include "fold/fold.h"
#include "kernel/linalg.h"
#include "kernel/linalg_lapack.h"

#define GAIN 0.05    /* a margin that a Newton step raises by more can be separated */
#define FAR 2        /* margins below are far from where a run stops that has no end */
#define EXTREME 1e-8 /* a probability this close to 0 or 1 */

enum { STRIP = 256, BLOCK = 4096 };

/* The margins of a direction over all rows that count. */
struct margins {
    double smallest, largest;
    double smallest_gain; /* of those that are above the threshold in the direction that selects */
    size_t rows_beyond;   /* rows whose smallest margin is above `beyond` */
};

struct margin_job {
    const struct chain *chain;
    struct view_source source;
    const double *direction; /* whose margins are measured */
    const double *selector;  /* whose margins say which pairs are of B; NULL: none are looked for */
    double beyond;
    size_t order, q; /* of the Gram matrix of B's rows */
};

/* State: struct margins, then, with a selector, the Gram matrix over B. */
static double *gram_of(void *state)
{
    return (double *)(void *)((char *)state + memory_round(sizeof(struct margins)));
}

static size_t gram_bytes(const struct margin_job *job)
{
    return job->selector ? memory_product(memory_product(job->order, job->order), sizeof(double)) : 0;
}

static void margins_init(const void *context, void *state)
{
    const struct margin_job *job = context;
    *(struct margins *)state = (struct margins){.smallest = INFINITY, .largest = -INFINITY, .smallest_gain = INFINITY};
    memset(gram_of(state), 0, gram_bytes(job));
}

static void margins_merge(const void *context, void *into_state, const void *from_state)
{
    const struct margin_job *job = context;
    struct margins *into = into_state;
    const struct margins *from = from_state;
    into->smallest = fmin(into->smallest, from->smallest);
    into->largest = fmax(into->largest, from->largest);
    into->smallest_gain = fmin(into->smallest_gain, from->smallest_gain);
    into->rows_beyond += from->rows_beyond;
    if (job->selector)
        axpy_f64(job->order * job->order, 1,
                 (const double *)(const void *)((const char *)from_state + memory_round(sizeof *from)), 1,
                 gram_of(into_state), 1);
}

/* Scratch: two passes, the rows of B of a strip, the source's. */
struct strip {
    struct pass measured, selecting;
    double *rows; /* STRIP x order */
    size_t used;
    void *source;
};

static size_t rows_bytes(const struct margin_job *job)
{
    return job->selector ? memory_round(memory_product(memory_product(STRIP, job->order), sizeof(double))) : 0;
}

static size_t scratch_bytes(const struct margin_job *job)
{
    return memory_sum(memory_sum(memory_product(2, pass_bytes_f64(job->chain, STRIP, false)), rows_bytes(job)),
                      job->source.source.scratch(&job->source.source, STRIP));
}

static struct strip lay_out(const struct margin_job *job, char *scratch)
{
    size_t bytes = pass_bytes_f64(job->chain, STRIP, false);
    struct strip strip = {.rows = (double *)(void *)(scratch + 2 * bytes)};
    strip.measured = pass_layout_f64(job->chain, STRIP, false, scratch);
    strip.selecting = pass_layout_f64(job->chain, STRIP, false, scratch + bytes);
    strip.source = scratch + 2 * bytes + rows_bytes(job);
    return strip;
}

/* z_y - z_k; one output z stands for the columns 0 and z. */
static double margin(const double *z, size_t K, size_t y, size_t k)
{
    return K > 1 ? z[y] - z[k] : y > 0 ? z[0] : -z[0];
}

static gemml_status flush(const struct margin_job *job, struct strip *strip, double *G)
{
    size_t used = strip->used;
    strip->used = 0;
    return used > 0 ? syrk_f64(job->order, used, 1, strip->rows, job->order, 1, G, job->order) : GEMML_OK;
}

/* The row of pair (i, k): x~_i in the block of y, -x~_i in that of k. */
static gemml_status add_pair(const struct margin_job *job, struct strip *strip, const double *x, size_t y, size_t k,
                             double *G)
{
    size_t K = chain_outputs(job->chain), p = chain_inputs(job->chain);
    double *row = strip->rows + strip->used * job->order;
    memset(row, 0, job->order * sizeof *row);
    for (size_t j = 0; j < job->q; j++) {
        double value = j < p ? x[j] : 1;
        if (K == 1)
            row[j] = value;
        else {
            row[y * job->q + j] = value;
            row[k * job->q + j] = -value;
        }
    }
    return ++strip->used == STRIP ? flush(job, strip, G) : GEMML_OK;
}

/* All pairs of row i. */
static gemml_status add_row(const struct margin_job *job, struct strip *strip, const struct block *block, size_t i,
                            struct margins *margins, double *G)
{
    size_t K = chain_outputs(job->chain), classes = chain_classes(job->chain);
    size_t y = (size_t)block->Y[i * block->ldy];
    const double *z = strip->measured.Z[0] + i * K, *select = strip->selecting.Z[0] + i * K;
    double smallest = INFINITY;
    for (size_t k = 0; k < classes; k++) {
        if (k == y)
            continue;
        double value = margin(z, K, y, k), gain = job->selector ? margin(select, K, y, k) : INFINITY;
        smallest = fmin(smallest, value);
        margins->largest = fmax(margins->largest, value);
        if (gain > GAIN)
            margins->smallest_gain = fmin(margins->smallest_gain, value);
        else
            TRY(add_pair(job, strip, block->X + i * block->ldx, y, k, G));
    }
    margins->smallest = fmin(margins->smallest, smallest);
    margins->rows_beyond += smallest > job->beyond;
    return GEMML_OK;
}

static gemml_status margins_add(const void *context, void *state, size_t first, size_t count, void *scratch)
{
    const struct margin_job *job = context;
    struct strip strip = lay_out(job, scratch);
    for (size_t done = 0; done < count; done += STRIP) {
        struct block block;
        size_t rows = count - done < STRIP ? count - done : STRIP;
        TRY(job->source.source.block(&job->source.source, first + done, rows, strip.source, &block));
        TRY(pass_decision_f64(&strip.measured, job->direction, rows, block.X, block.ldx));
        if (job->selector)
            TRY(pass_decision_f64(&strip.selecting, job->selector, rows, block.X, block.ldx));
        for (size_t i = 0; i < rows; i++)
            if (!block.w || block.w[i] > 0)
                TRY(add_row(job, &strip, &block, i, state, gram_of(state)));
    }
    return flush(job, &strip, gram_of(state));
}

/* margins, and G (order x order; with a selector only). */
static gemml_status margins_fold(struct margins *margins, double *G, const struct margin_job *job)
{
    size_t head = memory_round(sizeof *margins);
    struct accumulator accumulator = {.state_bytes = memory_sum(head, gram_bytes(job)),
                                      .scratch_bytes = scratch_bytes(job),
                                      .init = margins_init,
                                      .add = margins_add,
                                      .merge = margins_merge};
    struct margins *state;
    TRY(memory_alloc(&state, accumulator.state_bytes, 1));
    gemml_status status = fold(&accumulator, job, 0, job->source.source.rows, BLOCK, state);
    *margins = *state;
    if (status == GEMML_OK && G)
        memcpy(G, gram_of(state), gram_bytes(job));
    memory_free(state);
    return status;
}

/* ---- Quasi-separation ---------------------------------------------------------- */

/* direction (as theta is laid out) -> its part in the null space of G, which becomes
 * its eigenvectors; work holds 2 order numbers. */
static gemml_status project(double *direction, double *G, size_t order, size_t q, double *work)
{
    size_t K = order / q;
    double *values = work, *d = work + order;
    TRY(lapack_symmetric_eigen(order, G, order, values));
    for (size_t i = 0; i < order; i++)
        d[i] = direction[i % q * K + i / q];
    memset(direction, 0, order * sizeof *direction);
    for (size_t e = 0; e < order && values[e] <= 1e-12 * values[order - 1]; e++) {
        double share = dot_f64(order, G + e * order, 1, d, 1);
        for (size_t i = 0; i < order; i++)
            direction[i % q * K + i / q] += share * G[e * order + i];
    }
    return GEMML_OK;
}

/* What a look at a candidate came to. */
enum verdict {
    SEPARATES,    /* and `direction` is its part that leaves the rest alone */
    STANDS_STILL, /* it moves no margin: the answer is one */
    UNCLEAR
};

/* The projection of a candidate that loses nowhere, and its margins. */
static gemml_status prove(struct margin_job *job, const double *candidate, double *direction, bool *proved)
{
    struct margins margins;
    double *G;
    TRY(memory_alloc(&G, memory_sum(memory_product(job->order, job->order), memory_product(2, job->order)), sizeof *G));
    job->selector = job->direction = candidate;
    gemml_status status = margins_fold(&margins, G, job);
    if (status == GEMML_OK)
        status = project(direction, G, job->order, job->q, G + job->order * job->order);
    if (status == GEMML_OK) {
        job->direction = direction;
        status = margins_fold(&margins, NULL, job);
        *proved = margins.smallest_gain > 0 && margins.smallest >= -1e-9 * margins.largest;
    }
    memory_free(G);
    return status;
}

/* direction: in the candidate; out, if it separates, its part that leaves the rest alone. */
static gemml_status look_at_candidate(struct margin_job *job, const double *candidate, double *direction,
                                      enum verdict *verdict)
{
    struct margins margins;
    bool proved = false;
    job->selector = NULL;
    job->direction = candidate;
    TRY(margins_fold(&margins, NULL, job));
    *verdict = margins.smallest < -GAIN || margins.largest > GAIN ? UNCLEAR : STANDS_STILL;
    if (margins.smallest >= -GAIN && margins.largest > GAIN)
        TRY(prove(job, candidate, direction, &proved));
    if (proved)
        *verdict = SEPARATES;
    return GEMML_OK;
}

/* Looks at Newton's step from theta, and, while it is unclear because the finite part of
 * the answer still moves, at those that follow. theta and gradient are overwritten. */
static gemml_status follow_newton(struct margin_job *job, struct newton *newton, double *theta, double *gradient,
                                  double *direction, enum verdict *verdict)
{
    enum { MOST_STEPS = 10 };
    size_t count = newton->order;
    double value;
    for (size_t step = 0; step < MOST_STEPS; step++) {
        if (step > 0) {
            axpy_f64(count, 1, newton->step, 1, theta, 1);
            TRY(logistic_function_evaluate(newton->function, theta, &value, gradient));
            TRY(newton_direction(newton, theta, gradient));
        }
        memcpy(direction, newton->step, count * sizeof *direction);
        TRY(look_at_candidate(job, newton->step, direction, verdict));
        if (*verdict != UNCLEAR)
            break;
    }
    return GEMML_OK;
}

/* ---- Both ---------------------------------------------------------------------- */

/* f has no minimum: theta is where the run stopped on its way. */
static gemml_status declare(struct fitted *fitted, const struct logistic_function *function, const double *direction,
                            bool perfect)
{
    fitted->record.outcome = GEMML_SEPARATED;
    return separation_notice(fitted, function, direction, perfect);
}

/* Probabilities that are 0 or 1 in practice, where no proof of separation was found. */
static gemml_status note_extreme(struct fitted *fitted, size_t rows)
{
    if (rows == 0)
        return GEMML_OK;
    return notice_add(&fitted->record,
                      "%zu rows have a fitted probability within %g of 0 or 1. If coefficients or standard errors are "
                      "very large, the classes may be separable: try l2 > 0.",
                      rows, EXTREME);
}

static gemml_status look_for_quasi(struct fitted *fitted, struct margin_job *job, struct newton *newton,
                                   const double *theta, size_t extreme)
{
    double *memory;
    enum verdict verdict = UNCLEAR;
    size_t count = newton->order;
    job->order = count;
    job->q = newton->q;
    TRY(memory_alloc(&memory, memory_product(3, count), sizeof *memory));
    double *direction = memory + count, *gradient = direction + count;
    memcpy(memory, theta, count * sizeof *memory);
    gemml_status status = follow_newton(job, newton, memory, gradient, direction, &verdict);
    if (status == GEMML_OK)
        status =
            verdict == SEPARATES ? declare(fitted, newton->function, direction, false) : note_extreme(fitted, extreme);
    memory_free(memory);
    return status;
}

/* Without Newton's matrix only what the answer itself tells. */
static gemml_status note_unknown(struct fitted *fitted, size_t extreme)
{
    TRY(notice_add(&fitted->record,
                   "Whether some columns separate a part of the rows was not looked at, and standard errors were not "
                   "computed: %zu parameters are more than %d. With l2 > 0 there is always an answer.",
                   fitted->chain.parameters, NEWTON_MOST));
    return note_extreme(fitted, extreme);
}

gemml_status separation_look(struct fitted *fitted, const struct logistic_function *function, const double *theta,
                             struct newton *newton)
{
    struct margins margins;
    struct margin_job job = {.chain = function->chain,
                             .source = logistic_function_source(function),
                             .direction = theta,
                             .beyond = -log(EXTREME)};
    TRY(margins_fold(&margins, NULL, &job));
    if (margins.smallest > 0)
        return declare(fitted, function, theta, true);
    /* Nothing has moved far enough to be on its way to infinity. */
    if (margins.largest < FAR)
        return GEMML_OK;
    return newton ? look_for_quasi(fitted, &job, newton, theta, margins.rows_beyond)
                  : note_unknown(fitted, margins.rows_beyond);
}

/* Adding, merging and subtracting: with the means m and the weights W of two sets
 * of rows a and b, and C sums of products about the own mean,
 *
 *   W = W_a + W_b,   m = m_a + (W_b / W) (m_b - m_a)
 *   C = [C_a + W_a (m_a - m)(m_a - m)'] + [C_b + W_b (m_b - m)(m_b - m)']
 *
 * (Chan, Golub, LeVeque 1983), and with minus for plus where b is taken away:
 * both sides are brought to the mean and the scale of the result, then added. */
#include "solve/moments.h"

#include <float.h>
#include <math.h>

#include "fold/columns.h"
#include "kernel/doubled.h"
#include "kernel/linalg.h"
#include "solve/equations.h"
#include "solve/linear.h"
#include "util/alloc.h"

static gemml_status init(struct gemml_moments *moments, size_t features, size_t outputs)
{
    struct gemml_moments made = {0};
    TRY(gram_new(&made.gram, features, outputs));
    gemml_status status = memory_zeroed(&made.error, made.gram.order - 1, sizeof *made.error);
    if (status == GEMML_OK)
        *moments = made;
    else
        gram_free(&made.gram);
    return status;
}

static gemml_status copy(struct gemml_moments *moments, const struct gemml_moments *source)
{
    struct gemml_moments made = {.weight_error = source->weight_error};
    TRY(gram_copy(&made.gram, &source->gram));
    gemml_status status = memory_copy(&made.error, source->error, made.gram.order - 1, sizeof *made.error);
    if (status == GEMML_OK)
        *moments = made;
    else
        gram_free(&made.gram);
    return status;
}

static void release(struct gemml_moments *moments)
{
    gram_free(&moments->gram);
    memory_free(moments->error);
    moments->error = NULL;
}

gemml_status moments_new(struct gemml_moments **moments, size_t features, size_t outputs)
{
    struct gemml_moments *made;
    TRY(memory_alloc(&made, 1, sizeof *made));
    gemml_status status = init(made, features, outputs);
    if (status == GEMML_OK)
        *moments = made;
    else
        memory_free(made);
    return status;
}

void moments_free(struct gemml_moments *moments)
{
    if (!moments)
        return;
    release(moments);
    memory_free(moments);
}

static double diagonal(const struct gram *gram, size_t j)
{
    return gram->G[j * (gram->ld + 1)];
}

/* Mean of u_j: the distance of the mean from the shift, in units of 1 / t_j. */
static double mean_offset(const struct gram *gram, size_t j)
{
    return gram->G[j * gram->ld + gram->order - 1] / gram_sum_weight(gram);
}

/* ---- Two sets of rows in one frame ---- */

/* The shift and scale of the result, and room for offsets; order - 1 entries each. */
struct frame {
    double *shift, *scale, *offset;
};

/* s = the mean; as a sum of weighted distances, which neither cancels nor overflows. */
static double common_mean(const struct gram *a, const struct gram *b, double sign, size_t j)
{
    double W_a = gram_sum_weight(a), W_b = sign * gram_sum_weight(b), W = W_a + W_b;
    double from_a = mean_offset(a, j) / a->scale[j];
    double from_b = mean_offset(b, j) / b->scale[j] + (b->shift[j] - a->shift[j]);
    return a->shift[j] + (W_a / W * from_a + W_b / W * from_b);
}

/* t: the smallest of what the spreads of both, and the distance between them, ask for. */
static double common_scale(const struct gram *a, const struct gram *b, size_t j)
{
    double distance = b->shift[j] - a->shift[j];
    double scale = distance != 0 ? columns_scale(distance) : INFINITY;
    if (diagonal(a, j) > 0)
        scale = fmin(scale, a->scale[j]);
    if (diagonal(b, j) > 0)
        scale = fmin(scale, b->scale[j]);
    return isfinite(scale) ? scale : 1;
}

static gemml_status frame_make(struct frame *frame, const struct gram *a, const struct gram *b, double sign)
{
    size_t m = a->order - 1;
    TRY(memory_alloc(&frame->shift, memory_product(3, m), sizeof *frame->shift));
    frame->scale = frame->shift + m;
    frame->offset = frame->scale + m;
    for (size_t j = 0; j < m; j++) {
        frame->shift[j] = common_mean(a, b, sign, j);
        frame->scale[j] = common_scale(a, b, j);
    }
    return GEMML_OK;
}

/* G_jj / W. */
static double mean_square(const struct gram *gram, size_t j)
{
    return diagonal(gram, j) / gram_sum_weight(gram);
}

static void enter_frame(struct gemml_moments *moments, const struct frame *frame)
{
    struct gram *gram = &moments->gram;
    for (size_t j = 0; j < gram->order - 1; j++)
        moments_error_rescale(&moments->error[j], frame->scale[j] / gram->scale[j]);
    gram_rebase(gram, frame->shift, frame->scale, frame->offset);
    for (size_t j = 0; j < gram->order - 1; j++)
        moments_error_move(&moments->error[j], moments->weight_error, frame->offset[j], mean_square(gram, j));
}

/* G_a + sign G_b, both in one frame. Sums of whole numbers are exact: so is W as long
 * as no row has a weight. */
static void combine(struct gemml_moments *a, const struct gemml_moments *b, double sign)
{
    double W_a = gram_sum_weight(&a->gram), W_b = gram_sum_weight(&b->gram);
    struct doubled W = two_sum(W_a, sign * W_b);
    double share_a = W_a / W.hi, share_b = W_b / W.hi, rounding = W.lo / W.hi;
    for (size_t j = 0, ld = a->gram.ld; j < a->gram.order; j++)
        axpy_f64(a->gram.order - j, sign, b->gram.G + j * (ld + 1), 1, a->gram.G + j * (ld + 1), 1);
    a->weight_error = share_a * share_a * a->weight_error + share_b * share_b * b->weight_error + rounding * rounding;
    for (size_t j = 0; j < a->gram.order - 1; j++)
        moments_error_add(&a->error[j], share_a, &b->error[j], share_b, fabs(mean_square(&a->gram, j)));
}

/* *result = the rows of a and (sign 1), or without (sign -1), those of b. */
static gemml_status combined(struct gemml_moments *result, const struct gemml_moments *a, const struct gemml_moments *b,
                             double sign)
{
    struct frame frame;
    struct gemml_moments made, other;
    TRY(frame_make(&frame, &a->gram, &b->gram, sign));
    gemml_status status = copy(&made, a);
    if (status == GEMML_OK) {
        status = copy(&other, b);
        if (status == GEMML_OK) {
            enter_frame(&made, &frame);
            enter_frame(&other, &frame);
            combine(&made, &other, sign);
            release(&other);
            *result = made;
        } else {
            release(&made);
        }
    }
    memory_free(frame.shift);
    return status;
}

static void replace(struct gemml_moments *moments, struct gemml_moments *by)
{
    release(moments);
    *moments = *by;
}

/* ---- Merging ---- */

gemml_status moments_merge(struct gemml_moments *into, const struct gemml_moments *from)
{
    struct gemml_moments made;
    if (from->gram.rows == 0)
        return GEMML_OK;
    if (into->gram.rows == 0) {
        TRY(copy(&made, from));
    } else {
        TRY(combined(&made, into, from, 1));
        made.gram.rows = into->gram.rows + from->gram.rows;
        if (!gram_finite(&made.gram)) {
            release(&made);
            return error_set(GEMML_ERROR_NONFINITE,
                             "the sums over %zu and %zu rows overflow: bring the columns to a common scale",
                             into->gram.rows, from->gram.rows);
        }
    }
    replace(into, &made);
    return GEMML_OK;
}

/* A batch has its own provisional shift, and is moved to its own mean only when it
 * meets what is there. */
gemml_status moments_add(struct gemml_moments *moments, const struct linear_problem *problem)
{
    struct gemml_moments batch = {0};
    struct view_source source = linear_source(problem);
    TRY(linear_gram(&batch.gram, &source));
    batch.gram.rows = problem->positive_rows;
    gemml_status status = memory_alloc(&batch.error, batch.gram.order - 1, sizeof *batch.error);
    if (status == GEMML_OK) {
        for (size_t j = 0; j < batch.gram.order - 1; j++)
            moments_error_fold(&batch.error[j], &batch.weight_error, problem->data.weight.data != NULL,
                               mean_square(&batch.gram, j));
        status = moments_merge(moments, &batch);
    }
    release(&batch);
    return status;
}

/* ---- Subtracting ---- */

/* Digits that remain with three of these standard deviations of the relative error;
 * none where it is not known. */
static double digits_of(double deviation)
{
    return 3 * deviation < 1 ? -log10(fmax(3 * deviation, DBL_EPSILON)) : 0;
}

/* Do sum w and every column of `left` keep their digits? A column that was constant
 * stays so, and has none. */
static gemml_status check_digits(const struct gemml_moments *left, const struct gemml_moments *from)
{
    size_t p = left->gram.features;
    double W = gram_sum_weight(&left->gram), digits = digits_of(sqrt(left->weight_error));
    if (digits < MOMENTS_DIGITS)
        return error_set(
            GEMML_ERROR_UNSUPPORTED,
            "sum w would fall from %g to %g and keep %.1f digits, but must keep %d: add up what stays anew",
            gram_sum_weight(&from->gram), W, digits, MOMENTS_DIGITS);
    for (size_t j = 0; j < left->gram.order - 1; j++) {
        double before = gram_square(&from->gram, j), after = gram_square(&left->gram, j);
        if (equations_constant(before, gram_square_about_zero(&from->gram, j)))
            continue;
        digits = after > 0 ? digits_of(moments_error_relative(&left->error[j], after / W)) : 0;
        double ratio = left->gram.scale[j] / from->gram.scale[j];
        if (digits < MOMENTS_DIGITS)
            return error_set(GEMML_ERROR_UNSUPPORTED,
                             "%.3g of the sum of squares of %s %zu about its mean would be left, with %.1f digits, "
                             "but must keep %d: add up what stays anew",
                             fmax(after, 0) / (before * ratio * ratio), j < p ? "feature" : "output", j < p ? j : j - p,
                             digits, MOMENTS_DIGITS);
    }
    return GEMML_OK;
}

/* Nothing is left: the weights must agree as well. */
static gemml_status subtract_all(struct gemml_moments *from, const struct gemml_moments *part)
{
    struct gemml_moments empty;
    double W = gram_sum_weight(&from->gram), W_part = gram_sum_weight(&part->gram);
    if (!(fabs(W - W_part) <= pow(10, -MOMENTS_DIGITS) * W))
        return error_set(GEMML_ERROR_UNSUPPORTED, "all %zu rows would be removed, but sum w is %g and theirs is %g",
                         from->gram.rows, W, W_part);
    TRY(init(&empty, from->gram.features, from->gram.outputs));
    replace(from, &empty);
    return GEMML_OK;
}

gemml_status moments_subtract(struct gemml_moments *from, const struct gemml_moments *part)
{
    struct gemml_moments left;
    double W = gram_sum_weight(&from->gram), W_part = gram_sum_weight(&part->gram);
    if (part->gram.rows == 0)
        return GEMML_OK;
    if (part->gram.rows > from->gram.rows)
        return error_set(GEMML_ERROR_UNSUPPORTED, "%zu rows cannot be removed from %zu", part->gram.rows,
                         from->gram.rows);
    if (part->gram.rows == from->gram.rows)
        return subtract_all(from, part);
    if (W_part >= W)
        return error_set(GEMML_ERROR_UNSUPPORTED, "rows of sum w %g cannot be removed from rows of %g", W_part, W);
    TRY(combined(&left, from, part, -1));
    left.gram.rows = from->gram.rows - part->gram.rows;
    gemml_status status = check_digits(&left, from);
    if (status == GEMML_OK)
        replace(from, &left);
    else
        release(&left);
    return status;
}

/* ---- What is known ---- */

double moments_mean(const struct gemml_moments *moments, size_t j)
{
    const struct gram *gram = &moments->gram;
    return gram->shift[j] + mean_offset(gram, j) / gram->scale[j];
}

double moments_covariance(const struct gemml_moments *moments, size_t i, size_t j)
{
    const struct gram *gram = &moments->gram;
    double W = gram_sum_weight(gram);
    double centred = gram->G[i * gram->ld + j] / W - mean_offset(gram, i) * mean_offset(gram, j);
    return (i == j ? fmax(centred, 0) : centred) / gram->scale[i] / gram->scale[j];
}

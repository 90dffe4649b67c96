#include "solve/line_search.h"

#include <math.h>

#define SUFFICIENT 1e-4 /* c1 */
#define CURVATURE 0.9   /* c2 */

enum { MOST_TRIALS = 30 };

struct search {
    const struct trial *start;
    double noise; /* absolute */
    trial_evaluate evaluate;
    void *context;
};

static gemml_status try_step(const struct search *search, double step, struct trial *trial)
{
    *trial = (struct trial){.step = step};
    return search->evaluate(search->context, trial);
}

/* Low enough, by value or, within the noise, by slope. */
static bool low_enough(const struct search *search, const struct trial *trial)
{
    const struct trial *start = search->start;
    if (trial->value <= start->value + SUFFICIENT * trial->step * start->slope)
        return true;
    return fabs(trial->value - start->value) <= search->noise && trial->slope <= (2 * SUFFICIENT - 1) * start->slope;
}

static bool flat_enough(const struct search *search, const struct trial *trial)
{
    return fabs(trial->slope) <= -CURVATURE * search->start->slope;
}

/* The minimum of the cubic through two trials, kept off the ends of the interval;
 * its middle where there is none. */
static double interpolate(const struct trial *a, const struct trial *b)
{
    double width = b->step - a->step;
    double d = a->slope + b->slope - 3 * (b->value - a->value) / width;
    double root = copysign(sqrt(d * d - a->slope * b->slope), width);
    double step = b->step - width * (b->slope + root - d) / (b->slope - a->slope + 2 * root);
    double low = fmin(a->step, b->step) + 0.1 * fabs(width), high = fmax(a->step, b->step) - 0.1 * fabs(width);
    return isfinite(step) && step >= low && step <= high ? step
           : isfinite(step) && isfinite(b->value)        ? fmin(fmax(step, low), high)
                                                         : a->step + width / 2;
}

/* Algorithm 3.6: between them `low` (the lower) and `high` hold a step that is wanted. */
static gemml_status shrink(const struct search *search, struct trial low, struct trial high, int trials,
                           struct trial *trial, bool *found)
{
    for (; trials < MOST_TRIALS; trials++) {
        TRY(try_step(search, interpolate(&low, &high), trial));
        if (!low_enough(search, trial) || trial->value > low.value + search->noise) {
            high = *trial;
        } else {
            if (flat_enough(search, trial)) {
                *found = true;
                return GEMML_OK;
            }
            if (trial->slope * (high.step - low.step) >= 0)
                high = low;
            low = *trial;
        }
    }
    /* Out of trials: a step that is low enough will do. */
    if (low.step > 0) {
        TRY(try_step(search, low.step, trial));
        *found = true;
    }
    return GEMML_OK;
}

/* Algorithm 3.5: longer steps until an interval holds one that is wanted. */
gemml_status line_search(const struct trial *start, double step, double noise, trial_evaluate evaluate, void *context,
                         struct trial *trial, bool *found)
{
    struct search search = {start, noise * fabs(start->value), evaluate, context};
    struct trial previous = *start;
    *found = false;
    for (int trials = 0; trials < MOST_TRIALS; trials++) {
        TRY(try_step(&search, step, trial));
        if (!low_enough(&search, trial) || (trials > 0 && trial->value >= previous.value + search.noise))
            return shrink(&search, previous, *trial, trials + 1, trial, found);
        if (flat_enough(&search, trial)) {
            *found = true;
            return GEMML_OK;
        }
        if (trial->slope >= 0)
            return shrink(&search, *trial, previous, trials + 1, trial, found);
        previous = *trial;
        step *= 4;
    }
    return GEMML_OK;
}

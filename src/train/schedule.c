/* With t the step (from 0), T all steps, S the steps of an epoch, e = t / S:
 *
 *   constant     base
 *   step         base factor^floor(e / every)
 *   exponential  base factor^e
 *   cosine       floor + (base - floor) (1 + cos(pi t / T)) / 2
 *   one-cycle    from base / start to base in the steps 0 .. P, P = warmup T - 1,
 *                and down to base / (start end) in P .. T - 1, both along
 *                cosine(a, b, s) = b + (a - b) (1 + cos(pi s)) / 2, s = 0 .. 1
 *
 * cosine: Loshchilov and Hutter, "SGDR" (2017), equation 5, without restarts.
 * one-cycle: Smith and Topin, "Super-convergence" (2018), with the cosine instead
 * of the straight line, and the divisors of PyTorch's OneCycleLR. */
#include "train/schedule.h"

#include <math.h>

#define PI 3.14159265358979323846

/* From a (share 0) to b (share 1). */
static double cosine(double a, double b, double share)
{
    return b + (a - b) * (1 + cos(PI * share)) / 2;
}

static double one_cycle_rate(const struct schedule *schedule, double step, double steps, double base)
{
    double start = base / schedule->start_divisor, end = start / schedule->end_divisor;
    double peak = fmax(schedule->warmup * steps - 1, 0), last = steps - 1;
    if (step < peak)
        return cosine(start, base, step / peak);
    return last > peak ? cosine(base, end, (step - peak) / (last - peak)) : base;
}

double schedule_rate(const struct schedule *schedule, size_t step, size_t steps, size_t steps_per_epoch, double base)
{
    if (step >= steps)
        step = steps - 1;
    switch (schedule->kind) {
    case SCHEDULE_STEP:
        return base * pow(schedule->factor, (double)(step / steps_per_epoch / schedule->every));
    case SCHEDULE_EXPONENTIAL:
        return base * pow(schedule->factor, (double)step / (double)steps_per_epoch);
    case SCHEDULE_COSINE:
        return cosine(base, schedule->floor, (double)step / (double)steps);
    case SCHEDULE_ONE_CYCLE:
        return one_cycle_rate(schedule, (double)step, (double)steps, base);
    case SCHEDULE_CONSTANT:
    case SCHEDULE_COUNT:
        break;
    }
    return base;
}

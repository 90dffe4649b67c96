#include "train/training.h"

#include <math.h>

static void choose(double *value, double otherwise)
{
    if (isnan(*value))
        *value = otherwise;
}

static void choose_count(size_t *value, size_t otherwise)
{
    if (*value == 0)
        *value = otherwise;
}

/* Momentum as in Sutskever et al. (2013), RMSprop as in PyTorch, Adam as in Kingma
 * and Ba (2015), AdamW's decay as in Loshchilov and Hutter (2019). */
static void resolve_optimizer(struct optimizer_settings *optimizer)
{
    choose(&optimizer->momentum, 0.9);
    choose(&optimizer->decay, 0.99);
    choose(&optimizer->beta1, 0.9);
    choose(&optimizer->beta2, 0.999);
    choose(&optimizer->epsilon, 1e-8);
    choose(&optimizer->weight_decay, 0.01);
}

static void resolve_schedule(struct schedule *schedule, size_t epochs)
{
    choose(&schedule->factor, schedule->kind == SCHEDULE_STEP ? 0.1 : 0.95);
    choose_count(&schedule->every, epochs > 3 ? (epochs - 1) / 3 + 1 : 1);
    choose(&schedule->floor, 0);
    choose(&schedule->warmup, 0.3);
    choose(&schedule->start_divisor, 25);
    choose(&schedule->end_divisor, 1e4);
}

void training_resolve(struct training *training)
{
    resolve_optimizer(&training->optimizer);
    resolve_schedule(&training->schedule, training->epochs);
    choose_count(&training->accumulate, 1);
    choose_count(&training->valid_every, 1);
}

/* With the rate r, the gradient g, and the step's number t from 1:
 *
 *   sgd       theta -= r g
 *   momentum  m = mu m + g,  theta -= r m                         Polyak (1964)
 *   Nesterov  m = mu m + g,  theta -= r (g + mu m)                Sutskever, Martens, Dahl, Hinton (2013)
 *   RMSprop   v = a v + (1 - a) g^2,  theta -= r g / (sqrt v + e) Tieleman and Hinton (2012)
 *   Adam      m = b1 m + (1 - b1) g,  v = b2 v + (1 - b2) g^2,
 *             theta -= r m' / (sqrt v' + e),
 *             m' = m / (1 - b1^t),  v' = v / (1 - b2^t)           Kingma and Ba (2015), algorithm 1
 *   AdamW     W *= 1 - r d  (weights only, no bias), then Adam    Loshchilov and Hutter (2019), algorithm 2
 *
 * All as PyTorch has them (the rate outside of the momentum, e outside of the root).
 *
 * sgd is one axpy. The others are one loop each, which reads and writes each vector once, and
 * scales the gradient on the way: level 1 would take three to seven calls, and has no squares and roots. Every
 * operation is correctly rounded by itself, so that scalar and vector code agree, and so do
 * a gradient that was scaled before and one that is scaled here.
 * See docs/decisions/0013-optimizer-updates.md. */
#include "train/optimizer.h"

#include <math.h>

#include "kernel/dispatch.h"
#include "kernel/linalg.h"
#include "train/gradient.h"

#ifdef GEMML_REAL_F32
#define sqrt_real sqrtf
#else
#define sqrt_real sqrt
#endif

bool R(optimizer_keeps)(enum optimizer rule, size_t vector)
{
    if (vector == 0)
        return rule != OPTIMIZER_SGD && rule != OPTIMIZER_RMSPROP;
    return rule >= OPTIMIZER_RMSPROP;
}

DISPATCHED static void momentum_update(real mu, real rate, size_t n, real scale, const real *restrict g,
                                       real *restrict m, real *restrict theta)
{
    for (size_t i = 0; i < n; i++) {
        m[i] = mu * m[i] + scale * g[i];
        theta[i] -= rate * m[i];
    }
}

DISPATCHED static void nesterov_update(real mu, real rate, size_t n, real scale, const real *restrict g,
                                       real *restrict m, real *restrict theta)
{
    for (size_t i = 0; i < n; i++) {
        real gi = scale * g[i];
        m[i] = mu * m[i] + gi;
        theta[i] -= rate * (gi + mu * m[i]);
    }
}

DISPATCHED static void rmsprop_update(real a, real rest, real rate, real epsilon, size_t n, real scale,
                                      const real *restrict g, real *restrict v, real *restrict theta)
{
    for (size_t i = 0; i < n; i++) {
        real gi = scale * g[i];
        v[i] = a * v[i] + rest * gi * gi;
        theta[i] -= rate * gi / (sqrt_real(v[i]) + epsilon);
    }
}

/* The scalars of Adam's step, with the corrections of the means taken out of the loop. */
struct adam {
    real b1, rest1, b2, rest2; /* rest = 1 - b, rounded once */
    real rate;                 /* r / (1 - b1^t) */
    real root;                 /* 1 / sqrt(1 - b2^t) */
    real epsilon;
};

static struct adam adam_scalars(const struct optimizer_settings *settings, double rate, size_t step)
{
    double t = (double)step, b1 = settings->beta1, b2 = settings->beta2;
    return (struct adam){(real)b1,
                         (real)(1 - b1),
                         (real)b2,
                         (real)(1 - b2),
                         (real)(rate / (1 - pow(b1, t))),
                         (real)(1 / sqrt(1 - pow(b2, t))),
                         (real)settings->epsilon};
}

DISPATCHED static void adam_update(const struct adam *adam, size_t n, real scale, const real *restrict g,
                                   real *restrict m, real *restrict v, real *restrict theta)
{
    const struct adam s = *adam;
    for (size_t i = 0; i < n; i++) {
        real gi = scale * g[i];
        m[i] = s.b1 * m[i] + s.rest1 * gi;
        v[i] = s.b2 * v[i] + s.rest2 * gi * gi;
        theta[i] -= s.rate * m[i] / (sqrt_real(v[i]) * s.root + s.epsilon);
    }
}

void R(optimizer_update)(const struct optimizer_settings *settings, const struct chain *chain, double rate, size_t step,
                         size_t first, size_t count, double scale, const real *g, real *const vector[OPTIMIZER_VECTORS],
                         real *theta)
{
    real *m = vector[0] ? vector[0] + first : NULL, *v = vector[1] ? vector[1] + first : NULL;
    g += first;
    switch (settings->rule) {
    case OPTIMIZER_SGD:
    case OPTIMIZER_COUNT:
        R(axpy)(count, (real)(-rate * scale), g, 1, theta + first, 1);
        break;
    case OPTIMIZER_MOMENTUM:
        momentum_update((real)settings->momentum, (real)rate, count, (real)scale, g, m, theta + first);
        break;
    case OPTIMIZER_NESTEROV:
        nesterov_update((real)settings->momentum, (real)rate, count, (real)scale, g, m, theta + first);
        break;
    case OPTIMIZER_RMSPROP:
        rmsprop_update((real)settings->decay, (real)(1 - settings->decay), (real)rate, (real)settings->epsilon, count,
                       (real)scale, g, v, theta + first);
        break;
    case OPTIMIZER_ADAMW:
        R(weights_scale)(chain, first, count, (real)(1 - rate * settings->weight_decay), theta);
        /* fall through */
    case OPTIMIZER_ADAM: {
        struct adam adam = adam_scalars(settings, rate, step);
        adam_update(&adam, count, (real)scale, g, m, v, theta + first);
        break;
    }
    }
}

#include "solve/lbfgs.h"

#include <math.h>
#include <string.h>

#include "kernel/linalg.h"
#include "solve/line_search.h"
#include "util/alloc.h"

enum { LBFGS_MEMORY = 12 };

struct lbfgs {
    const struct lbfgs_settings *settings;
    size_t n;
    double *x, *trial, *gradient, *trial_gradient, *direction;
    double *s, *y; /* LBFGS_MEMORY x n: pair number i in row i mod LBFGS_MEMORY */
    double rho[LBFGS_MEMORY], alpha[LBFGS_MEMORY];
    size_t pairs; /* made so far */
    size_t evaluations;
    double value;
};

static gemml_status evaluate(struct lbfgs *run, const double *x, double *value, double *gradient)
{
    run->evaluations++;
    return run->settings->evaluate(run->settings->function, x, value, gradient);
}

static double *row(double *pairs, const struct lbfgs *run, size_t pair)
{
    return pairs + pair % LBFGS_MEMORY * run->n;
}

/* d = inv(M) d. */
static gemml_status apply_metric(const struct lbfgs *run, double *d)
{
    const struct lbfgs_settings *settings = run->settings;
    if (settings->metric)
        return settings->metric(settings->metric_context, d);
    if (run->pairs > 0) {
        const double *y = row(run->y, run, run->pairs - 1);
        scal_f64(run->n, 1 / (run->rho[(run->pairs - 1) % LBFGS_MEMORY] * dot_f64(run->n, y, 1, y, 1)), d, 1);
    }
    return GEMML_OK;
}

/* Algorithm 7.4: direction = -H gradient. */
static gemml_status find_direction(struct lbfgs *run)
{
    size_t n = run->n, first = run->pairs > LBFGS_MEMORY ? run->pairs - LBFGS_MEMORY : 0;
    double *d = run->direction;
    memcpy(d, run->gradient, n * sizeof *d);
    for (size_t i = run->pairs; i-- > first;) {
        run->alpha[i % LBFGS_MEMORY] = run->rho[i % LBFGS_MEMORY] * dot_f64(n, row(run->s, run, i), 1, d, 1);
        axpy_f64(n, -run->alpha[i % LBFGS_MEMORY], row(run->y, run, i), 1, d, 1);
    }
    TRY(apply_metric(run, d));
    for (size_t i = first; i < run->pairs; i++) {
        double beta = run->rho[i % LBFGS_MEMORY] * dot_f64(n, row(run->y, run, i), 1, d, 1);
        axpy_f64(n, run->alpha[i % LBFGS_MEMORY] - beta, row(run->s, run, i), 1, d, 1);
    }
    scal_f64(n, -1, d, 1);
    return GEMML_OK;
}

static gemml_status evaluate_trial(void *context, struct trial *trial)
{
    struct lbfgs *run = context;
    memcpy(run->trial, run->x, run->n * sizeof *run->x);
    axpy_f64(run->n, trial->step, run->direction, 1, run->trial, 1);
    TRY(evaluate(run, run->trial, &trial->value, run->trial_gradient));
    trial->slope = dot_f64(run->n, run->trial_gradient, 1, run->direction, 1);
    if (!isfinite(trial->value) || !isfinite(trial->slope))
        trial->value = trial->slope = INFINITY;
    return GEMML_OK;
}

/* Keeps the pair in the next row of s and y, unless its curvature is not positive. */
static void keep_pair(struct lbfgs *run)
{
    double curvature = dot_f64(run->n, row(run->s, run, run->pairs), 1, row(run->y, run, run->pairs), 1);
    if (!(curvature > 1e-300) || !isfinite(1 / curvature))
        return;
    run->rho[run->pairs % LBFGS_MEMORY] = 1 / curvature;
    run->pairs++;
}

/* The pair that is known beforehand. */
static void take_pair(struct lbfgs *run)
{
    if (!run->settings->pair_step)
        return;
    memcpy(run->s, run->settings->pair_step, run->n * sizeof *run->s);
    memcpy(run->y, run->settings->pair_change, run->n * sizeof *run->y);
    keep_pair(run);
}

/* The pair of the step from x to trial. */
static void remember_pair(struct lbfgs *run)
{
    size_t n = run->n;
    double *s = row(run->s, run, run->pairs), *y = row(run->y, run, run->pairs);
    memcpy(s, run->trial, n * sizeof *s);
    axpy_f64(n, -1, run->x, 1, s, 1);
    memcpy(y, run->trial_gradient, n * sizeof *y);
    axpy_f64(n, -1, run->gradient, 1, y, 1);
    keep_pair(run);
}

/* One step; *moved is false when the line search finds none, not even along the
 * gradient. */
static gemml_status take_step(struct lbfgs *run, bool *moved)
{
    *moved = false;
    for (int attempt = 0; attempt < 2 && !*moved; attempt++) {
        struct trial start = {.value = run->value}, trial;
        if (attempt == 1) {
            if (run->pairs == 0)
                break;
            run->pairs = 0;
        }
        TRY(find_direction(run));
        start.slope = dot_f64(run->n, run->gradient, 1, run->direction, 1);
        if (!(start.slope < 0))
            continue;
        bool scaled = run->pairs > 0 || run->settings->metric;
        TRY(line_search(&start, scaled ? 1 : run->settings->first_step, run->settings->noise, evaluate_trial, run,
                        &trial, moved));
        if (*moved)
            run->value = trial.value;
    }
    if (!*moved)
        return GEMML_OK;
    remember_pair(run);
    memcpy(run->x, run->trial, run->n * sizeof *run->x);
    memcpy(run->gradient, run->trial_gradient, run->n * sizeof *run->x);
    return GEMML_OK;
}

static gemml_status minimise(struct lbfgs *run, struct lbfgs_result *result)
{
    const struct lbfgs_settings *settings = run->settings;
    bool stop = false, moved = true;
    TRY(evaluate(run, run->x, &run->value, run->gradient));
    TRY(settings->observe(settings->observer, 0, run->x, run->value, run->gradient, &stop));
    while (!stop && moved && result->iterations < settings->iterations) {
        TRY(take_step(run, &moved));
        if (!moved)
            break;
        result->iterations++;
        TRY(settings->observe(settings->observer, result->iterations, run->x, run->value, run->gradient, &stop));
    }
    result->end = stop ? LBFGS_STOPPED : moved ? LBFGS_LIMIT : LBFGS_STALLED;
    result->evaluations = run->evaluations;
    return GEMML_OK;
}

gemml_status lbfgs_minimise(double *x, const struct lbfgs_settings *settings, struct lbfgs_result *result)
{
    struct lbfgs run = {.settings = settings, .n = settings->variables, .x = x};
    double *memory;
    *result = (struct lbfgs_result){.end = LBFGS_LIMIT};
    TRY(memory_alloc(&memory, memory_product(2 * LBFGS_MEMORY + 4, run.n), sizeof *memory));
    run.trial = memory;
    run.gradient = run.trial + run.n;
    run.trial_gradient = run.gradient + run.n;
    run.direction = run.trial_gradient + run.n;
    run.s = run.direction + run.n;
    run.y = run.s + LBFGS_MEMORY * run.n;
    take_pair(&run);
    gemml_status status = minimise(&run, result);
    memory_free(memory);
    return status;
}

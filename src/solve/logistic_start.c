#include "solve/logistic_start.h"

#include <math.h>
#include <string.h>

#include "kernel/linalg.h"
#include "util/rng.h"

#define CHANCE 0.3      /* times 1 / sqrt(m): the gradient that chance leaves a sample */
#define EASY 2e-3       /* a gradient that is reached within FEW_STEPS unless columns correlate */
#define DIFFERENCE 1e-4 /* of two points at which the gradient is taken */

enum {
    SHARE = 16,         /* one row in so many is drawn, */
    MOST_ROWS = 256,    /* but not more for each parameter: they would save less than they cost, */
    FEWEST_ROWS = 16,   /* nor less */
    LEAST_ROWS = 128,   /* of the data for each parameter: eight times a sample */
    LEAST_OF_CLASS = 8, /* rows of each class in a sample */
    FEW_STEPS = 7,      /* with which L-BFGS shows that it needs no Hessian */
    MORE_STEPS = 30
};

bool logistic_start_pays(size_t rows, size_t parameters)
{
    return rows / LEAST_ROWS >= parameters;
}

static size_t parameters_of(const struct logistic_start *start)
{
    return start->function.chain->parameters;
}

/* ---- The sample ---------------------------------------------------------------- */

/* One row of each of m ranges. */
static void draw(size_t *order, size_t m, size_t n, struct rng *rng)
{
    size_t length = n / m, longer = n % m, first = 0;
    for (size_t i = 0; i < m; i++) {
        size_t here = length + (i < longer);
        order[i] = first + rng_below(rng, here);
        first += here;
    }
}

/* The sample's sum of weights, and whether it has enough rows of each class. */
static gemml_status weigh(struct logistic_start *start, bool *enough)
{
    const gemml_dataset *data = &start->problem.data;
    size_t *count;
    TRY(memory_zeroed(&count, start->problem.classes, sizeof *count));
    start->problem.sum_weight = 0;
    for (size_t i = 0; i < start->rows; i++) {
        double w = data->weight.data ? view_element(&data->weight, start->order[i], 0) : 1;
        start->problem.sum_weight += w;
        count[(size_t)view_element(&data->y, start->order[i], 0)] += w > 0;
    }
    *enough = true;
    for (size_t k = 0; k < start->problem.classes; k++)
        *enough &= count[k] >= LEAST_OF_CLASS;
    memory_free(count);
    return GEMML_OK;
}

/* The penalty is as large beside the sample's loss as beside that of all rows. */
static gemml_status share_penalty(struct logistic_start *start, const struct logistic_function *whole)
{
    start->space = *whole->space;
    start->space.penalty = NULL; /* the other's is not this one's to free */
    TRY(memory_copy(&start->space.penalty, whole->space->penalty, start->space.p, sizeof(double)));
    scal_f64(start->space.p, start->problem.sum_weight / whole->problem->sum_weight, start->space.penalty, 1);
    return GEMML_OK;
}

static gemml_status take_sample(struct logistic_start *start, const struct logistic_function *whole, struct rng *rng,
                                bool *enough)
{
    size_t n = whole->problem->data.x.rows, parameters = whole->chain->parameters;
    size_t least = memory_product(FEWEST_ROWS, parameters), most = memory_product(MOST_ROWS, parameters);
    start->rows = n / SHARE < least ? least : n / SHARE > most ? most : n / SHARE;
    start->problem = *whole->problem;
    TRY(memory_alloc(&start->order, start->rows, sizeof *start->order));
    draw(start->order, start->rows, n, rng);
    TRY(weigh(start, enough));
    TRY(share_penalty(start, whole));
    TRY(logistic_function_make(&start->function, &start->problem, &start->space, whole->chain, GEMML_F64, false));
    start->function.order = start->order;
    start->function.rows = start->rows;
    size_t count = whole->chain->parameters;
    TRY(memory_zeroed(&start->theta, memory_product(5, count), sizeof *start->theta));
    start->curved = start->theta + count;
    start->diagonal = start->curved + count;
    start->work = start->diagonal + count;
    return GEMML_OK;
}

/* ---- The metric ---------------------------------------------------------------- */

/* Of the type of lbfgs_settings' metric. */
static gemml_status apply_metric(void *context, double *d)
{
    struct logistic_start *start = context;
    if (start->newton.H)
        return newton_solve(&start->newton, d);
    for (size_t i = 0; i < parameters_of(start); i++)
        d[i] /= start->diagonal[i];
    return GEMML_OK;
}

/* out = H v at theta, by differences of the gradient; `gradient` is that at theta. */
static gemml_status hessian_times(struct logistic_start *start, const double *v, const double *gradient, double *point,
                                  double *out)
{
    size_t count = parameters_of(start);
    double value;
    memcpy(point, start->theta, count * sizeof *point);
    axpy_f64(count, DIFFERENCE, v, 1, point, 1);
    TRY(logistic_function_evaluate(&start->function, point, &value, out));
    axpy_f64(count, -1, gradient, 1, out, 1);
    scal_f64(count, 1 / DIFFERENCE, out, 1);
    return GEMML_OK;
}

static double penalty_at(const struct logistic_start *start, size_t i)
{
    const struct logistic_space *space = &start->space;
    return i < space->p * space->K ? space->penalty[i / space->K] / start->problem.sum_weight : 0;
}

/* a of the diagonal, the mean curvature of the loss: by a vector of random signs. */
static gemml_status measure_curvature(struct logistic_start *start, const double *gradient, struct rng *rng, double *a)
{
    size_t count = parameters_of(start);
    double *signs = start->diagonal, *product = start->curved, sum = 0;
    for (size_t i = 0; i < count; i++)
        signs[i] = rng_bits(rng) >> 63 ? 1 : -1;
    TRY(hessian_times(start, signs, gradient, start->work + count, product));
    for (size_t i = 0; i < count; i++)
        sum += signs[i] * product[i] - penalty_at(start, i);
    *a = fmax(sum / (double)count, 1e-6); /* of p (1 - p), which is at most 1/4 */
    return GEMML_OK;
}

/* ---- The sample's answer --------------------------------------------------------- */

/* Of the type of lbfgs_settings' observe; `context` is the start, whose work becomes the gradient. */
static gemml_status observe(void *context, size_t iteration, const double *theta, double value, const double *gradient,
                            bool *stop)
{
    struct logistic_start *start = context;
    (void)iteration, (void)theta, (void)value;
    memcpy(start->work, gradient, parameters_of(start) * sizeof *gradient);
    *stop = logistic_largest(parameters_of(start), gradient) <= start->target;
    return GEMML_OK;
}

/* From where theta stands. *found: to the target, in so many steps. */
static gemml_status minimise(struct logistic_start *start, double first_step, size_t steps, bool *found)
{
    struct lbfgs_settings settings = {.variables = parameters_of(start),
                                      .iterations = steps,
                                      .first_step = first_step,
                                      .noise = 1e-14,
                                      .evaluate = logistic_function_evaluate,
                                      .observe = observe,
                                      .function = &start->function,
                                      .observer = start,
                                      .metric = start->newton.H ? apply_metric : NULL,
                                      .metric_context = start};
    struct lbfgs_result result;
    TRY(lbfgs_minimise(start->theta, &settings, &result));
    *found = result.end == LBFGS_STOPPED;
    return GEMML_OK;
}

/* M = H at theta, its diagonal not below a / 2: of a rare level a sample may have no row. */
static gemml_status try_hessian(struct logistic_start *start, double a)
{
    bool good;
    TRY(newton_make(&start->newton, &start->function));
    TRY(newton_metric(&start->newton, start->theta, a / 2, &good));
    if (!good)
        newton_free(&start->newton);
    return GEMML_OK;
}

/* M = the diagonal, and the pair. */
static gemml_status use_diagonal(struct logistic_start *start, double a, const double *gradient,
                                 struct lbfgs_settings *settings)
{
    size_t count = parameters_of(start);
    for (size_t i = 0; i < count; i++)
        start->diagonal[i] = a + penalty_at(start, i);
    TRY(hessian_times(start, start->theta, gradient, start->work + count, start->curved));
    settings->pair_step = start->theta;
    settings->pair_change = start->curved;
    return GEMML_OK;
}

static gemml_status find(struct logistic_start *start, struct rng *rng, struct lbfgs_settings *settings)
{
    double a;
    bool found;
    double chance = CHANCE / sqrt((double)start->rows);
    start->target = fmin(EASY, chance);
    TRY(minimise(start, settings->first_step, FEW_STEPS, &found));
    TRY(measure_curvature(start, start->work, rng, &a));
    if (!found && parameters_of(start) <= NEWTON_MOST)
        TRY(try_hessian(start, a));
    start->target = chance;
    if (start->newton.H)
        return minimise(start, 1, MORE_STEPS, &found);
    return use_diagonal(start, a, start->work, settings);
}

gemml_status logistic_start_make(struct logistic_start *start, const struct logistic_function *whole, double *theta,
                                 struct lbfgs_settings *settings)
{
    struct rng rng = rng_make(0, RNG_STREAM_SAMPLE);
    bool enough = false;
    *start = (struct logistic_start){0};
    gemml_status status = take_sample(start, whole, &rng, &enough);
    if (status == GEMML_OK && enough)
        status = find(start, &rng, settings);
    if (status == GEMML_OK && enough) {
        memcpy(theta, start->theta, parameters_of(start) * sizeof *theta);
        settings->metric = apply_metric;
        settings->metric_context = start;
    }
    if (status != GEMML_OK)
        logistic_start_free(start);
    return status;
}

void logistic_start_free(struct logistic_start *start)
{
    newton_free(&start->newton);
    logistic_function_free(&start->function);
    memory_free(start->space.penalty);
    memory_free(start->theta);
    memory_free(start->order);
    *start = (struct logistic_start){0};
}

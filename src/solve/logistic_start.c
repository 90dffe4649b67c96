#include "solve/logistic_start.h"

#include <math.h>
#include <string.h>

#include "kernel/linalg.h"
#include "util/rng.h"

#define CHANCE 0.3      /* times 1 / sqrt(m): the gradient that chance leaves a sample */
#define EASY 2e-3       /* a gradient that is reached within FEW_STEPS unless columns correlate */
#define DIFFERENCE 1e-4 /* of two points at which the gradient is taken */
#define SHORTEST 0.5    /* of theta */

enum {
    SHARE = 16,         /* one row in so many is drawn, */
    MOST_ROWS = 256,    /* but not more for each parameter: they would save less than they cost, */
    FEWEST_ROWS = 16,   /* nor less */
    LEAST_ROWS = 128,   /* of the data for each parameter: eight times a sample */
    LEAST_OF_CLASS = 8, /* rows of each class in a sample */
    OTHERS = 4,         /* ranges, of which one gives another row */
    FEW_STEPS = 7,      /* with which L-BFGS shows that it needs no Hessian */
    MORE_STEPS = 30
};

bool logistic_start_pays(size_t rows, size_t parameters)
{
    return rows / LEAST_ROWS >= parameters;
}

static size_t parameters_of(const struct logistic_start *start)
{
    return start->sample.function.chain->parameters;
}

/* ---- The samples --------------------------------------------------------------- */

/* One row of each of m ranges, and another one of every fourth. */
static void draw(size_t *order, size_t *other, size_t m, size_t n, struct rng *rng)
{
    size_t length = n / m, longer = n % m, first = 0;
    for (size_t i = 0; i < m; i++) {
        size_t here = length + (i < longer), row = rng_below(rng, here);
        order[i] = first + row;
        if (i % OTHERS == 0)
            other[i / OTHERS] = first + (row + 1 + rng_below(rng, here - 1)) % here;
        first += here;
    }
}

/* The sample's sum of weights, and whether it has enough rows of each class. */
static gemml_status weigh(struct logistic_sample *sample, bool *enough)
{
    const gemml_dataset *data = &sample->problem.data;
    size_t *count;
    TRY(memory_zeroed(&count, sample->problem.classes, sizeof *count));
    sample->problem.sum_weight = 0;
    for (size_t i = 0; i < sample->rows; i++) {
        double w = data->weight.data ? view_element(&data->weight, sample->order[i], 0) : 1;
        sample->problem.sum_weight += w;
        count[(size_t)view_element(&data->y, sample->order[i], 0)] += w > 0;
    }
    *enough = true;
    for (size_t k = 0; k < sample->problem.classes; k++)
        *enough &= count[k] >= LEAST_OF_CLASS;
    memory_free(count);
    return GEMML_OK;
}

/* The penalty is as large beside the sample's loss as beside that of all rows. */
static gemml_status share_penalty(struct logistic_sample *sample, const struct logistic_function *whole)
{
    sample->space = *whole->space;
    sample->space.penalty = NULL; /* the other's is not this one's to free */
    TRY(memory_copy(&sample->space.penalty, whole->space->penalty, sample->space.p, sizeof(double)));
    scal_f64(sample->space.p, sample->problem.sum_weight / whole->problem->sum_weight, sample->space.penalty, 1);
    return GEMML_OK;
}

/* The function over the rows that were drawn. */
static gemml_status take_sample(struct logistic_sample *sample, const struct logistic_function *whole, bool *enough)
{
    sample->problem = *whole->problem;
    TRY(weigh(sample, enough));
    TRY(share_penalty(sample, whole));
    TRY(logistic_function_make(&sample->function, &sample->problem, &sample->space, whole->chain, GEMML_F64, false));
    sample->function.order = sample->order;
    sample->function.rows = sample->rows;
    return GEMML_OK;
}

static gemml_status take_samples(struct logistic_start *start, const struct logistic_function *whole, struct rng *rng,
                                 bool *enough)
{
    size_t n = whole->problem->data.x.rows, count = whole->chain->parameters;
    size_t least = memory_product(FEWEST_ROWS, count), most = memory_product(MOST_ROWS, count);
    size_t rows = n / SHARE < least ? least : n / SHARE > most ? most : n / SHARE;
    bool others_enough;
    start->sample.rows = rows;
    start->other.rows = (rows - 1) / OTHERS + 1;
    TRY(memory_alloc(&start->sample.order, start->sample.rows, sizeof(size_t)));
    TRY(memory_alloc(&start->other.order, start->other.rows, sizeof(size_t)));
    draw(start->sample.order, start->other.order, rows, n, rng);
    TRY(take_sample(&start->sample, whole, enough));
    TRY(take_sample(&start->other, whole, &others_enough));
    *enough &= start->other.problem.sum_weight > 0;
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

static double penalty_at(const struct logistic_start *start, size_t i)
{
    const struct logistic_space *space = &start->sample.space;
    return i < space->p * space->K ? space->penalty[i / space->K] / start->sample.problem.sum_weight : 0;
}

/* a of the diagonal, the mean curvature of the loss over a sample at `point`: by a vector r of random signs, and
 * H r as a difference of gradients. Overwrites the diagonal, curved and work. */
static gemml_status measure_curvature(struct logistic_start *start, struct logistic_sample *sample, const double *point,
                                      struct rng *rng, double *a)
{
    size_t count = parameters_of(start);
    double *there = start->diagonal, *gradient = start->work, *changed = start->curved, value, sum = 0;
    TRY(logistic_function_evaluate(&sample->function, point, &value, gradient));
    for (size_t i = 0; i < count; i++)
        there[i] = point[i] + (rng_bits(rng) >> 63 ? DIFFERENCE : -DIFFERENCE);
    TRY(logistic_function_evaluate(&sample->function, there, &value, changed));
    for (size_t i = 0; i < count; i++)
        sum += (changed[i] - gradient[i]) / (there[i] > point[i] ? DIFFERENCE : -DIFFERENCE) - penalty_at(start, i);
    *a = fmax(sum / (double)count, 1e-6); /* of p (1 - p), which is at most 1/4 */
    return GEMML_OK;
}

/* ---- The sample's answer --------------------------------------------------------- */

/* Of the type of lbfgs_settings' observe. */
static gemml_status observe(void *context, size_t iteration, const double *theta, double value, const double *gradient,
                            bool *stop)
{
    const struct logistic_start *start = context;
    (void)iteration, (void)theta, (void)value;
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
                                      .function = &start->sample.function,
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
    TRY(newton_make(&start->newton, &start->sample.function));
    TRY(newton_metric(&start->newton, start->theta, a / 2, &good));
    if (!good)
        newton_free(&start->newton);
    return GEMML_OK;
}

/* The slope of the other rows' f along theta, at t theta. */
static gemml_status slope_along(struct logistic_start *start, double t, double *slope)
{
    size_t count = parameters_of(start);
    double value, *gradient = start->curved, *point = start->work;
    memcpy(point, start->theta, count * sizeof *point);
    scal_f64(count, t, point, 1);
    TRY(logistic_function_evaluate(&start->other.function, point, &value, gradient));
    *slope = dot_f64(count, gradient, 1, start->theta, 1);
    return GEMML_OK;
}

static double within(double t)
{
    return t >= SHORTEST && t < 1 ? t : t < SHORTEST ? SHORTEST : 1;
}

/* t where that slope is 0, by two secants, not above 1; and the curvature along theta near there. */
static gemml_status find_length(struct logistic_start *start, double *length, double *curvature)
{
    double before = 1, slope_before, slope;
    *length = 0.85;
    *curvature = 0;
    TRY(slope_along(start, before, &slope_before));
    for (int secant = 0; secant < 2 && fabs(*length - before) >= DIFFERENCE; secant++) {
        double t = *length;
        TRY(slope_along(start, t, &slope));
        *curvature = (slope - slope_before) / (t - before);
        *length = *curvature > 0 ? within(t - slope / *curvature) : 1;
        before = t;
        slope_before = slope;
    }
    return GEMML_OK;
}

/* The pair theta, y = (c / theta'M theta) M theta with c = theta'H theta; that of an answer that is 0 says nothing. */
static void make_pair(struct logistic_start *start, double c, struct lbfgs_settings *settings)
{
    size_t count = parameters_of(start);
    double square = 0;
    for (size_t i = 0; i < count; i++) {
        start->curved[i] = start->diagonal[i] * start->theta[i];
        square += start->curved[i] * start->theta[i];
    }
    if (!(c > 0 && square > 0))
        return;
    scal_f64(count, c / square, start->curved, 1);
    settings->pair_step = start->theta;
    settings->pair_change = start->curved;
}

/* M = the diagonal, and the pair, with theta at the length that suits other rows. */
static gemml_status use_diagonal(struct logistic_start *start, struct rng *rng, struct lbfgs_settings *settings)
{
    size_t count = parameters_of(start);
    double length, curvature, a;
    TRY(find_length(start, &length, &curvature));
    scal_f64(count, (1 + length) / 2, start->theta, 1);
    TRY(measure_curvature(start, &start->other, start->theta, rng, &a));
    scal_f64(count, 2 * length / (1 + length), start->theta, 1);
    for (size_t i = 0; i < count; i++)
        start->diagonal[i] = a + penalty_at(start, i);
    make_pair(start, length * length * curvature, settings);
    return GEMML_OK;
}

static gemml_status find(struct logistic_start *start, struct rng *rng, struct lbfgs_settings *settings)
{
    double a;
    bool found;
    double chance = CHANCE / sqrt((double)start->sample.rows);
    start->target = fmin(EASY, chance);
    TRY(minimise(start, settings->first_step, FEW_STEPS, &found));
    if (!found && parameters_of(start) <= NEWTON_MOST) {
        TRY(measure_curvature(start, &start->sample, start->theta, rng, &a));
        TRY(try_hessian(start, a));
    }
    start->target = chance;
    if (start->newton.H)
        return minimise(start, 1, MORE_STEPS, &found);
    return use_diagonal(start, rng, settings);
}

gemml_status logistic_start_make(struct logistic_start *start, const struct logistic_function *whole, double *theta,
                                 struct lbfgs_settings *settings)
{
    struct rng rng = rng_make(0, RNG_STREAM_SAMPLE);
    bool enough = false;
    *start = (struct logistic_start){0};
    gemml_status status = take_samples(start, whole, &rng, &enough);
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

static void sample_free(struct logistic_sample *sample)
{
    logistic_function_free(&sample->function);
    memory_free(sample->space.penalty);
    memory_free(sample->order);
}

void logistic_start_free(struct logistic_start *start)
{
    newton_free(&start->newton);
    sample_free(&start->sample);
    sample_free(&start->other);
    memory_free(start->theta);
    *start = (struct logistic_start){0};
}

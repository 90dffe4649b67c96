/* Networks against plain loops, on all threads, in single precision: a step of training
 * (forward, backward, update by sgd or Adam) on one batch of shuffled rows. Hidden layers
 * have relu, the last one a softmax over the classes. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "bare_step.h"
#include "kernel/linalg_guard.h"
#include "naive/naive.h"
#include "rooms.h"
#include "train/initialise.h"
#include "train/trainer.h"
#include "util/alloc.h"
#include "util/parallel.h"
#include "util/rng.h"

#define RATE 0.01
#define EPSILON 1.0 /* of Adam: above the gradient's elements, see step_residual */
#define LAYERS 4    /* at most */
#define BATCHES 4   /* in the data, which a step goes through in turn */

struct shape {
    size_t layers, sizes[LAYERS + 1], batch;
    enum optimizer rule;
};

struct network {
    const struct shape *shape;
    size_t rows, position;
    real *x, *y, *theta, *start;
    real *batch_x, *batch_y, *plain, *values, *gradient; /* of the naive loops */
    real *m, *v;
    size_t naive_steps;
    struct chain chain;
    struct view_source source;
    struct training training;
    struct fit_record record;
    struct trainer trainer;
    struct bare_step bare;
};

static void network_free(void *state)
{
    struct network *network = state;
    R(trainer_free)(&network->trainer);
    bare_step_free(&network->bare);
    fit_record_free(&network->record);
    chain_free(&network->chain);
    memory_free(network->x);
    memory_free(network->y);
    memory_free(network->theta);
    memory_free(network->start);
    memory_free(network->batch_x);
    memory_free(network->batch_y);
    memory_free(network->plain);
    memory_free(network->values);
    memory_free(network->gradient);
    memory_free(network->m);
    memory_free(network->v);
    memory_free(network);
}

static gemml_status make_chain(struct network *network)
{
    const struct shape *shape = network->shape;
    enum activation activations[LAYERS];
    bool bias[LAYERS];
    for (size_t l = 0; l < shape->layers; l++) {
        activations[l] = l + 1 < shape->layers ? ACTIVATION_RELU : ACTIVATION_SOFTMAX;
        bias[l] = true;
    }
    return chain_make(&network->chain, shape->layers, shape->sizes, activations, bias, LOSS_CROSS_ENTROPY);
}

static gemml_status make_data(struct network *network)
{
    const struct shape *shape = network->shape;
    size_t n = network->rows = BATCHES * shape->batch, p = shape->sizes[0], count = network->chain.parameters;
    TRY(memory_alloc(&network->x, memory_product(n, p), sizeof(real)));
    TRY(memory_alloc(&network->y, n, sizeof(real)));
    TRY(memory_alloc(&network->theta, count, sizeof(real)));
    TRY(memory_alloc(&network->batch_x, memory_product(shape->batch, p), sizeof(real)));
    TRY(memory_alloc(&network->batch_y, shape->batch, sizeof(real)));
    TRY(memory_alloc(&network->values, R(naive_network_values)(shape->layers, shape->sizes, shape->batch),
                     sizeof(real)));
    TRY(memory_alloc(&network->gradient, count, sizeof(real)));
    TRY(memory_zeroed(&network->m, count, sizeof(real)));
    TRY(memory_zeroed(&network->v, count, sizeof(real)));
    bench_random_f32(1, n * p, network->x);
    for (size_t i = 0; i < n; i++)
        network->y[i] = (real)(i % shape->sizes[shape->layers]);
    R(initialise)(&network->chain, INITIALISATION_AUTO, 2, network->theta);
    TRY(memory_copy(&network->start, network->theta, count, sizeof(real)));
    return memory_copy(&network->plain, network->theta, count, sizeof(real));
}

static gemml_status make_trainer(struct network *network)
{
    const double none = (double)NAN;
    gemml_view x = {network->x, network->rows, network->shape->sizes[0], network->shape->sizes[0], REAL_DTYPE, 0};
    gemml_view y = {network->y, network->rows, 1, 1, REAL_DTYPE, 0}, weight = GEMML_EMPTY_VIEW;
    network->source = R(view_source)(x, y, weight);
    network->training = (struct training){.epochs = 1,
                                          .iterations = SIZE_MAX,
                                          .batch = network->shape->batch,
                                          .tolerance = none,
                                          .rate = RATE,
                                          .optimizer = {network->shape->rule, none, none, none, none, EPSILON, none},
                                          .sum_weight = (double)network->rows,
                                          .time_budget = none};
    TRY(R(trainer_create)(&network->trainer, &network->chain, network->theta, &network->source, &network->training,
                          &network->record));
    struct rng rng = rng_make(3, 0);
    rng_permutation(&rng, network->trainer.order, network->rows); /* so few are kept */
    return GEMML_OK;
}

static gemml_status network_fill(struct network *network)
{
    TRY(make_chain(network));
    TRY(make_data(network));
    TRY(make_trainer(network));
    return bare_step_create(&network->bare, &network->chain, network->shape->batch, network->x, network->start);
}

static gemml_status setup(const struct bench_case *bench, void **state)
{
    struct network *network;
    TRY(memory_zeroed(&network, 1, sizeof *network));
    network->shape = bench->operation;
    gemml_status status = network_fill(network);
    if (status != GEMML_OK)
        network_free(network);
    else
        *state = network;
    return status;
}

static gemml_status step(struct network *network)
{
    double loss, weight;
    TRY(R(trainer_backward)(&network->trainer, &network->trainer.source.source, network->position,
                            network->shape->batch, &loss, &weight));
    R(trainer_step)(&network->trainer);
    network->position = (network->position + network->shape->batch) % network->rows;
    return GEMML_OK;
}

static gemml_status bare_step(struct network *network)
{
    return bare_step_run(&network->bare);
}

/* What the public functions do around it. */
static gemml_status guarded(gemml_status (*run)(struct network *network), struct network *network)
{
    size_t callers = parallel_threads();
    TRY(linalg_enter(callers));
    gemml_status status = run(network);
    linalg_leave(callers);
    return status;
}

static gemml_status step_run(void *state)
{
    return guarded(step, state);
}

static gemml_status step_bare(void *state)
{
    return guarded(bare_step, state);
}

static void update_naive(struct network *network)
{
    real scale = 1 / (real)network->shape->batch, rate = (real)RATE;
    double t = (double)++network->naive_steps;
    real rate_now = rate / (real)(1 - pow(0.9, t)), root = (real)(1 / sqrt(1 - pow(0.999, t)));
    for (size_t i = 0; i < network->chain.parameters; i++) {
        real g = scale * network->gradient[i], *m = network->m + i, *v = network->v + i;
        if (network->shape->rule == OPTIMIZER_SGD) {
            network->plain[i] -= rate * g;
            continue;
        }
        *m = REAL_C(0.9) * *m + REAL_C(0.1) * g;
        *v = REAL_C(0.999) * *v + REAL_C(0.001) * g * g;
        network->plain[i] -= rate_now * *m / (sqrtf(*v) * root + (real)EPSILON);
    }
}

/* The first batch again and again: the loops take no notice of the numbers. */
static gemml_status step_naive(void *state)
{
    struct network *network = state;
    const struct shape *shape = network->shape;
    size_t p = shape->sizes[0];
    for (size_t i = 0; i < shape->batch; i++) {
        size_t row = network->trainer.order[i];
        memcpy(network->batch_x + i * p, network->x + row * p, p * sizeof(real));
        network->batch_y[i] = network->y[row];
    }
    R(naive_network_gradient)
    (shape->layers, shape->sizes, shape->batch, network->batch_x, network->batch_y, network->plain, network->values,
     network->gradient);
    update_naive(network);
    return GEMML_OK;
}

/* |step - naive step| / |naive step| in the 2-norm, after one step each. With a small epsilon
 * Adam's first step is the sign of the gradient, whatever its size: a unit whose value
 * rounding puts on the other side of 0 then turns the signs of small elements, and plain loops
 * in single and in double precision are 1e-2 apart at 784-2048-2048-10. So epsilon is large. */
static gemml_status step_residual(void *state, double *residual)
{
    struct network *network = state;
    double error = 0, scale = 0;
    for (size_t i = 0; i < network->chain.parameters; i++) {
        double difference = (double)network->theta[i] - (double)network->plain[i];
        double step = (double)network->plain[i] - (double)network->start[i];
        error += difference * difference;
        scale += step * step;
    }
    *residual = scale > 0 ? sqrt(error / scale) : (double)INFINITY;
    return GEMML_OK;
}

/* Multiplications of a row through all weights. */
static double weights(const struct shape *shape, size_t from)
{
    double sum = 0;
    for (size_t l = from; l < shape->layers; l++)
        sum += (double)shape->sizes[l] * (double)shape->sizes[l + 1];
    return sum;
}

static gemml_status add(struct bench_list *list, const struct shape *shape)
{
    struct bench_case *bench = bench_add(list);
    if (!bench)
        return GEMML_ERROR_MEMORY;
    bool sgd = shape->rule == OPTIMIZER_SGD;
    *bench = (struct bench_case){.precision = "f32",
                                 .parallel = true,
                                 .flops = 2 * (double)shape->batch * (2 * weights(shape, 0) + weights(shape, 1)),
                                 .tolerance = 1e-3,
                                 .operation = shape,
                                 .setup = setup,
                                 .run = step_run,
                                 .naive = step_naive,
                                 .bare = step_bare,
                                 .residual = step_residual,
                                 .teardown = network_free};
    char sizes[32] = "";
    for (size_t l = 0; l <= shape->layers; l++)
        snprintf(sizes + strlen(sizes), sizeof sizes - strlen(sizes), "%s%zu", l ? "-" : "", shape->sizes[l]);
    snprintf(bench->name, sizeof bench->name, "network/%s/%s/%zu/f32", sgd ? "sgd" : "adam", sizes, shape->batch);
    return GEMML_OK;
}

gemml_status bench_network(struct bench_list *list, bool quick)
{
    static const struct shape shapes[] = {
        {4, {12, 4, 10, 6, 4}, 100, OPTIMIZER_SGD},     {4, {12, 4, 10, 6, 4}, 100, OPTIMIZER_ADAM},
        {3, {30, 64, 64, 2}, 128, OPTIMIZER_SGD},       {3, {30, 64, 64, 2}, 128, OPTIMIZER_ADAM},
        {3, {784, 512, 512, 10}, 256, OPTIMIZER_SGD},   {3, {784, 512, 512, 10}, 256, OPTIMIZER_ADAM},
        {3, {784, 2048, 2048, 10}, 512, OPTIMIZER_SGD}, {3, {784, 2048, 2048, 10}, 512, OPTIMIZER_ADAM},
    };
    for (size_t i = 0; i < (quick ? 6 : sizeof shapes / sizeof *shapes); i++)
        TRY(add(list, shapes + i));
    return GEMML_OK;
}

/* The gradient of a step: sums over several batches, the mean, the penalty on the
 * weights, clipping; and the trainer by hand. */
#include "train/gradient.h"

#include "fold/schedule.h"
#include "train/engine.h"
#include "train/net.h"

#define THRESHOLD (200 * (double)REAL_EPSILON)

static double norm_of(const real *g, size_t count)
{
    long double sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += (long double)g[i] * g[i];
    return (double)sqrtl(sum);
}

/* Rows in batches of any sizes, summed, are all rows at once: by one block of rows, and by several. */
static void several_batches_are_one(void **state)
{
    const size_t shapes[][2] = {{60, 6}, {600, 60}};
    (void)state;
    for (size_t s = 0; s < 2; s++) {
        size_t n = shapes[s][0];
        struct net net = net_make(n, shapes[s][1], 2, false);
        size_t count = net.chain.parameters;
        struct trainer trainer;
        double loss, weight, losses = 0;
        real *whole = malloc(count * sizeof *whole);
        net.training.lambda = 2;
        assert_int_equal(net_trainer(&net, &trainer), GEMML_OK);
        assert_int_equal(R(trainer_backward)(&trainer, &trainer.source.source, 0, n, &loss, &weight), GEMML_OK);
        assert_true(weight == (double)n);
        assert_true((trainer.parts.count > 0) == (s == 1));
        R(trainer_average)(&trainer);
        memcpy(whole, trainer.mean, count * sizeof *whole);
        for (size_t first = 0, rows; first < n; first += rows) {
            double part;
            rows = first == 0 ? 1 : first == 1 ? n * 2 / 5 : n - first;
            assert_int_equal(R(trainer_backward)(&trainer, &trainer.source.source, first, rows, &part, &weight),
                             GEMML_OK);
            losses += part * weight;
        }
        R(trainer_average)(&trainer);
        assert_near(losses / (double)n, loss, THRESHOLD);
        for (size_t i = 0; i < count; i++)
            assert_near((double)trainer.mean[i], (double)whole[i], THRESHOLD);
        R(trainer_free)(&trainer);
        free(whole);
        net_free(&net);
    }
}

/* A step has the same bits whether somebody has looked at its gradient or not. */
static void looking_at_the_gradient_changes_nothing(void **state)
{
    (void)state;
    for (int rule = 0; rule < OPTIMIZER_COUNT; rule++) {
        struct net net = net_make(600, 60, 2, false);
        size_t count = net.chain.parameters;
        real *theta = malloc(count * sizeof *theta);
        net.training.optimizer.rule = (enum optimizer)rule;
        for (int looks = 0; looks < 2; looks++) {
            struct trainer trainer;
            double loss, weight;
            assert_int_equal(net_trainer(&net, &trainer), GEMML_OK);
            for (size_t step = 0; step < 3; step++) {
                assert_int_equal(R(trainer_backward)(&trainer, &trainer.source.source, 0, 600, &loss, &weight),
                                 GEMML_OK);
                if (looks)
                    R(trainer_average)(&trainer);
                assert_true(R(trainer_step)(&trainer));
            }
            if (!looks)
                memcpy(theta, net.theta, count * sizeof *theta);
            R(trainer_free)(&trainer);
        }
        assert_memory_equal(net.theta, theta, count * sizeof *theta);
        assert_memory_not_equal(net.start, theta, count * sizeof *theta);
        free(theta);
        net_free(&net);
    }
}

/* Runs of batches of 10, four of them a step, take the steps of batches of 40. */
static void accumulated_steps_are_those_of_large_batches(void **state)
{
    (void)state;
    for (int rule = 0; rule < OPTIMIZER_COUNT; rule++) {
        struct net large = net_make(110, 6, 2, false), small = net_make(110, 6, 2, false);
        large.training.optimizer.rule = small.training.optimizer.rule = (enum optimizer)rule;
        large.training.optimizer.epsilon = small.training.optimizer.epsilon = 0.01; /* or it divides rounding */
        large.training.epochs = small.training.epochs = 3;
        large.training.batch = 40;
        small.training.batch = 10;
        small.training.accumulate = 4;
        assert_int_equal(net_train(&large), GEMML_OK);
        assert_int_equal(net_train(&small), GEMML_OK);
        assert_int_equal(large.record.iterations, 9);
        assert_int_equal(small.record.iterations, 9); /* the last of an epoch with what is left */
        for (size_t i = 0; i < large.chain.parameters; i++)
            assert_near((double)small.theta[i], (double)large.theta[i], 20 * THRESHOLD);
        for (size_t e = 0; e < 3; e++)
            assert_near(small.record.loss_history[e], large.record.loss_history[e], 20 * THRESHOLD);
        net_free(&large);
        net_free(&small);
    }
}

static void the_penalty_is_on_the_weights(void **state)
{
    struct net net = net_make(40, 5, 1, false);
    struct trainer trainer;
    double loss, weight;
    size_t count = net.chain.parameters;
    real *plain = malloc(count * sizeof *plain);
    bool *bias = calloc(count, sizeof *bias);
    (void)state;
    assert_int_equal(net_trainer(&net, &trainer), GEMML_OK);
    for (size_t l = 0; l < 3; l++)
        for (size_t k = 0; k < net.chain.layer[l].outputs; k++)
            bias[net.chain.layer[l].bias_offset + k] = true;
    for (int penalty = 0; penalty < 2; penalty++) {
        net.training.lambda = penalty ? 8 : 0;
        assert_int_equal(R(trainer_backward)(&trainer, &trainer.source.source, 0, 40, &loss, &weight), GEMML_OK);
        R(trainer_average)(&trainer);
        for (size_t i = 0; penalty && i < count; i++)
            assert_near((double)trainer.mean[i], (double)plain[i] + (bias[i] ? 0 : 8.0 / 40 * (double)net.theta[i]),
                        THRESHOLD);
        memcpy(plain, trainer.mean, count * sizeof *plain);
    }
    R(trainer_free)(&trainer);
    free(plain);
    free(bias);
    net_free(&net);
}

/* One step of sgd moves theta by the rate times the clipped gradient. */
static void steps_are_clipped_to_the_norm(void **state)
{
    const double shares[] = {0.125, 0.999, 1.001, 10}; /* of the gradient's own norm */
    (void)state;
    for (size_t s = 0; s < 4; s++) {
        struct net net = net_make(40, 5, 1, false);
        struct trainer trainer;
        double loss, weight;
        size_t count = net.chain.parameters;
        real *g = malloc(count * sizeof *g);
        net.training.clip = 1; /* any: the squares are allocated */
        net.training.rate = 1;
        assert_int_equal(net_trainer(&net, &trainer), GEMML_OK);
        assert_int_equal(R(trainer_backward)(&trainer, &trainer.source.source, 0, 40, &loss, &weight), GEMML_OK);
        R(trainer_average)(&trainer);
        memcpy(g, trainer.mean, count * sizeof *g);
        double norm = norm_of(g, count), factor = fmin(1, shares[s]);
        net.training.clip = shares[s] * norm;
        R(trainer_step)(&trainer);
        assert_int_equal(trainer.now.steps, 1);
        for (size_t i = 0; i < count; i++)
            assert_near((double)net.theta[i], (double)net.start[i] - factor * (double)g[i], THRESHOLD);
        R(trainer_free)(&trainer);
        free(g);
        net_free(&net);
    }
}

static void clip_factors(void **state)
{
    enum { COUNT = 40000 };
    real *g = malloc(COUNT * sizeof *g);
    double squares[3] = {(double)INFINITY, 0, 0};
    (void)state;
    assert_int_equal(chunk_count(COUNT), 3);
    assert_true(chunk_count(4095) == 1 && chunk_size(4095, 0) == 4095);
    assert_true(chunk_count(6434) == 2 && chunk_first(6434, 1) == 3232 && chunk_size(6434, 1) == 3202);
    for (size_t i = 0; i < COUNT; i++)
        g[i] = 2;
    assert_near(R(gradient_clip)(COUNT, g, (const double[]){9, 16, 144}, 6.5), 0.5, 1e-15);
    assert_true(R(gradient_clip)(COUNT, g, (const double[]){9, 16, 144}, 13.5) == 1);
    /* Squares that overflow: the norm is 200 times the largest number's 1/1000. */
    const double large = (sizeof(real) == sizeof(double) ? DBL_MAX : (double)FLT_MAX) / 1000;
    for (size_t i = 0; i < COUNT; i++)
        g[i] = (real)large;
    assert_near(R(gradient_clip)(COUNT, g, squares, large), 1.0 / 200, 1e-6);
    g[777] = (real)NAN; /* left for the run to find */
    assert_true(R(gradient_clip)(COUNT, g, squares, large) == 1);
    g[777] = -(real)INFINITY;
    assert_true(R(gradient_clip)(COUNT, g, squares, large) == 1);
    free(g);
}

static void the_largest_component(void **state)
{
    const real g[] = {1, -7, 3, 0};
    const real with_nan[] = {1, (real)NAN, -(real)INFINITY};
    (void)state;
    assert_true(R(gradient_largest)(4, g) == 7);
    assert_true(R(gradient_largest)(0, g) == 0);
    assert_true(isnan(R(gradient_largest)(3, with_nan)));
    assert_true(isinf(R(gradient_largest)(1, with_nan + 2)));
}

/* What a step does not find it does not do; zero forgets. */
static void a_step_needs_a_gradient(void **state)
{
    struct net net = net_make(40, 5, 1, false);
    struct trainer trainer;
    double loss, weight;
    size_t bytes = net.chain.parameters * sizeof(real);
    (void)state;
    assert_int_equal(net_trainer(&net, &trainer), GEMML_OK);
    R(trainer_step)(&trainer);
    assert_int_equal(R(trainer_backward)(&trainer, &trainer.source.source, 0, 40, &loss, &weight), GEMML_OK);
    R(trainer_zero_gradient)(&trainer);
    assert_true(norm_of(trainer.mean, net.chain.parameters) == 0);
    R(trainer_step)(&trainer);
    assert_int_equal(trainer.now.steps, 0);
    assert_memory_equal(net.theta, net.start, bytes);
    assert_int_equal(R(trainer_backward)(&trainer, &trainer.source.source, 0, 40, &loss, &weight), GEMML_OK);
    R(trainer_step)(&trainer);
    R(trainer_step)(&trainer); /* the gradient is used up */
    assert_int_equal(trainer.now.steps, 1);
    assert_memory_not_equal(net.theta, net.start, bytes);
    R(trainer_free)(&trainer);
    net_free(&net);
}

/* backward and step through the engine, batch by batch of the caller's, against a run. */
static void by_hand_it_is_the_run(void **state)
{
    struct net net = net_make(50, 6, 2, false);
    double *shift = calloc(NET_INPUTS, sizeof *shift), scale[NET_INPUTS] = {2, 0.5, 1};
    struct fitted fitted = {.chain = net.chain, .dtype = REAL_DTYPE, .parameters = net.theta};
    gemml_dataset data = GEMML_DATASET_INIT;
    struct trainer *trainer;
    double loss[5];
    (void)state;
    data.x = net.x.view;
    data.y = net.y.view;
    shift[1] = 0.25;
    fitted.map = (struct input_map){NET_INPUTS, shift, scale};
    net.source.shift = shift;
    net.source.scale = scale;
    net.training.optimizer.rule = OPTIMIZER_ADAM;
    net.training.epochs = 5;
    assert_int_equal(net_train(&net), GEMML_OK);
    real *theta = malloc(net.chain.parameters * sizeof *theta);
    memcpy(theta, net.theta, net.chain.parameters * sizeof *theta);
    memcpy(net.theta, net.start, net.chain.parameters * sizeof *theta);
    assert_int_equal(R(engine).trainer_make(&trainer, &fitted, &data, &net.training), GEMML_OK);
    for (size_t e = 0; e < 5; e++) {
        assert_int_equal(R(engine).trainer_backward(trainer, &data, &loss[e]), GEMML_OK);
        const real *g = R(engine).trainer_gradient(trainer);
        assert_true(R(gradient_largest)(net.chain.parameters, g) > 0);
        R(engine).trainer_step(trainer);
        assert_true(loss[e] == net.record.loss_history[e]);
    }
    assert_memory_equal(net.theta, theta, net.chain.parameters * sizeof *theta);
    padded_set(&net.x, 3, 1, (long double)NAN);
    assert_int_equal(R(engine).trainer_backward(trainer, &data, &loss[0]), GEMML_ERROR_NONFINITE);
    assert_non_null(strstr(error_text(), "x is nan in row 3, column 1"));
    R(engine).trainer_release(trainer);
    R(engine).trainer_release(NULL);
    free(theta);
    free(shift);
    net_free(&net);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(several_batches_are_one),
        cmocka_unit_test(looking_at_the_gradient_changes_nothing),
        cmocka_unit_test(accumulated_steps_are_those_of_large_batches),
        cmocka_unit_test(the_penalty_is_on_the_weights),
        cmocka_unit_test(steps_are_clipped_to_the_norm),
        cmocka_unit_test(clip_factors),
        cmocka_unit_test(the_largest_component),
        cmocka_unit_test(a_step_needs_a_gradient),
        cmocka_unit_test(by_hand_it_is_the_run),
    };
    return cmocka_run_group_tests(tests, guard_enter, guard_leave);
}

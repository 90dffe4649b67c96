/* Each optimizer: its first steps against the equations in long double, what it
 * keeps, its bits, and that it learns. */
#include "fold/schedule.h"
#include "train/gradient.h"
#include "train/net.h"

/* The settings of optimizer.h's equations, none of them a default. */
static const struct optimizer_settings unusual = {OPTIMIZER_SGD, 0.75, 0.875, 0.8, 0.96875, 1e-4, 0.25};
static const double rate = 0.0625;

/* One element: theta, m, v, and whether it is a weight. */
struct element {
    long double theta, m, v;
    bool weight;
};

static void plain_update(const struct optimizer_settings *s, size_t t, long double g, struct element *e)
{
    const long double r = (long double)rate, mu = (long double)s->momentum, a = (long double)s->decay;
    const long double b1 = (long double)s->beta1, b2 = (long double)s->beta2, epsilon = (long double)s->epsilon;
    switch (s->rule) {
    case OPTIMIZER_SGD:
    case OPTIMIZER_COUNT:
        e->theta -= r * g;
        break;
    case OPTIMIZER_MOMENTUM:
        e->m = mu * e->m + g;
        e->theta -= r * e->m;
        break;
    case OPTIMIZER_NESTEROV:
        e->m = mu * e->m + g;
        e->theta -= r * (g + mu * e->m);
        break;
    case OPTIMIZER_RMSPROP:
        e->v = a * e->v + (1 - a) * g * g;
        e->theta -= r * g / (sqrtl(e->v) + epsilon);
        break;
    case OPTIMIZER_ADAMW:
    case OPTIMIZER_ADAM:
        if (s->rule == OPTIMIZER_ADAMW && e->weight)
            e->theta *= 1 - r * (long double)s->weight_decay;
        e->m = b1 * e->m + (1 - b1) * g;
        e->v = b2 * e->v + (1 - b2) * g * g;
        e->theta -=
            r * (e->m / (1 - powl(b1, (long double)t))) / (sqrtl(e->v / (1 - powl(b2, (long double)t))) + epsilon);
        break;
    }
}

/* A chain of two layers whose vectors take several chunks, the last one ragged, with
 * the boundaries of layers inside of them. */
static struct chain large_chain(void)
{
    return network_chain(2, (const size_t[]){129, 300, 7}, (const enum activation[]){ACTIVATION_RELU, ACTIVATION_RELU},
                         (const bool[]){true, true});
}

static bool is_weight(const struct chain *chain, size_t i)
{
    for (size_t l = 0; l < chain->layers; l++) {
        const struct layer *layer = &chain->layer[l];
        if (i - layer->weight_offset < layer->inputs * layer->outputs)
            return true;
    }
    return false;
}

static void first_steps_are_the_equations(void **state)
{
    enum { STEPS = 6 };
    const double threshold = 64 * (double)REAL_EPSILON;
    struct chain chain = large_chain();
    size_t count = chain.parameters;
    real *theta = malloc(count * sizeof *theta), *g = malloc(count * sizeof *g);
    struct element *plain = malloc(count * sizeof *plain);
    (void)state;
    for (int rule = 0; rule < OPTIMIZER_COUNT; rule++) {
        struct optimizer_settings settings = unusual;
        real *vector[OPTIMIZER_VECTORS] = {0};
        uint64_t random = 1;
        settings.rule = (enum optimizer)rule;
        for (size_t v = 0; v < OPTIMIZER_VECTORS; v++)
            if (R(optimizer_keeps)(settings.rule, v))
                vector[v] = calloc(count, sizeof(real));
        for (size_t i = 0; i < count; i++) {
            theta[i] = (real)test_random(&random);
            plain[i] = (struct element){theta[i], 0, 0, is_weight(&chain, i)};
        }
        for (size_t t = 1; t <= STEPS; t++) {
            for (size_t i = 0; i < count; i++) {
                g[i] = i % 11 == 3 ? 0 : (real)(test_random(&random) * (i % 3 ? 1 : 1e-3));
                plain_update(&settings, t, g[i], &plain[i]);
            }
            double scale = t % 2 ? 1 : 0.25;
            for (size_t i = 0; i < count; i++)
                g[i] /= (real)scale; /* exact */
            for (size_t c = 0; c < chunk_count(count); c++)
                R(optimizer_update)
            (&settings, &chain, rate, t, chunk_first(count, c), chunk_size(count, c), scale, g, vector, theta);
            for (size_t i = 0; i < count; i++)
                assert_near((double)theta[i], (double)plain[i].theta, threshold);
        }
        for (size_t v = 0; v < OPTIMIZER_VECTORS; v++)
            free(vector[v]);
    }
    free(theta);
    free(g);
    free(plain);
    chain_free(&chain);
}

static void what_each_rule_keeps(void **state)
{
    const bool keeps[OPTIMIZER_COUNT][OPTIMIZER_VECTORS] = {
        [OPTIMIZER_SGD] = {false, false},    [OPTIMIZER_MOMENTUM] = {true, false}, [OPTIMIZER_NESTEROV] = {true, false},
        [OPTIMIZER_RMSPROP] = {false, true}, [OPTIMIZER_ADAM] = {true, true},      [OPTIMIZER_ADAMW] = {true, true}};
    (void)state;
    for (int rule = 0; rule < OPTIMIZER_COUNT; rule++)
        for (size_t v = 0; v < OPTIMIZER_VECTORS; v++)
            assert_int_equal(R(optimizer_keeps)((enum optimizer)rule, v), keeps[rule][v]);
}

static void defaults(void **state)
{
    struct net net = net_make(10, 2, 1, false);
    (void)state;
    training_resolve(&net.training);
    const struct optimizer_settings *s = &net.training.optimizer;
    assert_true(s->momentum == 0.9 && s->decay == 0.99 && s->beta1 == 0.9 && s->beta2 == 0.999);
    assert_true(s->epsilon == 1e-8 && s->weight_decay == 0.01);
    struct training settled = net.training;
    training_resolve(&net.training);
    assert_memory_equal(&settled, &net.training, sizeof settled);
    net_free(&net);
}

/* Penalty, clipping, accumulation and the update go over the same chunks on any
 * thread: the bits of a network whose vectors take several of them. */
static void the_bits_do_not_depend_on_the_schedule(void **state)
{
    (void)state;
    for (int rule = 0; rule < OPTIMIZER_COUNT; rule++) {
        struct net net = net_make(600, 150, 2, false), first = {0};
        net.training.optimizer.rule = (enum optimizer)rule;
        net.training.batch = 100;
        net.training.accumulate = 2;
        net.training.epochs = 2;
        net.training.lambda = 3;
        net.training.clip = 0.125;
        net.training.dropout = 0.25;
        assert_true(chunk_count(net.chain.parameters) > 1);
        real *theta = malloc(net.chain.parameters * sizeof *theta);
        for (size_t schedule = 0; schedule < SCHEDULES; schedule++) {
            schedule_use(schedule);
            assert_int_equal(net_train(&net), GEMML_OK);
            if (schedule == 0) {
                memcpy(theta, net.theta, net.chain.parameters * sizeof *theta);
                first.record = net.record;
                net.record = (struct fit_record){0};
            } else {
                assert_same_run(&net, theta, &first.record);
            }
        }
        free(theta);
        fit_record_free(&first.record);
        net_free(&net);
    }
}

static void each_learns_a_small_problem(void **state)
{
    const double rates[OPTIMIZER_COUNT] = {0.1, 0.02, 0.02, 0.003, 0.01, 0.01};
    (void)state;
    for (int rule = 0; rule < OPTIMIZER_COUNT; rule++)
        for (int classes = 0; classes < 2; classes++) {
            struct net net = net_make(300, 12, classes ? 3 : 1, classes);
            net.training.optimizer.rule = (enum optimizer)rule;
            net.training.rate = rates[rule];
            net.training.batch = 30;
            net.training.epochs = 200;
            net.validates = true;
            net.training.valid_every = 200;
            net.training.score = classes ? SCORE_ACCURACY : SCORE_R2;
            assert_int_equal(net_train(&net), GEMML_OK);
            double before = net.record.loss_history[0], after = net.record.loss_history[199];
            assert_true(after < (classes ? 0.4 : 0.05) * before);
            assert_true(net.record.score_history[0] > 0.8);
            net_free(&net);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(first_steps_are_the_equations),
        cmocka_unit_test(what_each_rule_keeps),
        cmocka_unit_test(defaults),
        cmocka_unit_test_teardown(the_bits_do_not_depend_on_the_schedule, schedule_restore),
        cmocka_unit_test_teardown(each_learns_a_small_problem, schedule_restore),
    };
    return cmocka_run_group_tests(tests, guard_enter, guard_leave);
}

/* Inside of an epoch nothing is allocated: all that batches and steps need is made with
 * the trainer. Only a history grows, at the end of an epoch, by half of its length. */
#include <stdatomic.h>

#include "fold/schedule.h"
#include "train/net.h"
#include "util/alloc.h"

enum { EPOCHS = 10 }; /* fewer than a history has room for at first */

static atomic_size_t allocations, allocated;

static bool count_allocation(size_t bytes)
{
    (void)bytes;
    atomic_fetch_add(&allocations, 1);
    return false;
}

static void train_and_count(struct net *net)
{
    for (size_t schedule = 0; schedule < SCHEDULE_BACKWARDS; schedule++) {
        struct trainer trainer;
        schedule_use(schedule);
        assert_int_equal(net_trainer(net, &trainer), GEMML_OK);
        for (size_t epoch = 0; epoch < EPOCHS; epoch++) {
            atomic_store(&allocations, 0);
            memory_fails = count_allocation;
            gemml_status status = R(trainer_epoch)(&trainer);
            memory_fails = NULL;
            assert_int_equal(status, GEMML_OK);
            assert_int_equal(atomic_load(&allocations), epoch == 0 ? 1 : 0); /* the history of the loss */
        }
        assert_int_equal(trainer.now.epoch, EPOCHS);
        R(trainer_free)(&trainer);
    }
}

/* Batches of one block; of several blocks, each with its gradient; the rows at once. */
static void small_layers(void **state)
{
    const size_t batches[] = {64, 500, 3000};
    (void)state;
    for (size_t i = 0; i < sizeof batches / sizeof *batches; i++) {
        struct net net = net_make(3000, 60, 3, true);
        net.training.epochs = EPOCHS;
        net.training.batch = batches[i];
        net.training.optimizer.rule = OPTIMIZER_ADAM;
        net.training.clip = 1;
        net.training.dropout = 0.25;
        net.training.accumulate = 2;
        train_and_count(&net);
        net_free(&net);
    }
}

/* A layer of 260 x 260, by tiles; the last batch is shorter. */
static void large_layers(void **state)
{
    struct net net = net_make(700, 260, 3, true);
    (void)state;
    net.training.epochs = EPOCHS;
    net.training.batch = 200;
    net.training.optimizer.rule = OPTIMIZER_MOMENTUM;
    train_and_count(&net);
    net_free(&net);
}

/* ---- The formula of docs/math/neural-network.md ---------------------------------- */

static bool count_bytes(size_t bytes)
{
    atomic_fetch_add(&allocated, bytes);
    return false;
}

static size_t smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* Rows of a strip: of large layers the batch, at most 512; of small ones those that fill 256 KB, or that take
 * 2^18 products if these are fewer; in multiples of 64. */
static size_t strip_rows(const struct net *net, size_t widths, size_t weights, bool large)
{
    size_t filling = (256 << 10) / sizeof(real) / widths / 64 * 64, working = ((1 << 18) / weights + 64) / 64 * 64;
    if (large)
        return smaller((net->training.batch + 63) / 64 * 64, 512);
    return smaller(smaller(filling < 64 ? 64 : filling, 1024), working);
}

/* Vectors of parameters beside theta, the order of the rows (of a strip, where they are many), a pass over a
 * strip with its rows, and the transpose of a small layer. */
static double formula(const struct net *net, size_t vectors, bool large)
{
    size_t widths = NET_INPUTS, widest = 0, weights = 0, turned = 0;
    for (size_t l = 0; l < net->chain.layers; l++) {
        size_t own = net->chain.layer[l].inputs * net->chain.layer[l].outputs;
        turned = l > 0 && net->chain.layer[l].outputs > 1 && own <= 16384 && own > turned ? own : turned;
        weights += net->chain.layer[l].inputs * net->chain.layer[l].outputs;
        widths += net->chain.layer[l].outputs;
        widest = net->chain.layer[l].outputs > widest ? net->chain.layer[l].outputs : widest;
    }
    double s = sizeof(real), P = (double)net->chain.parameters, m = (double)strip_rows(net, widths, weights, large);
    double order = net->x.view.rows > 65536 ? m : (double)net->x.view.rows;
    return s * P * (2 + (double)vectors) + 8 * order + s * (m * (double)(widths + 2 * widest + 2) + (double)turned);
}

static void memory_is_that_of_the_formula(void **state)
{
    const struct {
        size_t hidden, rows, batch;
        enum optimizer rule;
        size_t accumulate, vectors;
    } cases[] = {{60, 3000, 64, OPTIMIZER_SGD, 1, 0},        {60, 3000, 100, OPTIMIZER_ADAM, 1, 2},
                 {60, 66000, 100, OPTIMIZER_ADAM, 1, 2},     {300, 2000, 256, OPTIMIZER_ADAM, 1, 2},
                 {300, 2000, 128, OPTIMIZER_MOMENTUM, 2, 2}, {520, 2000, 512, OPTIMIZER_SGD, 1, 0}};
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct net net = net_make(cases[i].rows, cases[i].hidden, 3, true);
        struct trainer trainer;
        net.training.batch = cases[i].batch;
        net.training.optimizer.rule = cases[i].rule;
        net.training.accumulate = cases[i].accumulate;
        atomic_store(&allocated, 0);
        memory_fails = count_bytes;
        gemml_status status = net_trainer(&net, &trainer);
        memory_fails = NULL;
        assert_int_equal(status, GEMML_OK);
        double expected = formula(&net, cases[i].vectors, cases[i].hidden >= 256);
        double ratio = (double)atomic_load(&allocated) / expected;
        if (!(fabs(ratio - 1) < 0.05))
            fail_msg("case %zu: %zu bytes are %.3f of the formula's %.0f", i, atomic_load(&allocated), ratio, expected);
        R(trainer_free)(&trainer);
        net_free(&net);
    }
}

/* What a trainer allocates over so many rows. */
static size_t bytes_over(size_t rows)
{
    struct net net = net_make(rows, 60, 3, true);
    struct trainer trainer;
    net.training.batch = 200;
    atomic_store(&allocated, 0);
    memory_fails = count_bytes;
    gemml_status status = net_trainer(&net, &trainer);
    memory_fails = NULL;
    assert_int_equal(status, GEMML_OK);
    R(trainer_free)(&trainer);
    net_free(&net);
    return atomic_load(&allocated);
}

static void memory_does_not_grow_with_the_rows(void **state)
{
    (void)state;
    size_t bytes = bytes_over(66000);
    assert_int_equal(bytes_over(130000), bytes);
    assert_true(bytes < bytes_over(65536)); /* where it is most */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(small_layers, schedule_restore),
        cmocka_unit_test_teardown(large_layers, schedule_restore),
        cmocka_unit_test(memory_is_that_of_the_formula),
        cmocka_unit_test(memory_does_not_grow_with_the_rows),
    };
    return cmocka_run_group_tests(tests, guard_enter, guard_leave);
}

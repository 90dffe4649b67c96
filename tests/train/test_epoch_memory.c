/* Inside of an epoch nothing is allocated: all that batches and steps need is made with
 * the trainer. Only a history grows, at the end of an epoch, by half of its length. */
#include <stdatomic.h>

#include "fold/schedule.h"
#include "train/net.h"
#include "util/alloc.h"

enum { EPOCHS = 10 }; /* fewer than a history has room for at first */

static atomic_size_t allocations;

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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(small_layers, schedule_restore),
        cmocka_unit_test_teardown(large_layers, schedule_restore),
    };
    return cmocka_run_group_tests(tests, guard_enter, guard_leave);
}

/* A run that is interrupted, exported, and gone on with by a new trainer gives the
 * bits of one that was not; states of other runs are refused. */
#include "data/failing.h"
#include "fold/schedule.h"
#include "train/net.h"

enum { ROWS = 90, BATCH = 16 };

/* A state with memory of its own, as a file would give it. */
struct kept {
    struct train_state state;
    struct fit_record record;
    void *memory[2 + OPTIMIZER_VECTORS];
    size_t calls;
};

static void *copy_of(const void *from, size_t bytes)
{
    void *copy = from ? malloc(bytes + 1) : NULL;
    if (from)
        memcpy(copy, from, bytes);
    return copy;
}

static void *history_of(const void *from, size_t count)
{
    void *copy = NULL;
    if (count > 0)
        assert_int_equal(memory_copy(&copy, from, count, 8), GEMML_OK);
    return copy;
}

static void kept_free(struct kept *kept)
{
    for (size_t i = 0; i < 2 + OPTIMIZER_VECTORS; i++)
        free(kept->memory[i]);
    fit_record_free(&kept->record);
    *kept = (struct kept){.calls = kept->calls};
}

/* A checkpoint: the latest state replaces the one before. */
static gemml_status keep(const struct train_state *state, void *context)
{
    struct kept *kept = context;
    size_t bytes = state->parameters * sizeof(real);
    kept_free(kept);
    kept->calls++;
    kept->state = *state;
    kept->state.theta = kept->memory[0] = copy_of(state->theta, bytes);
    kept->state.best = kept->memory[1] = copy_of(state->best, bytes);
    for (size_t i = 0; i < OPTIMIZER_VECTORS; i++)
        kept->state.vector[i] = kept->memory[2 + i] = copy_of(state->vector[i], bytes);
    kept->record = *state->record;
    kept->record.loss_history = history_of(state->record->loss_history, state->record->loss_history_count);
    kept->record.valid_loss_history = history_of(state->record->valid_loss_history, state->record->valid_history_count);
    kept->record.score_history = history_of(state->record->score_history, state->record->valid_history_count);
    kept->record.valid_epochs = history_of(state->record->valid_epochs, state->record->valid_history_count);
    kept->record.recorded = history_of(state->record->recorded, state->record->recorded_count * state->parameters);
    kept->record.recorded_epochs = history_of(state->record->recorded_epochs, state->record->recorded_count);
    kept->state.record = &kept->record;
    return GEMML_OK;
}

/* A run with everything that has a state: rule, schedule, dropout, a validation set,
 * minibatches (or all rows at once). */
static struct net rich_net(enum optimizer rule, enum schedule_kind schedule, bool batches, double dropout, bool valid)
{
    struct net net = net_make(ROWS, 8, 3, true);
    net.training.optimizer.rule = rule;
    net.training.schedule.kind = schedule;
    net.training.batch = batches ? BATCH : ROWS;
    net.training.accumulate = batches ? 2 : 1;
    net.training.dropout = dropout;
    net.training.lambda = 0.5;
    net.training.clip = 1;
    net.training.seed = 77;
    net.training.valid_every = 3;
    net.training.record_every = 2;
    net.training.score = SCORE_ACCURACY;
    net.training.tolerance = 1e-6;
    net.training.patience = 6;
    net.validates = valid;
    return net;
}

/* The uninterrupted run's theta and record. */
static real *run_at_once(struct net *net, struct fit_record *record)
{
    assert_int_equal(net_train(net), GEMML_OK);
    *record = net->record;
    net->record = (struct fit_record){0};
    return copy_of(net->theta, net->chain.parameters * sizeof(real));
}

/* Goes on from a state with another trainer, whose parameters start elsewhere. */
static void go_on(struct net *net, const struct train_state *state)
{
    struct trainer trainer;
    assert_int_equal(net_trainer(net, &trainer), GEMML_OK);
    memset(net->theta, 0xFF, net->chain.parameters * sizeof(real)); /* NaN */
    assert_int_equal(R(trainer_import)(&trainer, state), GEMML_OK);
    assert_int_equal(R(trainer_run)(&trainer), GEMML_OK);
    R(trainer_free)(&trainer);
}

/* Goes on from the state kept, to what the uninterrupted run came to; frees all. */
static void check_goes_on(struct net *net, struct kept *kept, real *theta, struct fit_record *record)
{
    go_on(net, &kept->state);
    assert_same_run(net, theta, record);
    free(theta);
    kept_free(kept);
    fit_record_free(record);
    net_free(net);
}

/* Ten epochs at once against `before` epochs, export, import, and the rest. */
static void check_epochs(struct net *net, size_t before)
{
    struct fit_record record;
    struct kept kept = {0};
    struct trainer trainer;
    real *theta = run_at_once(net, &record);
    assert_int_equal(net_trainer(net, &trainer), GEMML_OK);
    for (size_t e = 0; e < before; e++)
        assert_int_equal(R(trainer_epoch)(&trainer), GEMML_OK);
    struct train_state state = R(trainer_export)(&trainer);
    assert_int_equal(state.progress.epoch, before);
    assert_int_equal(keep(&state, &kept), GEMML_OK);
    R(trainer_free)(&trainer);
    check_goes_on(net, &kept, theta, &record);
}

static void every_optimizer_goes_on(void **state)
{
    (void)state;
    for (int rule = 0; rule < OPTIMIZER_COUNT; rule++)
        for (int batches = 0; batches < 2; batches++)
            for (int valid = 0; valid < 2; valid++) {
                struct net net = rich_net((enum optimizer)rule, SCHEDULE_COSINE, batches, 0.25, valid);
                check_epochs(&net, 4);
            }
}

static void every_schedule_goes_on(void **state)
{
    (void)state;
    for (int kind = 0; kind < SCHEDULE_COUNT; kind++)
        for (size_t before = 0; before <= 10; before += 5) {
            struct net net = rich_net(OPTIMIZER_ADAM, (enum schedule_kind)kind, true, 0, true);
            check_epochs(&net, before);
        }
}

/* Cut in the middle of an epoch by a limit on the steps, as by one on time. */
static void a_cut_epoch_goes_on(void **state)
{
    (void)state;
    for (size_t steps = 1; steps <= 12; steps++) {
        struct net net = rich_net(OPTIMIZER_MOMENTUM, SCHEDULE_CONSTANT, true, 0.25, steps % 2);
        struct fit_record record;
        struct kept kept = {0};
        real *theta = run_at_once(&net, &record);
        net.training.checkpoint = keep;
        net.training.checkpoint_data = &kept;
        net.training.iterations = steps; /* three an epoch */
        assert_int_equal(net_train(&net), GEMML_OK);
        assert_int_equal(net.record.outcome, GEMML_LIMIT);
        assert_int_equal(kept.calls, 1);
        assert_int_equal(kept.state.progress.steps, steps);
        assert_int_equal(kept.state.progress.position, steps % 3 * 2 * BATCH);
        assert_int_equal(kept.state.progress.epoch, steps / 3);
        net.training.iterations = SIZE_MAX;
        net.training.checkpoint = NULL;
        check_goes_on(&net, &kept, theta, &record);
    }
}

/* The same where the order of the rows is computed. */
static void a_cut_epoch_of_many_rows_goes_on(void **state)
{
    enum { MANY = ORDERED_ROWS + 77, PART = 5000 };
    (void)state;
    for (size_t steps = 1; steps <= 17; steps += 8) { /* 14 an epoch */
        struct net net = net_make(MANY, 4, 2, false);
        struct fit_record record;
        struct kept kept = {0};
        net.training.batch = PART;
        net.training.epochs = 2;
        net.training.seed = 3;
        real *theta = run_at_once(&net, &record);
        net.training.checkpoint = keep;
        net.training.checkpoint_data = &kept;
        net.training.iterations = steps;
        assert_int_equal(net_train(&net), GEMML_OK);
        assert_int_equal(kept.state.progress.position, steps % 14 * PART);
        net.training.iterations = SIZE_MAX;
        net.training.checkpoint = NULL;
        check_goes_on(&net, &kept, theta, &record);
    }
}

static int cancel_in_epoch_three(const gemml_progress *progress, void *data)
{
    (void)data;
    return progress->epoch == 3;
}

/* The state of a cancelled run is from before its best parameters were restored. */
static void a_cancelled_run_goes_on(void **state)
{
    struct net net = rich_net(OPTIMIZER_ADAMW, SCHEDULE_ONE_CYCLE, true, 0, true);
    struct fit_record record;
    struct kept kept = {0};
    (void)state;
    real *theta = run_at_once(&net, &record);
    net.training.progress = cancel_in_epoch_three;
    net.training.checkpoint = keep;
    net.training.checkpoint_data = &kept;
    net.training.checkpoint_epochs = 2;
    assert_int_equal(net_train(&net), GEMML_OK);
    assert_int_equal(net.record.outcome, GEMML_CANCELLED);
    assert_int_equal(kept.calls, 2);
    assert_int_equal(kept.state.progress.epoch, 3);
    net.training.progress = NULL;
    check_goes_on(&net, &kept, theta, &record);
}

/* A run that has ended has its last state too; going on from it changes nothing. */
static void a_run_that_has_ended_stays_ended(void **state)
{
    (void)state;
    for (int early = 0; early < 2; early++) {
        struct net net = rich_net(OPTIMIZER_SGD, SCHEDULE_CONSTANT, true, 0, true);
        struct fit_record record;
        struct kept kept = {0};
        net.training.tolerance = early ? 10 : (double)NAN;
        net.training.checkpoint = keep;
        net.training.checkpoint_data = &kept;
        net.training.checkpoint_epochs = 4;
        real *theta = run_at_once(&net, &record);
        assert_int_equal(record.outcome, early ? GEMML_STOPPED_EARLY : GEMML_LIMIT);
        assert_int_equal(kept.calls, 3); /* after epochs 4 and 8, and the last */
        assert_int_equal(kept.state.progress.ended, early);
        net.training.checkpoint = NULL;
        check_goes_on(&net, &kept, theta, &record);
    }
}

static gemml_status refuse(const struct train_state *state, void *data)
{
    (void)state, (void)data;
    return error_set(GEMML_ERROR_IO, "no room");
}

/* Due by time after each step; an error of the checkpoint is the run's. */
static void checkpoints_by_time_and_their_errors(void **state)
{
    struct net net = rich_net(OPTIMIZER_ADAM, SCHEDULE_CONSTANT, true, 0, false);
    struct kept kept = {0};
    (void)state;
    net.training.epochs = 2;
    net.training.checkpoint = keep;
    net.training.checkpoint_data = &kept;
    net.training.checkpoint_seconds = 1e-12;
    assert_int_equal(net_train(&net), GEMML_OK);
    assert_int_equal(kept.calls, 2 * 3 + 2); /* after each step and each epoch */
    net.training.checkpoint = refuse;
    assert_int_equal(net_train(&net), GEMML_ERROR_IO);
    assert_string_equal(error_text(), "no room");
    kept_free(&kept);
    net_free(&net);
}

static void states_of_other_runs_are_refused(void **state)
{
    struct net net = rich_net(OPTIMIZER_ADAM, SCHEDULE_CONSTANT, true, 0, false);
    struct trainer trainer;
    struct kept kept = {0};
    (void)state;
    net.training.epochs = 2;
    assert_int_equal(net_trainer(&net, &trainer), GEMML_OK);
    assert_int_equal(R(trainer_epoch)(&trainer), GEMML_OK);
    struct train_state own = R(trainer_export)(&trainer);
    assert_int_equal(keep(&own, &kept), GEMML_OK);
    real before = net.theta[5];
    for (int wrong = 0; wrong < 7; wrong++) {
        struct train_state other = kept.state;
        other.dtype = wrong == 0 ? (REAL_DTYPE == GEMML_F32 ? GEMML_F64 : GEMML_F32) : other.dtype;
        other.parameters += wrong == 1;
        other.rule = wrong == 2 ? OPTIMIZER_SGD : other.rule;
        other.seed += wrong == 3;
        other.progress.position = wrong == 4 ? ROWS : wrong == 5 ? 1 : 0;
        other.progress.epoch += wrong == 6;
        other.theta = other.best;
        other.name = wrong % 2 ? "a.file" : NULL;
        assert_int_equal(R(trainer_import)(&trainer, &other), GEMML_ERROR_ARGUMENT);
        assert_int_equal(strncmp(error_text(), other.name ? "a.file " : "the state ", 7), 0);
        assert_true(net.theta[5] == before && trainer.now.epoch == 1);
    }
    assert_int_equal(R(trainer_import)(&trainer, &kept.state), GEMML_OK);
    R(trainer_free)(&trainer);
    kept_free(&kept);
    net_free(&net);
}

struct importing {
    struct net net;
    struct kept kept;
};

static gemml_status import(void *context)
{
    struct importing *importing = context;
    struct trainer trainer;
    TRY(net_trainer(&importing->net, &trainer));
    gemml_status status = R(trainer_import)(&trainer, &importing->kept.state);
    if (status == GEMML_OK)
        status = R(trainer_run)(&trainer);
    R(trainer_free)(&trainer);
    return status;
}

static void allocations_may_fail(void **state)
{
    struct importing importing = {.net = rich_net(OPTIMIZER_ADAM, SCHEDULE_CONSTANT, true, 0.25, true)};
    (void)state;
    importing.net.training.epochs = 3;
    importing.net.training.checkpoint = keep;
    importing.net.training.checkpoint_data = &importing.kept;
    importing.net.training.iterations = 5;
    assert_int_equal(net_train(&importing.net), GEMML_OK);
    importing.net.training.iterations = SIZE_MAX;
    importing.net.training.checkpoint = NULL;
    schedule_use(0);
    fail_each_allocation(import, &importing);
    kept_free(&importing.kept);
    net_free(&importing.net);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_optimizer_goes_on),
        cmocka_unit_test(every_schedule_goes_on),
        cmocka_unit_test(a_cut_epoch_goes_on),
        cmocka_unit_test(a_cut_epoch_of_many_rows_goes_on),
        cmocka_unit_test(a_cancelled_run_goes_on),
        cmocka_unit_test(a_run_that_has_ended_stays_ended),
        cmocka_unit_test(checkpoints_by_time_and_their_errors),
        cmocka_unit_test(states_of_other_runs_are_refused),
        cmocka_unit_test_teardown(allocations_may_fail, schedule_restore),
    };
    return cmocka_run_group_tests(tests, guard_enter, guard_leave);
}

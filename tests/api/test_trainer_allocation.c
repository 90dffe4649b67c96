/* Steps by hand allocate nothing once a batch of the kind has been seen; and each allocation
 * of a trainer may fail: a status, nothing leaked, and what was summed is as it was. */
#include "data/failing.h"

#include <stdatomic.h>

#include "trainers.h"
#include "util/alloc.h"

static atomic_size_t allocations;

static bool count_allocation(size_t bytes)
{
    (void)bytes;
    atomic_fetch_add(&allocations, 1);
    return false;
}

static void take_steps(gemml_trainer *trainer, const gemml_dataset *batch, size_t steps)
{
    void *g;
    size_t count;
    for (size_t i = 0; i < steps; i++) {
        assert_ok(gemml_trainer_zero_gradient(trainer));
        assert_ok(gemml_trainer_backward(trainer, batch, NULL));
        assert_ok(gemml_trainer_backward(trainer, batch, NULL));
        assert_ok(gemml_trainer_gradient(trainer, &g, &count));
        assert_ok(gemml_trainer_step(trainer));
    }
}

static void steps_allocate_nothing(void **state)
{
    (void)state;
    for (size_t i = 0; i < SUBJECTS; i++) {
        struct sample s = subjects[i].sample();
        gemml_dataset data = sample_dataset(&s), part = rows_of(&data, 10, 12);
        gemml_model *model = subjects[i].make();
        gemml_trainer *trainer = new_trainer(model, &data, NULL);
        take_steps(trainer, &part, 1);
        assert_ok(gemml_trainer_epoch(trainer)); /* a history gets its first room */
        for (int own = 0; own < 2; own++) {
            atomic_store(&allocations, 0);
            memory_fails = count_allocation;
            take_steps(trainer, own ? &part : NULL, 3);
            memory_fails = NULL;
            assert_int_equal(atomic_load(&allocations), 0);
        }
        gemml_trainer_free(trainer);
        gemml_model_free(model);
        sample_free(&s);
    }
}

struct work {
    gemml_model *model;
    gemml_dataset data, part;
    gemml_trainer *trainer;
};

/* A whole life, in which any call may be the one that fails. */
static gemml_status live(void *context)
{
    struct work *work = context;
    gemml_trainer *trainer = NULL;
    double loss, score;
    gemml_status status = gemml_trainer_create(&trainer, work->model, &work->data, NULL);
    assert_true((status == GEMML_OK) == (trainer != NULL));
    if (status == GEMML_OK)
        status = gemml_trainer_backward(trainer, &work->data, &loss);
    if (status == GEMML_OK)
        status = gemml_trainer_evaluate(trainer, &work->data, &loss, &score);
    if (status == GEMML_OK)
        status = gemml_trainer_epoch(trainer);
    if (status == GEMML_OK)
        status = gemml_trainer_finish(trainer, NULL);
    gemml_trainer_free(trainer);
    return status;
}

/* A batch that is larger than any before. */
static gemml_status add_batch(void *context)
{
    struct work *work = context;
    bool (*decide)(size_t) = memory_fails;
    memory_fails = NULL;
    gemml_trainer *trainer = new_trainer(work->model, &work->part, NULL);
    void *g, *again;
    size_t count;
    assert_ok(gemml_trainer_backward(trainer, &work->part, NULL));
    assert_ok(gemml_trainer_gradient(trainer, &g, &count));
    size_t bytes = count * (trainer_info(trainer).dtype == GEMML_F64 ? sizeof(double) : sizeof(float));
    void *before = malloc(bytes);
    memcpy(before, g, bytes);
    memory_fails = decide;
    gemml_status status = gemml_trainer_backward(trainer, &work->data, NULL);
    memory_fails = NULL;
    assert_ok(gemml_trainer_gradient(trainer, &again, &count));
    assert_true((memcmp(again, before, bytes) == 0) == (status != GEMML_OK));
    free(before);
    gemml_trainer_free(trainer);
    return status;
}

static void allocations_may_fail(void **state)
{
    (void)state;
    assert_ok(gemml_set_threads(1));
    for (size_t i = 0; i < SUBJECTS; i++) {
        struct sample s = subjects[i].sample();
        struct work work = {.model = subjects[i].make(), .data = sample_dataset(&s)};
        work.part = rows_of(&work.data, 0, 30);
        fail_each_allocation(live, &work);
        if (subjects[i].sample == subject_three_classes) /* whose rows are weighed in a buffer that grows */
            fail_each_allocation(add_batch, &work);
        gemml_model_free(work.model);
        sample_free(&s);
    }
    assert_ok(gemml_set_threads(0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(steps_allocate_nothing),
        cmocka_unit_test(allocations_may_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

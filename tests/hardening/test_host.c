/* What a host finds as it was: its number of OpenBLAS threads after each call of every
 * public function, after errors too; and what little it may give: threads with stacks
 * of 128 KB. */
#include "isolated.h"
#include "scenarios.h"

#include <cblas.h>
#include <pthread.h>

enum { SMALL_STACK = 128 * 1024 };

static struct world *world;

static int begin(void **state)
{
    (void)state;
    gemml_set_threads(3);
    world = world_begin(3000);
    world_finish(world);
    return 0;
}

/* ---- The number of BLAS threads ------------------------------------------------------ */

static void finds(int threads, const char *after)
{
    if (openblas_get_num_threads() != threads)
        fail_msg("%s: the host had %d BLAS threads and finds %d", after, threads, openblas_get_num_threads());
}

/* Data that is refused late: a number in the last row is not finite. */
static gemml_status fit_late_error(gemml_model *model, gemml_dataset *data)
{
    double *last = &world->x[world->n * WORLD_FEATURES - 1], kept = *last;
    *last = (double)NAN;
    gemml_status status = gemml_fit(model, data, NULL, NULL);
    *last = kept;
    return status;
}

static void the_host_finds_its_number(void **state)
{
    (void)state;
    const int numbers[] = {1, 2, 4};
    for (size_t i = 0; i < 3; i++) {
        openblas_set_num_threads(numbers[i]);
        finds(numbers[i], "at first");
        for (size_t s = 0; s < scenario_count(); s++) {
            assert_int_equal(scenario_run(scenario_at(s), world), GEMML_OK);
            world_restore(world);
            finds(numbers[i], scenario_at(s)->name);
        }
        gemml_model *const models[] = {world->simple, world->logistic, world->network};
        gemml_dataset *const data[] = {&world->values, &world->classes, &world->classes};
        for (size_t m = 0; m < 3; m++) {
            assert_int_equal(fit_late_error(models[m], data[m]), GEMML_ERROR_NONFINITE);
            finds(numbers[i], "an error in the data");
            gemml_dataset other = *data[m];
            other.x.cols = 2;
            assert_int_equal(gemml_loss_gradient(models[m], &other, NULL, world->out), GEMML_ERROR_SHAPE);
            finds(numbers[i], "an error in the shape");
        }
    }
    openblas_set_num_threads(1);
}

/* ---- Small stacks ------------------------------------------------------------------------ */

struct visit {
    const struct scenario *scenario;
    gemml_status status;
    uint64_t digest;
    char error[512];
};

static void *visit(void *data)
{
    struct visit *visit = data;
    visit->status = scenario_run(visit->scenario, world);
    visit->digest = world->digest;
    snprintf(visit->error, sizeof visit->error, "%s", gemml_last_error());
    return NULL;
}

static void visit_on_a_small_stack(void *context)
{
    struct visit *here = context, there = {.scenario = here->scenario};
    pthread_attr_t attributes;
    pthread_t thread;
    isolated_step("%s", here->scenario->name);
    visit(here);
    world_restore(world);
    isolated_check(pthread_attr_init(&attributes) == 0 && pthread_attr_setstacksize(&attributes, SMALL_STACK) == 0 &&
                       pthread_create(&thread, &attributes, visit, &there) == 0 && pthread_join(thread, NULL) == 0,
                   "no such thread");
    pthread_attr_destroy(&attributes);
    isolated_check(there.status == here->status && there.digest == here->digest, "status %d, %s", there.status,
                   there.error);
}

static void need_plain_stacks(void)
{
#ifdef SANITIZED
    print_message("skipped: sanitizers make frames larger, and see an overflow themselves\n");
    skip();
#endif
}

/* Each in a process, for a stack that overflows ends it. */
static void every_function_on_a_small_stack(void **state)
{
    (void)state;
    need_plain_stacks();
    size_t findings = 0;
    for (size_t i = 0; i < scenario_count(); i++) {
        struct visit here = {.scenario = scenario_at(i)};
        const char *finding = isolated_run(visit_on_a_small_stack, &here, 60);
        if (finding)
            print_error("%s\n", finding);
        findings += finding != NULL;
    }
    assert_int_equal(findings, 0);
}

static void *fill_the_stack(void *data)
{
    volatile char room[2 * SMALL_STACK];
    for (size_t i = 0; i < sizeof room; i += 512)
        room[i] = 1;
    return room[0] ? data : NULL;
}

static void overflow_a_small_stack(void *context)
{
    pthread_attr_t attributes;
    pthread_t thread;
    isolated_check(pthread_attr_init(&attributes) == 0 && pthread_attr_setstacksize(&attributes, SMALL_STACK) == 0 &&
                       pthread_create(&thread, &attributes, fill_the_stack, context) == 0,
                   "no such thread");
    pthread_join(thread, NULL);
}

static void an_overflow_is_seen(void **state)
{
    (void)state;
    need_plain_stacks();
    const char *finding = isolated_run(overflow_a_small_stack, NULL, 10);
    assert_non_null(finding);
    assert_non_null(strstr(finding, "signal"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_host_finds_its_number),
        cmocka_unit_test(every_function_on_a_small_stack),
        cmocka_unit_test(an_overflow_is_seen),
    };
    return cmocka_run_group_tests(tests, begin, NULL);
}

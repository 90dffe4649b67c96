/* Every allocation of every public function made to fail, those of jansson, zlib,
 * OpenBLAS and the C library too, and threads that cannot be started: the k-th once, and the
 * k-th and all behind it, for k = 1, 2, ... until nothing fails any more. Each time
 *
 *   - the status is MEMORY, with a sentence, or OK with the very result of an
 *     undisturbed call (a thread that cannot be started is done without);
 *   - nothing that was allocated stays;
 *   - the model, or the moments, are saved as the same bytes as before;
 *   - the host finds its number of BLAS threads;
 *   - nothing hangs, exits or prints.
 *
 * Each scenario runs in a child process. */
#include "failing_malloc.h"
#include "isolated.h"
#include "scenarios.h"

#include <cblas.h>
#include <dlfcn.h>
#include <unistd.h>

/* Files need not reach the disk here. */
int fsync(int file)
{
    (void)file;
    return 0;
}

static struct world *world;

static bool full(void)
{
    return getenv("GEMML_FULL") != NULL;
}

/* What a call must come to. */
struct expected {
    int host_threads;
    uint64_t digest;
    long live;
    unsigned char *state;
    size_t count;
};

static void check_state(const struct expected *expected)
{
    size_t count;
    unsigned char *state = world_state(world, &count);
    isolated_check(count == expected->count && memcmp(state, expected->state, count) == 0,
                   "the model is not what it was before");
    free(state);
}

/* One call with a failure. Gives whether it was out of reach. */
static bool fail_one(const struct scenario *scenario, const struct expected *expected, size_t k, bool for_ever)
{
    isolated_step("%s, allocation %zu %s", scenario->name, k, for_ever ? "and all behind it" : "once");
    malloc_arm(k, for_ever);
    gemml_status status = scenario_run(scenario, world);
    bool beyond = malloc_disarm() < k;
    isolated_count();
    isolated_check(status == GEMML_OK || status == GEMML_ERROR_MEMORY, "status %d: %s", status, gemml_last_error());
    isolated_check(status == GEMML_OK || strstr(gemml_last_error(), "memory"), "\"%s\"", gemml_last_error());
    isolated_check(status == GEMML_OK || !beyond, "it fails where no allocation did: %s", gemml_last_error());
    isolated_check(status != GEMML_OK || world->digest == expected->digest, "OK, but with another result");
    isolated_check(openblas_get_num_threads() == expected->host_threads, "the host finds %d BLAS threads",
                   openblas_get_num_threads());
    world_restore(world);
    check_state(expected);
    isolated_check(malloc_live() == expected->live, "%ld blocks are left", malloc_live() - expected->live);
    return beyond;
}

/* From one k to the next: all of them in the full tier, and in the quick one the first
 * ones and every thirteenth. */
static size_t next(size_t k)
{
    return k < 7 || full() ? k + 1 : k + 13;
}

struct sweep {
    const struct scenario *scenario;
    size_t threads;
    int host_threads; /* of BLAS */
};

static void sweep(void *context)
{
    const struct sweep *it = context;
    struct expected expected = {.host_threads = it->host_threads};
    gemml_set_threads(it->threads);
    openblas_set_num_threads(it->host_threads);
    isolated_step("%s, undisturbed", it->scenario->name);
    for (int run = 0; run < 3; run++) { /* what is allocated once for all calls has been */
        gemml_status status = scenario_run(it->scenario, world);
        isolated_check(status == GEMML_OK, "%s", gemml_last_error());
        isolated_check(run == 0 || world->digest == expected.digest, "the result is another one each time");
        expected.digest = world->digest;
        world_restore(world);
        expected.state = world_state(world, &expected.count);
        expected.live = malloc_live();
        if (run < 2)
            free(expected.state);
    }
    for (int for_ever = 0; for_ever <= 1; for_ever++)
        for (size_t k = 1; !fail_one(it->scenario, &expected, k, for_ever); k = next(k))
            ;
}

static void sweep_all(size_t threads, int host_threads)
{
    size_t findings = 0, before = isolated_counted();
    for (size_t i = 0; i < scenario_count(); i++) {
        struct sweep it = {scenario_at(i), threads, host_threads};
        const char *finding = isolated_run(sweep, &it, full() ? 3000 : 100);
        if (finding)
            print_error("%zu threads, %s\n", threads, finding);
        findings += finding != NULL;
    }
    print_message("%zu calls in %zu scenarios\n", isolated_counted() - before, scenario_count());
    assert_int_equal(findings, 0);
}

static void need_our_malloc(void)
{
    if (!malloc_is_ours()) {
        print_message("skipped: a sanitizer or valgrind has put its own malloc in place of the test's\n");
        skip();
    }
}

static void each_allocation_fails(void **state)
{
    (void)state;
    need_our_malloc();
    sweep_all(1, 2);
}

static void each_allocation_fails_with_threads(void **state)
{
    (void)state;
    need_our_malloc();
    sweep_all(3, 1);
}

/* ---- That nothing is left out -------------------------------------------------------- */

/* The functions that the shared library exports, against those that the scenarios call. */
static void every_exported_function_is_called(void **state)
{
    (void)state;
    char command[4200], name[200];
    Dl_info info;
    assert_true(dladdr((void *)(uintptr_t)gemml_version, &info) != 0);
    for (size_t i = 0; i < scenario_count(); i++)
        assert_int_equal(scenario_run(scenario_at(i), world), GEMML_OK);
    world_restore(world);
    snprintf(command, sizeof command, "nm -D --defined-only --format=posix '%s'", info.dli_fname);
    FILE *names = popen(command, "r");
    assert_non_null(names);
    size_t exported = 0, missing = 0;
    while (fscanf(names, "%199s%*[^\n]", name) == 1)
        if (strncmp(name, "gemml_", 6) == 0) {
            exported++;
            if (!scenario_was_called(name)) {
                print_error("no scenario calls %s\n", name);
                missing++;
            }
        }
    assert_int_equal(pclose(names), 0);
    assert_int_equal(missing, 0);
    assert_true(exported > 80);
}

/* ---- That the harness would see it ------------------------------------------------------ */

static void exit_quietly(void *context)
{
    (void)context;
    exit(1);
}

static void hang(void *context)
{
    (void)context;
    for (;;)
        pause();
}

static void print_something(void *context)
{
    (void)context;
    fprintf(stderr, "a word");
}

static gemml_status leak_on_failure(struct world *it)
{
    gemml_moments *moments = NULL;
    static void *volatile lost;
    TRY_CALL(gemml_moments_create(&moments, 3, 1));
    lost = malloc(10);
    gemml_moments_free(moments);
    (void)it;
    return lost ? GEMML_OK : GEMML_ERROR_MEMORY;
}

static gemml_status change_on_failure(struct world *it)
{
    gemml_moments *moments = NULL;
    gemml_status status = gemml_moments_create(&moments, 3, 1);
    gemml_moments_free(moments);
    if (status != GEMML_OK)
        (void)gemml_moments_add(it->moments, &it->valid);
    return status;
}

static void expect_finding(void (*body)(void *), void *context, const char *words)
{
    const char *finding = isolated_run(body, context, 2);
    assert_non_null(finding);
    if (!strstr(finding, words))
        fail_msg("\"%s\" does not say \"%s\"", finding, words);
}

static void what_must_not_happen_is_seen(void **state)
{
    (void)state;
    const struct scenario leaking = {"leak", leak_on_failure}, changing = {"change", change_on_failure};
    expect_finding(exit_quietly, NULL, "exit(1)");
    expect_finding(hang, NULL, "hung");
    expect_finding(print_something, NULL, "a word");
    need_our_malloc();
    expect_finding(sweep, &(struct sweep){&leaking, 1, 1}, "left");
    expect_finding(sweep, &(struct sweep){&changing, 1, 1}, "is not what it was before");
}

static int make_world(void **state)
{
    (void)state;
    gemml_set_threads(1);
    world = world_begin(5000);
    world_finish(world);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_exported_function_is_called),
        cmocka_unit_test(what_must_not_happen_is_seen),
        cmocka_unit_test(each_allocation_fails),
        cmocka_unit_test(each_allocation_fails_with_threads),
    };
    return cmocka_run_group_tests(tests, make_world, NULL);
}

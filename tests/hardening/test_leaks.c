/* Nothing stays of a call that went well: after each scenario as many blocks are allocated and as
 * many files open as before it. Without failures (test_memory has those), and so quick. */
#include "failing_malloc.h"
#include "scenarios.h"

#include <dirent.h>

static struct world *world;

static long open_files(void)
{
    long count = 0;
    DIR *folder = opendir("/proc/self/fd");
    assert_non_null(folder);
    while (readdir(folder))
        count++;
    closedir(folder);
    return count;
}

/* Blocks and files that the third run of a scenario leaves: what is allocated once for all calls has been by then. */
static void left_behind(const struct scenario *scenario, long *blocks, long *files)
{
    for (int run = 0; run < 3; run++) {
        *blocks = -malloc_live();
        *files = -open_files();
        gemml_status status = scenario_run(scenario, world);
        if (status != GEMML_OK)
            fail_msg("%s: %s", scenario->name, gemml_last_error());
        world_restore(world);
        *files += open_files();
        *blocks += malloc_live();
    }
}

static void check(size_t threads)
{
    size_t findings = 0;
    gemml_set_threads(threads);
    for (size_t i = 0; i < scenario_count(); i++) {
        long blocks, files;
        left_behind(scenario_at(i), &blocks, &files);
        if (blocks != 0 || files != 0)
            print_error("%s, %zu threads: %ld blocks and %ld files are left\n", scenario_at(i)->name, threads, blocks,
                        files);
        findings += blocks != 0 || files != 0;
    }
    assert_int_equal(findings, 0);
}

static void nothing_stays(void **state)
{
    (void)state;
    if (!malloc_is_ours())
        skip();
    check(1);
    check(2);
}

static gemml_status lose_both(struct world *it)
{
    static void *volatile lost;
    static FILE *volatile file;
    lost = malloc(10);
    file = fopen(it->csv, "r");
    return lost && file ? GEMML_OK : GEMML_ERROR_IO;
}

static void a_leak_is_seen(void **state)
{
    (void)state;
    const struct scenario losing = {"lose", lose_both};
    long blocks, files;
    if (!malloc_is_ours())
        skip();
    left_behind(&losing, &blocks, &files);
    assert_true(blocks >= 1);
    assert_int_equal(files, 1);
}

static int make_world(void **state)
{
    (void)state;
    gemml_set_threads(1);
    world = world_begin(1500);
    world_finish(world);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(nothing_stays), cmocka_unit_test(a_leak_is_seen)};
    return cmocka_run_group_tests(tests, make_world, NULL);
}

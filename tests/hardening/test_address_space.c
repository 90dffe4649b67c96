/* Address space that runs out: ten limits (RLIMIT_AS), from none beyond what is
 * mapped up to 1 GB, each with 1 and 2 BLAS threads of the host's and 1 and 3 threads of
 * the library's. A call is OK with the result that it has without a limit, or
 * MEMORY; nothing hangs, exits or prints. Two kinds of process:
 *
 *   fresh  nothing has computed in it: OpenBLAS has no work buffer yet, the guard
 *          has found no room yet, no thread of the library's has been started
 *   warm   every scenario has run before; its heap may hold all that is needed
 *
 * OpenBLAS 0.3.21 by itself calls exit(1) when malloc fails with two threads, and
 * looks for ever for a buffer that it cannot map. The last test shows that, and so
 * that these tests would see it. */
#include "failing_malloc.h"
#include "isolated.h"
#include "scenarios.h"

#include <cblas.h>
#include <pthread.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

static const size_t limits[] = {0, 1, 4, 16, 64, 128, 216, 320, 512, 1024}; /* MB */
#define LIMITS (sizeof limits / sizeof *limits)

static struct world *world;

static bool full(void)
{
    return getenv("GEMML_FULL") != NULL;
}

/* Leaves so many megabytes beyond what is mapped; SIZE_MAX: all that there were. */
static void limit_address_space(size_t megabytes)
{
    struct rlimit limit;
    size_t pages = 0;
    isolated_check(getrlimit(RLIMIT_AS, &limit) == 0, "getrlimit failed");
    limit.rlim_cur = limit.rlim_max;
    if (megabytes != SIZE_MAX) {
        FILE *file = fopen("/proc/self/statm", "r");
        isolated_check(file && fscanf(file, "%zu", &pages) == 1, "/proc/self/statm cannot be read");
        fclose(file);
        limit.rlim_cur = (rlim_t)pages * (rlim_t)sysconf(_SC_PAGESIZE) + ((rlim_t)megabytes << 20);
    }
    isolated_check(setrlimit(RLIMIT_AS, &limit) == 0, "setrlimit failed");
    if (megabytes != SIZE_MAX) {
        void *beyond = mmap(NULL, (megabytes + 1) << 20, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        isolated_check(beyond == MAP_FAILED, "the limit is not felt");
    }
}

/* A process as it is to be. */
struct setting {
    size_t limit; /* MB */
    int host_threads;
    size_t threads;
    const struct scenario *scenario; /* of a fresh process */
};

/* What came of the calls; shared by the children through isolated_count. */
static void run_limited(const struct setting *setting, const struct scenario *scenario, const uint64_t *digest)
{
    isolated_step("%s, %zu MB, %d BLAS threads, %zu threads", scenario->name, setting->limit, setting->host_threads,
                  setting->threads);
    limit_address_space(setting->limit);
    gemml_status status = scenario_run(scenario, world);
    limit_address_space(SIZE_MAX);
    isolated_check(status == GEMML_OK || status == GEMML_ERROR_MEMORY, "status %d: %s", status, gemml_last_error());
    isolated_check(status != GEMML_OK || !digest || world->digest == *digest, "OK, but with another result");
    isolated_check(openblas_get_num_threads() == setting->host_threads, "the host finds %d BLAS threads",
                   openblas_get_num_threads());
    if (status == GEMML_ERROR_MEMORY)
        isolated_count();
}

static void prepare(const struct setting *setting)
{
    gemml_set_threads(setting->threads);
    openblas_set_num_threads(setting->host_threads);
}

static void run_fresh(void *context)
{
    const struct setting *setting = context;
    isolated_step("%s", setting->scenario->name);
    prepare(setting);
    run_limited(setting, setting->scenario, NULL);
    gemml_status again = scenario_run(setting->scenario, world); /* with the limit gone */
    isolated_check(again == GEMML_OK, "later: %s", gemml_last_error());
}

static void run_warm(void *context)
{
    const struct setting *setting = context;
    uint64_t digests[200];
    prepare(setting);
    for (size_t i = 0; i < scenario_count(); i++) {
        isolated_step("%s, without a limit", scenario_at(i)->name);
        isolated_check(scenario_run(scenario_at(i), world) == GEMML_OK, "%s", gemml_last_error());
        digests[i] = world->digest;
        world_restore(world);
    }
    for (size_t i = 0; i < scenario_count(); i++) {
        run_limited(setting, scenario_at(i), &digests[i]);
        world_restore(world);
    }
}

/* Runs `body` under all limits with all numbers of threads, of which the quick tier takes
 * two for each limit. Gives the number of findings. */
static size_t under_all_limits(void (*body)(void *), const struct scenario *scenario)
{
    size_t findings = 0;
    for (size_t i = 0; i < LIMITS; i++)
        for (int host_threads = 1; host_threads <= 2; host_threads++)
            for (size_t threads = 1; threads <= 3; threads += 2) {
                if (!full() && (i + (size_t)host_threads + threads / 2) % 2 != 0)
                    continue;
                struct setting setting = {limits[i], host_threads, threads, scenario};
                const char *finding = isolated_run(body, &setting, 60);
                if (finding)
                    print_error("%s\n", finding);
                findings += finding != NULL;
            }
    return findings;
}

static void need_real_limits(void)
{
    if (!malloc_is_ours()) {
        print_message("skipped: a sanitizer or valgrind needs the address space itself\n");
        skip();
    }
}

/* Scenarios that need nothing but the data are those that fit. The quick tier takes every sixth. */
static void fresh_processes(void **state)
{
    (void)state;
    need_real_limits();
    size_t step = full() ? 1 : 6, findings = 0, tried = 0, before = isolated_counted();
    for (size_t i = 0; i < scenario_count(); i++) {
        if (strncmp(scenario_at(i)->name, "fit ", 4) != 0 || tried++ % step != 0)
            continue;
        findings += under_all_limits(run_fresh, scenario_at(i));
    }
    assert_int_equal(findings, 0);
    assert_true(tried >= 12);
    assert_true(isolated_counted() > before); /* the limits were felt */
}

static void warm_processes(void **state)
{
    (void)state;
    need_real_limits();
    world_finish(world);
    assert_int_equal(under_all_limits(run_warm, NULL), 0);
}

/* ---- OpenBLAS by itself --------------------------------------------------------------- */

static void multiply(int threads)
{
    enum { N = 400 };
    static double a[N * N], b[N * N], c[N * N];
    openblas_set_num_threads(threads);
    cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, N, N, N, 1, a, N, b, N, 0, c, N);
}

static void multiply_without_malloc(void *context)
{
    isolated_step("dgemm");
    openblas_set_num_threads(2);
    malloc_arm(1, true);
    multiply(*(int *)context);
    malloc_disarm();
}

/* After a fork OpenBLAS keeps its buffers, so this needs more than it has. */
static void *multiply_again(void *context)
{
    multiply(1);
    return context;
}

static void multiply_without_room(void *context)
{
    pthread_t threads[4];
    (void)context;
    isolated_step("dgemm");
    limit_address_space(60);
    for (int i = 0; i < 4; i++)
        pthread_create(&threads[i], NULL, multiply_again, NULL);
    for (int i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
}

static void openblas_by_itself(void **state)
{
    (void)state;
    need_real_limits();
    int one = 1, two = 2;
    if (!strstr(openblas_get_config(), "OpenBLAS 0.3.21")) {
        print_message("skipped: this is not the version of which it is known\n");
        skip();
    }
    assert_null(isolated_run(multiply_without_malloc, &one, 5));
    const char *finding = isolated_run(multiply_without_malloc, &two, 5);
    assert_non_null(finding);
    assert_non_null(strstr(finding, "exit(1)"));
    finding = isolated_run(multiply_without_room, NULL, 2);
    assert_non_null(finding);
    assert_non_null(strstr(finding, "hung"));
}

static int begin(void **state)
{
    (void)state;
    world = world_begin(5000);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fresh_processes), /* the first: nothing has computed yet */
        cmocka_unit_test(openblas_by_itself),
        cmocka_unit_test(warm_processes),
    };
    return cmocka_run_group_tests(tests, begin, NULL);
}

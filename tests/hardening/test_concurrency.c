/* Many threads at once: on one model, each on its own, through a host's parallel_for,
 * and around forks. What they compute has the bits that one thread gets. Also run
 * under the thread sanitizer and, in the full tier, under helgrind. */
#include "scenarios.h"
#include "util/children.h"

#include <pthread.h>

enum { THREADS = 8 };

static struct world *world;

static size_t rounds(size_t quick)
{
    return getenv("GEMML_FULL") && !getenv("GEMML_SLOW") ? 20 * quick : quick;
}

static int begin(void **state)
{
    (void)state;
    gemml_set_threads(2);
    world = world_begin(getenv("GEMML_SLOW") ? 1500 : 3000);
    world_finish(world);
    return 0;
}

/* ---- Work, and its bits ------------------------------------------------------------ */

/* What a thread does, with room of its own, and what came of it. */
struct work {
    size_t number;
    gemml_status (*body)(struct work *work);
    double *out; /* room for n x 3 */
    uint64_t digest;
    gemml_status status;
    char error[512];
    size_t rounds;
};

static void digest(struct work *work, const void *bytes, size_t count)
{
    const unsigned char *byte = bytes;
    for (size_t i = 0; i < count; i++)
        work->digest = (work->digest ^ byte[i]) * 0x100000001B3u;
}

static void *do_work(void *data)
{
    struct work *work = data;
    for (size_t round = 0; round < work->rounds && work->status == GEMML_OK; round++) {
        work->digest = 0xCBF29CE484222325u;
        work->status = work->body(work);
    }
    if (work->status != GEMML_OK)
        snprintf(work->error, sizeof work->error, "%s", gemml_last_error());
    return NULL;
}

static struct work work_make(size_t number, gemml_status (*body)(struct work *), size_t times)
{
    return (struct work){number, body, malloc(world->n * 3 * sizeof(double)), 0, GEMML_OK, "", times};
}

/* Eight threads do it at once; each gets the bits that it gets alone. */
static void as_alone(gemml_status (*body)(struct work *), size_t times)
{
    pthread_t threads[THREADS];
    struct work alone[THREADS], together[THREADS];
    for (size_t i = 0; i < THREADS; i++) {
        alone[i] = work_make(i, body, 1);
        together[i] = work_make(i, body, times);
        do_work(&alone[i]);
        assert_int_equal(alone[i].status, GEMML_OK);
    }
    for (size_t i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, do_work, &together[i]), 0);
    for (size_t i = 0; i < THREADS; i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    for (size_t i = 0; i < THREADS; i++) {
        if (together[i].status != GEMML_OK || together[i].digest != alone[i].digest)
            fail_msg("thread %zu: status %d, %s", i, together[i].status,
                     together[i].status ? together[i].error : "other bits than alone");
        free(alone[i].out);
        free(together[i].out);
    }
}

static gemml_status predict(struct work *work)
{
    gemml_model *const models[] = {world->linear, world->logistic, world->binomial, world->network};
    for (size_t m = 0; m < 4; m++) {
        size_t cols = m == 0 ? WORLD_OUTPUTS : 1;
        TRY_CALL(gemml_predict(models[m], world->values.x, gemml_matrix_f64(work->out, world->n, cols)));
        digest(work, work->out, world->n * cols * sizeof(double));
    }
    TRY_CALL(gemml_predict_proba(world->network, world->values.x, gemml_matrix_f64(work->out, world->n, 3)));
    digest(work, work->out, world->n * 3 * sizeof(double));
    return GEMML_OK;
}

static gemml_status judge(struct work *work)
{
    gemml_metrics metrics = GEMML_METRICS_INIT;
    char path[300];
    TRY_CALL(gemml_score(world->logistic, &world->classes, &metrics));
    digest(work, &metrics.auc, sizeof metrics.auc);
    TRY_CALL(gemml_covariance(world->linear, 0, gemml_matrix_f64(work->out, 5, 5)));
    digest(work, work->out, 25 * sizeof(double));
    snprintf(path, sizeof path, "%s/%zu", scratch_directory(), work->number);
    return gemml_save(world->linear, path);
}

static gemml_status create(gemml_model **model, size_t kind)
{
    const size_t hidden[] = {5};
    gemml_linear_options linear = GEMML_LINEAR_OPTIONS_INIT;
    gemml_logistic_options logistic = GEMML_LOGISTIC_OPTIONS_INIT;
    gemml_mlp_options network = GEMML_MLP_OPTIONS_INIT;
    linear.l2 = (double)kind;
    linear.solver = kind == 3 ? GEMML_SOLVER_LBFGS : GEMML_SOLVER_AUTO;
    logistic.solver = kind == 4 ? GEMML_SOLVER_LBFGS : GEMML_SOLVER_NEWTON;
    network.hidden = hidden;
    network.hidden_count = 1;
    network.epochs = 2;
    network.task = GEMML_TASK_CLASSIFICATION;
    network.seed = kind;
    return kind % 3 == 0   ? gemml_linear_create(model, &linear)
           : kind % 3 == 1 ? gemml_logistic_create(model, &logistic)
                           : gemml_mlp_create(model, &network);
}

static gemml_status fit_own(struct work *work)
{
    gemml_model *model = NULL;
    const void *parameters;
    size_t count;
    gemml_model_info info = GEMML_MODEL_INFO_INIT;
    TRY_CALL(create(&model, work->number));
    gemml_status status = gemml_fit(model, work->number % 3 == 0 ? &world->values : &world->classes, NULL, NULL);
    if (status == GEMML_OK && gemml_parameters(model, &parameters, &count) == GEMML_OK &&
        gemml_model_get_info(model, &info) == GEMML_OK)
        digest(work, parameters, count * (info.dtype == GEMML_F64 ? 8 : 4));
    gemml_model_free(model);
    return status;
}

static void eight_predict_on_one_model(void **state)
{
    (void)state;
    as_alone(predict, rounds(5));
}

static void eight_judge_and_save_one_model(void **state)
{
    (void)state;
    as_alone(judge, rounds(3));
}

static void eight_fit_their_own(void **state)
{
    (void)state;
    as_alone(fit_own, rounds(2));
}

/* ---- A host's parallel_for ------------------------------------------------------------ */

/* Tasks on threads that the host starts for each call. */
struct share {
    gemml_task task;
    void *context;
    size_t first, count, step;
};

static void *run_share(void *data)
{
    const struct share *share = data;
    for (size_t i = share->first; i < share->count; i += share->step)
        share->task(share->context, i);
    return NULL;
}

static void run_on_host_threads(void *host, size_t count, gemml_task task, void *context)
{
    enum { HOST_THREADS = 4 };
    pthread_t threads[HOST_THREADS];
    struct share shares[HOST_THREADS];
    atomic_fetch_add((atomic_size_t *)host, 1);
    for (size_t i = 0; i < HOST_THREADS; i++) {
        shares[i] = (struct share){task, context, i, count, HOST_THREADS};
        if (pthread_create(&threads[i], NULL, run_share, &shares[i]) != 0)
            abort();
    }
    for (size_t i = 0; i < HOST_THREADS; i++)
        pthread_join(threads[i], NULL);
}

static void a_host_runs_the_tasks(void **state)
{
    (void)state;
    atomic_size_t calls = 0;
    gemml_status (*const bodies[])(struct work *) = {predict, fit_own};
    for (size_t body = 0; body < 2; body++)
        for (size_t number = 0; number < 3; number++) {
            struct work alone = work_make(number, bodies[body], 1), hosted = work_make(number, bodies[body], 1);
            do_work(&alone);
            assert_int_equal(gemml_set_parallel_for(run_on_host_threads, &calls, 4), GEMML_OK);
            do_work(&hosted);
            assert_int_equal(gemml_set_parallel_for(NULL, NULL, 0), GEMML_OK);
            assert_int_equal(hosted.status, GEMML_OK);
            assert_true(hosted.digest == alone.digest);
            free(alone.out);
            free(hosted.out);
        }
    assert_true(atomic_load(&calls) > 0);
}

/* ---- Forks ---------------------------------------------------------------------------------- */

static uint64_t known[2];

static int same_bits_here(void)
{
    gemml_status (*const bodies[])(struct work *) = {predict, fit_own};
    for (size_t i = 0; i < 2; i++) {
        struct work work = work_make(0, bodies[i], 1);
        do_work(&work);
        free(work.out);
        if (work.status != GEMML_OK)
            return 1;
        if (known[i] != 0 && work.digest != known[i])
            return 2;
        known[i] = work.digest;
    }
    return 0;
}

static void both_use_the_library_after_a_fork(void **state)
{
    (void)state;
    need_threads_in_children();
    assert_int_equal(same_bits_here(), 0);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(run_in_child(same_bits_here), 0);
        assert_int_equal(same_bits_here(), 0);
    }
}

static atomic_bool enough;

static void *predict_for_ever(void *data)
{
    struct work *work = data;
    while (!atomic_load(&enough))
        do_work(work);
    return NULL;
}

static void a_fork_while_others_compute(void **state)
{
    (void)state;
    need_threads_in_children();
    pthread_t threads[2];
    struct work works[2] = {work_make(0, predict, 1), work_make(1, fit_own, 1)};
    atomic_store(&enough, false);
    for (size_t i = 0; i < 2; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, predict_for_ever, &works[i]), 0);
    int worst = 0;
    for (size_t i = 0; i < rounds(10) && worst == 0; i++)
        worst = run_in_child(same_bits_here);
    atomic_store(&enough, true);
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
        free(works[i].out);
    }
    assert_int_equal(worst, 0);
}

/* ---- That it would be seen ----------------------------------------------------------------- */

static volatile int shared;

static void *change_unlocked(void *data)
{
    for (int i = 0; i < 1000; i++)
        shared = shared + 1;
    return data;
}

/* What no sanitizer may let pass. */
static int race(void)
{
    pthread_t threads[2];
    for (int i = 0; i < 2; i++)
        if (pthread_create(&threads[i], NULL, change_unlocked, NULL) != 0)
            return 0;
    for (int i = 0; i < 2; i++)
        pthread_join(threads[i], NULL);
    return 0;
}

int main(int count, char **arguments)
{
    if (count > 1 && strcmp(arguments[1], "race") == 0)
        return race();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(eight_predict_on_one_model),
        cmocka_unit_test(eight_judge_and_save_one_model),
        cmocka_unit_test(eight_fit_their_own),
        cmocka_unit_test(a_host_runs_the_tasks),
        cmocka_unit_test(both_use_the_library_after_a_fork),
        cmocka_unit_test(a_fork_while_others_compute),
    };
    return cmocka_run_group_tests(tests, begin, NULL);
}

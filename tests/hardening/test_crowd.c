/* More threads of a host, on small stacks, than OpenBLAS has work buffers: they fit and predict at once, and
 * each gets the bits that it gets alone. OpenBLAS would print a warning, or end the process. */
#include "isolated.h"
#include "support/support.h"

#include <gemml.h>
#include <pthread.h>
#include <stdatomic.h>

#if defined(SANITIZED) || defined(THREAD_SANITIZER)
enum { CROWD = 200, SMALL_STACK = 1024 * 1024 };
#else
enum { CROWD = 200, SMALL_STACK = 128 * 1024 };
#endif
enum { ROWS = 1000, WIDE = 480, FEATURES = 60, KINDS = 4, SECONDS = 150 };

static double x[ROWS * WIDE], y[ROWS], label[ROWS];

static void make_data(void)
{
    uint64_t state = 11;
    for (size_t i = 0; i < ROWS; i++) {
        double sum = 0;
        for (size_t j = 0; j < WIDE; j++)
            sum += x[WIDE * i + j] = test_random(&state);
        y[i] = sum + test_random(&state);
        label[i] = sum + 9 * test_random(&state) > 0;
    }
}

/* The first columns, or all. */
static gemml_view columns(size_t count)
{
    return gemml_view_f64_strided(x, ROWS, count, WIDE);
}

static gemml_dataset data_of(size_t kind)
{
    gemml_dataset data = GEMML_DATASET_INIT;
    data.x = columns(FEATURES);
    data.y = gemml_view_f64(kind == 2 ? label : y, ROWS, 1);
    return data;
}

/* A network on all columns, in large layers: who asks it is in BLAS nearly all of the time. */
static gemml_status fit_shared(gemml_model **shared)
{
    const size_t hidden[] = {512, 512};
    gemml_mlp_options options = GEMML_MLP_OPTIONS_INIT;
    gemml_dataset data = data_of(0);
    data.x = columns(WIDE);
    options.hidden = hidden, options.hidden_count = 2, options.epochs = 1;
    gemml_status status = gemml_mlp_create(shared, &options);
    return status == GEMML_OK ? gemml_fit(*shared, &data, NULL, NULL) : status;
}

/* Of each epoch: what the model predicts so far is asked for from inside of its fit. */
struct follower {
    const gemml_model *shared;
    double out[ROWS];
    gemml_status status;
};

static int predict_meanwhile(const gemml_progress *progress, void *data)
{
    struct follower *follower = data;
    (void)progress;
    follower->status = gemml_predict(follower->shared, columns(WIDE), gemml_matrix_f64(follower->out, ROWS, 1));
    return follower->status != GEMML_OK;
}

static gemml_status create(gemml_model **model, size_t kind)
{
    const size_t hidden[] = {40};
    gemml_linear_options linear = GEMML_LINEAR_OPTIONS_INIT;
    gemml_logistic_options logistic = GEMML_LOGISTIC_OPTIONS_INIT;
    gemml_mlp_options network = GEMML_MLP_OPTIONS_INIT;
    linear.solver = kind == 0 ? GEMML_SOLVER_CHOLESKY : GEMML_SOLVER_QR;
    logistic.solver = GEMML_SOLVER_NEWTON;
    logistic.l2 = 1;
    network.hidden = hidden, network.hidden_count = 1, network.epochs = 3;
    return kind < 2    ? gemml_linear_create(model, &linear)
           : kind == 2 ? gemml_logistic_create(model, &logistic)
                       : gemml_mlp_create(model, &network);
}

/* What a thread does, and its bits. */
struct visitor {
    size_t kind;
    const gemml_model *shared; /* fitted; asked by all */
    pthread_barrier_t *start;
    gemml_status status;
    uint64_t digest;
    char error[512];
};

static void note(struct visitor *visitor, const double *values)
{
    const unsigned char *bytes = (const unsigned char *)values;
    for (size_t i = 0; i < ROWS * sizeof *values; i++)
        visitor->digest = (visitor->digest ^ bytes[i]) * 0x100000001B3u;
}

/* Asks the shared model, fits an own one, and asks that. */
static gemml_status ask_and_fit(struct visitor *visitor, gemml_model *model, struct follower *follower)
{
    gemml_dataset data = data_of(visitor->kind);
    gemml_fit_options options = GEMML_FIT_OPTIONS_INIT;
    gemml_matrix out = gemml_matrix_f64(follower->out, ROWS, 1);
    options.progress = visitor->kind == 3 ? predict_meanwhile : NULL;
    options.progress_data = follower;
    gemml_status status = gemml_predict(visitor->shared, columns(WIDE), out);
    note(visitor, follower->out);
    if (status == GEMML_OK)
        status = gemml_fit(model, &data, &options, NULL);
    if (status == GEMML_OK)
        status = follower->status;
    if (status == GEMML_OK)
        status = gemml_predict(model, data.x, out);
    note(visitor, follower->out);
    return status;
}

static void *visit(void *data)
{
    struct visitor *visitor = data;
    if (visitor->start)
        pthread_barrier_wait(visitor->start);
    struct follower *follower = calloc(1, sizeof *follower);
    gemml_model *model = NULL;
    visitor->digest = 0xCBF29CE484222325u;
    visitor->status = follower ? create(&model, visitor->kind) : GEMML_ERROR_MEMORY;
    if (visitor->status == GEMML_OK) {
        follower->shared = visitor->shared;
        visitor->status = ask_and_fit(visitor, model, follower);
    }
    if (visitor->status != GEMML_OK)
        snprintf(visitor->error, sizeof visitor->error, "%s", gemml_last_error());
    gemml_model_free(model);
    free(follower);
    return NULL;
}

static void visit_together(struct visitor *visitors)
{
    static pthread_t threads[CROWD];
    pthread_attr_t small;
    isolated_check(pthread_attr_init(&small) == 0 && pthread_attr_setstacksize(&small, SMALL_STACK) == 0,
                   "no such stack");
    for (size_t i = 0; i < CROWD; i++)
        isolated_check(pthread_create(&threads[i], &small, visit, &visitors[i]) == 0, "thread %zu cannot be started",
                       i);
    for (size_t i = 0; i < CROWD; i++)
        pthread_join(threads[i], NULL);
    pthread_attr_destroy(&small);
}

static void come_in_a_crowd(void *context)
{
    const size_t *threads = context;
    static struct visitor alone[KINDS], visitors[CROWD];
    pthread_barrier_t start;
    gemml_model *shared = NULL;
    gemml_set_threads(*threads);
    isolated_step("%d threads, and %zu of gemml's", CROWD, *threads);
    isolated_check(fit_shared(&shared) == GEMML_OK, "%s", gemml_last_error());
    for (size_t kind = 0; kind < KINDS; kind++) {
        alone[kind] = (struct visitor){.kind = kind, .shared = shared};
        visit(&alone[kind]);
        isolated_check(alone[kind].status == GEMML_OK, "alone: %s", alone[kind].error);
    }
    for (size_t i = 0; i < CROWD; i++)
        visitors[i] = (struct visitor){.kind = i % KINDS, .shared = shared, .start = &start};
    pthread_barrier_init(&start, NULL, CROWD);
    visit_together(visitors);
    pthread_barrier_destroy(&start);
    for (size_t i = 0; i < CROWD; i++) {
        isolated_check(visitors[i].status == GEMML_OK, "thread %zu: %s", i, visitors[i].error);
        isolated_check(visitors[i].digest == alone[i % KINDS].digest, "thread %zu: other bits than alone", i);
    }
    gemml_model_free(shared);
}

/* In a process, which OpenBLAS may end, and which may hang. */
static void any_number_of_threads_may_come(void **state)
{
    (void)state;
    const size_t threads[] = {2, 16};
    make_data();
    for (size_t i = 0; i < sizeof threads / sizeof *threads; i++) {
        const char *finding = isolated_run(come_in_a_crowd, (void *)(uintptr_t)&threads[i], SECONDS);
        if (finding)
            fail_msg("%s", finding);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(any_number_of_threads_may_come)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

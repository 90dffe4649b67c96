/* A training run on a small network with a validation set, and what it leaves. */
#ifndef GEMML_TESTS_TRAIN_NET_H
#define GEMML_TESTS_TRAIN_NET_H

#include "chain/network.h"
#include "fold/padded.h"
#include "train/trainer.h"
#include "util/alloc.h"
#include "util/clock.h"

enum { NET_INPUTS = 3 };

struct net {
    struct chain chain;
    struct padded x, y, valid_x, valid_y;
    gemml_dataset valid;
    bool validates;
    struct view_source source;
    struct training training;
    struct fit_record record;
    real *theta, *start; /* the trainer's, and where it started */
};

/* Rows of three features. Targets are those of `outputs` smooth functions and
 * some noise; with classes the index of the largest of them. */
static inline void net_rows(struct padded *x, struct padded *y, size_t n, size_t outputs, bool classes,
                            uint64_t *random)
{
    *x = padded_make(REAL_DTYPE, n, NET_INPUTS, 1, 0, 1, random);
    *y = padded_make(REAL_DTYPE, n, classes ? 1 : outputs, 1, 0, 0.1, random);
    for (size_t i = 0; i < n; i++) {
        size_t class = 0;
        long double largest = -100;
        for (size_t k = 0; k < outputs; k++) {
            long double a = padded_at(x, i, k % NET_INPUTS), b = padded_at(x, i, (k + 1) % NET_INPUTS);
            long double value = sinl(2 * a) + (k % 2 ? a * b : b) + padded_at(y, i, classes ? 0 : k);
            if (value > largest)
                class = k;
            largest = fmaxl(largest, value);
            if (!classes)
                padded_set(y, i, k, value);
        }
        if (classes)
            padded_set(y, i, 0, (long double)class);
    }
}

/* 3 - hidden - hidden - outputs, tanh; n rows to learn from and n / 2 to validate. */
static inline struct net net_make(size_t n, size_t hidden, size_t outputs, bool classes)
{
    const size_t sizes[] = {NET_INPUTS, hidden, hidden, outputs};
    const enum activation activations[] = {ACTIVATION_TANH, ACTIVATION_RELU,
                                           classes ? ACTIVATION_SOFTMAX : ACTIVATION_IDENTITY};
    const bool bias[] = {true, true, true};
    uint64_t random = 7;
    struct net net = {0};
    assert_int_equal(
        chain_make(&net.chain, 3, sizes, activations, bias, classes ? LOSS_CROSS_ENTROPY : LOSS_SQUARED_ERROR),
        GEMML_OK);
    net_rows(&net.x, &net.y, n, outputs, classes, &random);
    net_rows(&net.valid_x, &net.valid_y, n / 2, outputs, classes, &random);
    net.valid.x = net.valid_x.view;
    net.valid.y = net.valid_y.view;
    net.source = R(view_source)(net.x.view, net.y.view, (gemml_view)GEMML_EMPTY_VIEW);
    net.theta = malloc(net.chain.parameters * sizeof(real));
    net.start = malloc(net.chain.parameters * sizeof(real));
    for (size_t i = 0; i < net.chain.parameters; i++)
        net.start[i] = (real)(0.5 * test_random(&random));
    const double none = (double)NAN;
    net.training = (struct training){.epochs = 10,
                                     .iterations = SIZE_MAX,
                                     .batch = n,
                                     .patience = 1,
                                     .tolerance = none,
                                     .rate = 0.01,
                                     .optimizer = {OPTIMIZER_SGD, none, none, none, none, none, none},
                                     .schedule = {SCHEDULE_CONSTANT, none, 0, none, none, none, none},
                                     .sum_weight = (double)n,
                                     .time_budget = none};
    return net;
}

static inline void net_free(struct net *net)
{
    chain_free(&net->chain);
    padded_free(&net->x);
    padded_free(&net->y);
    padded_free(&net->valid_x);
    padded_free(&net->valid_y);
    fit_record_free(&net->record);
    free(net->theta);
    free(net->start);
}

/* A trainer at the start, with a fresh record. */
static inline gemml_status net_trainer(struct net *net, struct trainer *trainer)
{
    fit_record_free(&net->record);
    net->record = (struct fit_record){0};
    memcpy(net->theta, net->start, net->chain.parameters * sizeof(real));
    net->training.started = clock_seconds();
    net->training.valid = net->validates ? &net->valid : NULL;
    return R(trainer_create)(trainer, &net->chain, net->theta, &net->source, &net->training, &net->record);
}

/* A whole run from the start. */
static inline gemml_status net_train(struct net *net)
{
    struct trainer trainer;
    gemml_status status = net_trainer(net, &trainer);
    if (status != GEMML_OK)
        return status;
    status = R(trainer_run)(&trainer);
    R(trainer_free)(&trainer);
    return status;
}

/* The same bits in the parameters, the histories and the outcome. */
static inline void assert_same_run(const struct net *net, const real *theta, const struct fit_record *record)
{
    const struct fit_record *own = &net->record;
    assert_memory_equal(net->theta, theta, net->chain.parameters * sizeof(real));
    assert_int_equal(own->outcome, record->outcome);
    assert_int_equal(own->epochs, record->epochs);
    assert_int_equal(own->iterations, record->iterations);
    assert_int_equal(own->best_epoch, record->best_epoch);
    assert_true(own->loss == record->loss && own->objective == record->objective);
    assert_int_equal(own->loss_history_count, record->loss_history_count);
    assert_memory_equal(own->loss_history, record->loss_history, record->loss_history_count * sizeof(double));
    assert_int_equal(own->valid_history_count, record->valid_history_count);
    size_t bytes = record->valid_history_count * sizeof(double);
    if (bytes > 0) {
        assert_memory_equal(own->valid_loss_history, record->valid_loss_history, bytes);
        assert_memory_equal(own->score_history, record->score_history, bytes);
        assert_memory_equal(own->valid_epochs, record->valid_epochs, record->valid_history_count * sizeof(size_t));
    }
    size_t recorded = record->recorded_count;
    assert_int_equal(own->recorded_count, recorded);
    if (recorded > 0) {
        assert_memory_equal(own->recorded, record->recorded, recorded * net->chain.parameters * sizeof(double));
        assert_memory_equal(own->recorded_epochs, record->recorded_epochs, recorded * sizeof(size_t));
    }
}

#endif

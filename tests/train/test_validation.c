/* Validation: loss and score against plain loops, when they are measured, early
 * stopping by them, and which parameters are kept. */
#include "train/validate.h"

#include "fold/schedule.h"
#include "train/net.h"
#include "util/error.h"

#define THRESHOLD (64 * (double)REAL_EPSILON)

/* z of a row of the validation set, at theta. */
static void plain_row(const struct net *net, const real *theta, size_t i, long double *z)
{
    long double a[WIDEST], exact[1000];
    assert_true(net->chain.parameters <= 1000);
    for (size_t j = 0; j < net->chain.parameters; j++)
        exact[j] = theta[j];
    for (size_t j = 0; j < NET_INPUTS; j++)
        a[j] = padded_at(&net->valid_x, i, j);
    network_row(&net->chain, exact, a, z);
}

static long double plain_weight(const struct padded *weight, size_t i)
{
    return weight ? padded_at(weight, i, 0) : 1;
}

/* Mean loss, and the accuracy. */
static struct validation plain_classes(const struct net *net, const real *theta, const struct padded *weight)
{
    size_t n = net->valid_x.view.rows, K = chain_outputs(&net->chain), classes = chain_classes(&net->chain);
    long double loss = 0, hits = 0, weights = 0;
    for (size_t i = 0; i < n; i++) {
        long double z[WIDEST], sum = 0, w = plain_weight(weight, i);
        size_t y = (size_t)padded_at(&net->valid_y, i, 0), best = 0;
        plain_row(net, theta, i, z);
        if (K == 1) { /* the decision value of class 1 against 0 */
            z[1] = z[0];
            z[0] = 0;
        }
        for (size_t k = 0; k < classes; k++) {
            sum += expl(z[k]);
            best = z[k] > z[best] ? k : best;
        }
        loss += w * (logl(sum) - z[y]);
        hits += best == y ? w : 0;
        weights += w;
    }
    return (struct validation){(double)(loss / weights), (double)(hits / weights)};
}

/* Mean loss, and the mean r2 of the outputs. */
static struct validation plain_regression(const struct net *net, const real *theta, const struct padded *weight)
{
    size_t n = net->valid_x.view.rows, K = chain_outputs(&net->chain);
    long double loss = 0, r2 = 0, weights = 0;
    for (size_t k = 0; k < K; k++) {
        long double mean = 0, tss = 0, rss = 0, z[WIDEST];
        weights = 0;
        for (size_t i = 0; i < n; i++) {
            weights += plain_weight(weight, i);
            mean += plain_weight(weight, i) * padded_at(&net->valid_y, i, k);
        }
        mean /= weights;
        for (size_t i = 0; i < n; i++) {
            long double w = plain_weight(weight, i), y = padded_at(&net->valid_y, i, k);
            plain_row(net, theta, i, z);
            rss += w * (y - z[k]) * (y - z[k]);
            tss += w * (y - mean) * (y - mean);
        }
        loss += rss / 2;
        r2 += (1 - rss / tss) / K;
    }
    return (struct validation){(double)(loss / weights), (double)r2};
}

static void make_binary(struct net *net)
{
    const size_t sizes[] = {NET_INPUTS, 4, 1};
    const enum activation activations[] = {ACTIVATION_TANH, ACTIVATION_SIGMOID};
    const bool bias[] = {true, true};
    chain_free(&net->chain);
    assert_int_equal(chain_make(&net->chain, 2, sizes, activations, bias, LOSS_CROSS_ENTROPY), GEMML_OK);
}

/* kind 0: two outputs of a regression; 1: three classes; 2: two, by one output. */
static void check_against_plain_loops(int kind, bool weighted, size_t n)
{
    struct net net = net_make(n, 4, kind == 0 ? 2 : 4 - (size_t)kind, kind > 0);
    uint64_t random = 5;
    struct padded weight = padded_weights(REAL_DTYPE, n / 2, 1, &random);
    struct validation truth, first, again;
    if (kind == 2)
        make_binary(&net);
    struct view_source source =
        R(view_source)(net.valid_x.view, net.valid_y.view, weighted ? weight.view : (gemml_view)GEMML_EMPTY_VIEW);
    enum score score = kind == 0 ? SCORE_R2 : SCORE_ACCURACY;
    truth = kind == 0 ? plain_regression(&net, net.start, weighted ? &weight : NULL)
                      : plain_classes(&net, net.start, weighted ? &weight : NULL);
    for (size_t schedule = 0; schedule < SCHEDULES; schedule++) {
        schedule_use(schedule);
        assert_int_equal(R(validate)(schedule == 0 ? &first : &again, &net.chain, net.start, &source.source, score),
                         GEMML_OK);
        if (schedule > 0)
            assert_memory_equal(&first, &again, sizeof first);
    }
    assert_near(first.loss, truth.loss, THRESHOLD);
    assert_near(first.score, truth.score, THRESHOLD);
    assert_int_equal(R(validate)(&again, &net.chain, net.start, &source.source, SCORE_NONE), GEMML_OK);
    assert_true(again.loss == first.loss && isnan(again.score));
    padded_free(&weight);
    net_free(&net);
}

static void loss_and_score_match_plain_loops(void **state)
{
    (void)state;
    for (int kind = 0; kind < 3; kind++)
        for (int weighted = 0; weighted < 2; weighted++) {
            check_against_plain_loops(kind, weighted, 30);
            check_against_plain_loops(kind, weighted, 6000);
        }
}

/* After every third epoch, and after the last; as many as epochs say. */
static void measured_every_few_epochs(void **state)
{
    const size_t epochs[] = {3, 6, 9, 10};
    (void)state;
    for (int batches = 0; batches < 2; batches++) {
        struct net net = net_make(60, 5, 3, true);
        net.validates = true;
        net.training.batch = batches ? 20 : 60;
        net.training.valid_every = 3;
        net.training.score = SCORE_ACCURACY;
        assert_int_equal(net_train(&net), GEMML_OK);
        assert_int_equal(net.record.valid_history_count, 4);
        for (size_t v = 0; v < 4; v++)
            assert_int_equal(net.record.valid_epochs[v], epochs[v]);
        net_free(&net);
    }
}

/* theta after each epoch of a run without validation. */
static real *trajectory(struct net *net, size_t epochs)
{
    size_t count = net->chain.parameters;
    real *theta = malloc(epochs * count * sizeof *theta);
    struct trainer trainer;
    bool validates = net->validates;
    net->validates = false;
    assert_int_equal(net_trainer(net, &trainer), GEMML_OK);
    for (size_t e = 0; e < epochs; e++) {
        assert_int_equal(R(trainer_epoch)(&trainer), GEMML_OK);
        memcpy(theta + e * count, net->theta, count * sizeof *theta);
    }
    R(trainer_free)(&trainer);
    net->validates = validates;
    return theta;
}

/* Few rows, some of them mislabelled, and many units: the validation loss falls
 * and rises again. */
static struct net overfitting_net(void)
{
    struct net net = net_make(24, 16, 3, true);
    for (size_t i = 0; i < 24; i += 4)
        padded_set(&net.y, i, 0, (long double)(((size_t)padded_at(&net.y, i, 0) + 1) % 3));
    net.validates = true;
    net.training.optimizer.rule = OPTIMIZER_ADAM;
    net.training.rate = 0.02;
    return net;
}

/* The parameters of its lowest value are kept, and their losses reported. */
static void the_best_parameters_are_restored(void **state)
{
    enum { EPOCHS = 120 };
    (void)state;
    for (int batches = 0; batches < 2; batches++) {
        struct net net = overfitting_net();
        size_t count = net.chain.parameters, best = 0;
        net.training.epochs = EPOCHS;
        net.training.batch = batches ? 8 : 24;
        real *theta = trajectory(&net, EPOCHS);
        assert_int_equal(net_train(&net), GEMML_OK);
        assert_int_equal(net.record.outcome, GEMML_LIMIT);
        assert_int_equal(net.record.valid_history_count, EPOCHS);
        for (size_t e = 0; e < EPOCHS; e++) {
            double loss = plain_classes(&net, theta + e * count, NULL).loss;
            assert_near(net.record.valid_loss_history[e], loss, THRESHOLD);
            best = net.record.valid_loss_history[e] <= net.record.valid_loss_history[best] ? e : best;
        }
        assert_true(best > 0 && best + 20 < EPOCHS);
        assert_int_equal(net.record.best_epoch, best + 1);
        assert_memory_equal(net.theta, theta + best * count, count * sizeof *theta);
        struct validation training;
        assert_int_equal(R(validate)(&training, &net.chain, net.theta, &net.source.source, SCORE_NONE), GEMML_OK);
        assert_near(net.record.loss, training.loss, THRESHOLD);
        free(theta);
        net_free(&net);
    }
}

/* The first epoch so many after the last one whose loss was lower by the tolerance
 * than the lowest before it. */
static size_t stopping_epoch(const struct fit_record *record, double tolerance, size_t patience)
{
    double lowest = (double)INFINITY;
    size_t improved = 0;
    for (size_t v = 0; v < record->valid_history_count; v++) {
        if (lowest - record->valid_loss_history[v] >= tolerance)
            improved = record->valid_epochs[v];
        lowest = fmin(lowest, record->valid_loss_history[v]);
        if (record->valid_epochs[v] - improved >= patience)
            return record->valid_epochs[v];
    }
    return 0;
}

static void stopped_by_the_validation_loss(void **state)
{
    const size_t patience[] = {1, 6, 20}, every[] = {1, 2, 5};
    (void)state;
    for (size_t p = 0; p < 3; p++)
        for (size_t v = 0; v < 3; v++) {
            struct net net = overfitting_net();
            net.training.epochs = 500;
            net.training.tolerance = 1e-3;
            net.training.patience = patience[p];
            net.training.valid_every = every[v];
            assert_int_equal(net_train(&net), GEMML_OK);
            assert_int_equal(net.record.outcome, GEMML_STOPPED_EARLY);
            assert_int_equal(net.record.epochs, stopping_epoch(&net.record, 1e-3, patience[p]));
            assert_int_equal(net.record.epochs, net.record.valid_epochs[net.record.valid_history_count - 1]);
            assert_true(net.record.best_epoch <= net.record.epochs);
            net_free(&net);
        }
}

/* A rate at which the training overflows after some epochs: the best so far. */
static void the_best_survive_a_divergence(void **state)
{
    struct net net = net_make(60, 6, 2, false);
    (void)state;
    net.validates = true;
    net.training.rate = 20;
    net.training.epochs = 1000;
    assert_int_equal(net_train(&net), GEMML_OK);
    assert_int_equal(net.record.outcome, GEMML_DIVERGED);
    assert_true(isfinite(net.record.loss) && isfinite(net.record.objective));
    for (size_t i = 0; i < net.chain.parameters; i++)
        assert_true(isfinite(net.theta[i]));
    assert_true(net.record.best_epoch < net.record.epochs);
    net_free(&net);
}

static void validation_data_that_are_not_finite_are_named(void **state)
{
    struct net net = net_make(60, 6, 2, false);
    (void)state;
    net.validates = true;
    padded_set(&net.valid_x, 17, 2, (long double)INFINITY);
    assert_int_equal(net_train(&net), GEMML_ERROR_NONFINITE);
    assert_non_null(strstr(error_text(), "x is inf in row 17, column 2"));
    net_free(&net);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(loss_and_score_match_plain_loops, schedule_restore),
        cmocka_unit_test(measured_every_few_epochs),
        cmocka_unit_test(the_best_parameters_are_restored),
        cmocka_unit_test(stopped_by_the_validation_loss),
        cmocka_unit_test(the_best_survive_a_divergence),
        cmocka_unit_test(validation_data_that_are_not_finite_are_named),
    };
    return cmocka_run_group_tests(tests, guard_enter, guard_leave);
}

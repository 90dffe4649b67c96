/* The objective against plain loops, its gradient against differences of them;
 * weights, penalty, ranges of rows, bits. */
#include "chain/objective.h"

#include "chain/network.h"
#include "data/failing.h"
#include "fold/padded.h"
#include "fold/schedule.h"
#include "fold/truth.h"
#include "kernel/linalg.h"

#define LOSS_THRESHOLD (32 * (double)REAL_EPSILON * truth_slack())
#define GRADIENT_THRESHOLD (sizeof(real) == sizeof(double) ? 1e-9 * truth_slack() : 2e-5)

static uint64_t random_state;

struct dataset {
    struct chain chain;
    struct padded x, y, weight;
    bool weighted;
    size_t first, rows; /* the range that counts */
    real *theta;
    long double *exact;
    long double lambda;
};

/* Hidden layers of tanh and sigmoid, the last one the identity. */
static struct dataset dataset_make(size_t layers, size_t n, size_t p, size_t K, bool weighted)
{
    const enum activation activations[3] = {layers > 1 ? ACTIVATION_TANH : ACTIVATION_IDENTITY,
                                            layers > 2 ? ACTIVATION_SIGMOID : ACTIVATION_IDENTITY, ACTIVATION_IDENTITY};
    const size_t hidden = 3;
    const size_t sizes[4] = {p, layers > 1 ? hidden : K, layers > 2 ? hidden : K, K};
    const bool bias[3] = {true, layers != 2, true};
    struct dataset data = {.chain = network_chain(layers, sizes, activations, bias), .weighted = weighted, .rows = n};
    data.x = padded_make(REAL_DTYPE, n, p, 2, 0.5, 1, &random_state);
    data.y = padded_make(REAL_DTYPE, n, K, 1, 2, 1, &random_state);
    data.weight = padded_weights(REAL_DTYPE, n, 1, &random_state);
    data.theta = network_parameters(&data.chain, &data.exact, &random_state);
    return data;
}

static void dataset_free(struct dataset *data)
{
    padded_free(&data->x);
    padded_free(&data->y);
    padded_free(&data->weight);
    free(data->theta);
    free(data->exact);
    chain_free(&data->chain);
}

static struct view_source source_of(const struct dataset *data)
{
    gemml_view none = GEMML_EMPTY_VIEW;
    return R(view_source)(data->x.view, data->y.view, data->weighted ? data->weight.view : none);
}

static long double weight_at(const struct dataset *data, size_t i)
{
    return data->weighted ? padded_at(&data->weight, i, 0) : 1;
}

/* F = sum w loss + lambda/2 sum W^2 over the range. */
static long double plain_objective(const long double *theta, void *context)
{
    const struct dataset *data = context;
    long double a[WIDEST], z[WIDEST], F = 0;
    for (size_t i = data->first; i < data->first + data->rows; i++) {
        for (size_t j = 0; j < data->x.view.cols; j++)
            a[j] = padded_at(&data->x, i, j);
        network_row(&data->chain, theta, a, z);
        for (size_t k = 0; k < data->y.view.cols; k++) {
            long double e = a[k] - padded_at(&data->y, i, k);
            F += weight_at(data, i) / 2 * e * e;
        }
    }
    for (size_t l = 0; l < data->chain.layers; l++) {
        const struct layer *layer = &data->chain.layer[l];
        const long double *W = theta + layer->weight_offset;
        for (size_t i = 0; i < layer->inputs * layer->outputs; i++)
            F += data->lambda / 2 * W[i] * W[i];
    }
    return F;
}

static long double sum_weight(const struct dataset *data)
{
    long double W = 0;
    for (size_t i = data->first; i < data->first + data->rows; i++)
        W += weight_at(data, i);
    return W;
}

static gemml_status run(const struct dataset *data, struct objective *objective, real *gradient)
{
    struct view_source source = source_of(data);
    return R(objective_fold)(objective, &data->chain, data->theta, &source.source, data->first, data->rows, gradient);
}

static void check_objective(struct dataset *data)
{
    real *gradient = malloc(data->chain.parameters * sizeof *gradient);
    struct objective with, without;
    double W = (double)sum_weight(data);
    assert_int_equal(run(data, &with, gradient), GEMML_OK);
    assert_int_equal(run(data, &without, NULL), GEMML_OK);
    assert_true(with.loss == without.loss && with.sum_weight == without.sum_weight);
    assert_near(with.sum_weight, W, 1e-14);
    assert_near(with.loss, (double)plain_objective(data->exact, data) / W, LOSS_THRESHOLD);
    for (size_t i = 0; i < data->chain.parameters; i++)
        assert_near((double)gradient[i] / W, network_difference(plain_objective, data, data->exact, i) / W,
                    GRADIENT_THRESHOLD);
    free(gradient);
}

static void loss_and_gradient_match_plain_loops(void **state)
{
    const size_t rows[] = {1, 2, 63, 64, 65, 200};
    (void)state;
    for (size_t layers = 1; layers <= 3; layers++)
        for (size_t r = 0; r < sizeof rows / sizeof *rows; r++)
            for (size_t K = 1; K <= 3; K += 2)
                for (int weighted = 0; weighted < 2; weighted++) {
                    struct dataset data = dataset_make(layers, rows[r], 4, K, weighted);
                    check_objective(&data);
                    dataset_free(&data);
                }
}

/* Squared errors of what the last activation makes of Z. */
static void outputs_through_an_activation(void **state)
{
    const enum activation outputs[] = {ACTIVATION_RELU, ACTIVATION_SIGMOID, ACTIVATION_TANH, ACTIVATION_LEAKY_RELU,
                                       ACTIVATION_GELU};
    (void)state;
    for (size_t f = 0; f < sizeof outputs / sizeof *outputs; f++)
        for (size_t layers = 1; layers <= 2; layers++) {
            struct dataset data = dataset_make(layers, 20, 4, 3, true); /* few, so that no z is next to a kink */
            data.chain.layer[layers - 1].activation = outputs[f];
            check_objective(&data);
            dataset_free(&data);
        }
}

/* Rows enough for several strips and blocks, a few and more than that; and a chain so wide that strips are of
 * 64 rows. */
static void many_rows_and_wide_chains(void **state)
{
    const size_t widths[] = {2, 20, WIDEST};
    (void)state;
    for (size_t w = 0; w < 3; w++) { /* one column, which the next strip is asked for ahead of */
        struct dataset column = dataset_make(1, w == 0 ? 2100 : 1000, widths[w], 1, w > 0);
        check_objective(&column);
        dataset_free(&column);
    }
    for (size_t layers = 1; layers <= 2; layers++) {
        struct dataset many = dataset_make(layers, 4500, 2, 1, true), more = dataset_make(layers, 37000, 2, 1, true);
        struct dataset wide = dataset_make(layers, 333, WIDEST, 2, true);
        check_objective(&many);
        check_objective(&more);
        check_objective(&wide);
        dataset_free(&many);
        dataset_free(&more);
        dataset_free(&wide);
    }
}

static void a_range_of_rows(void **state)
{
    const size_t ranges[][2] = {{0, 7}, {13, 1}, {40, 60}, {99, 1}};
    struct dataset data = dataset_make(2, 100, 3, 2, true);
    (void)state;
    for (size_t r = 0; r < sizeof ranges / sizeof *ranges; r++) {
        data.first = ranges[r][0];
        data.rows = ranges[r][1];
        if (sum_weight(&data) > 0)
            check_objective(&data);
    }
    dataset_free(&data);
}

static void the_penalty_counts_weights_and_no_bias(void **state)
{
    (void)state;
    for (size_t layers = 1; layers <= 3; layers++) {
        struct dataset data = dataset_make(layers, 20, 3, 2, true);
        size_t count = data.chain.parameters;
        real *gradient = calloc(count, sizeof *gradient);
        long double without = plain_objective(data.exact, &data);
        data.lambda = 1;
        double squares = 2 * (double)(plain_objective(data.exact, &data) - without);
        assert_near(R(objective_squares)(&data.chain, data.theta), squares, LOSS_THRESHOLD);
        data.rows = 0; /* the penalty alone */
        data.lambda = 2.5L;
        for (size_t i = 0; i < count; i++)
            gradient[i] = 1;
        R(objective_add_penalty)(&data.chain, data.theta, 2.5, gradient);
        for (size_t i = 0; i < count; i++)
            assert_near((double)gradient[i], 1 + network_difference(plain_objective, &data, data.exact, i),
                        GRADIENT_THRESHOLD);
        free(gradient);
        dataset_free(&data);
    }
}

static void a_row_of_weight_two_is_two_rows(void **state)
{
    struct dataset data = dataset_make(2, 40, 3, 1, true), twice = dataset_make(2, 80, 3, 1, false);
    real *one = malloc(data.chain.parameters * sizeof *one), *two = malloc(data.chain.parameters * sizeof *two);
    struct objective first, second;
    (void)state;
    memcpy(twice.theta, data.theta, data.chain.parameters * sizeof *one);
    for (size_t i = 0; i < 80; i++) {
        padded_set(&data.weight, i / 2, 0, 2);
        padded_set(&twice.y, i, 0, padded_at(&data.y, i / 2, 0));
        for (size_t j = 0; j < 3; j++)
            padded_set(&twice.x, i, j, padded_at(&data.x, i / 2, j));
    }
    assert_int_equal(run(&data, &first, one), GEMML_OK);
    assert_int_equal(run(&twice, &second, two), GEMML_OK);
    assert_near(first.loss, second.loss, LOSS_THRESHOLD);
    assert_true(first.sum_weight == 80 && second.sum_weight == 80);
    for (size_t i = 0; i < data.chain.parameters; i++)
        assert_near((double)one[i], (double)two[i], 80 * LOSS_THRESHOLD);
    free(one);
    free(two);
    dataset_free(&data);
    dataset_free(&twice);
}

/* Added piece by piece, the parts of a gradient make the bits of the whole. */
static void parts_are_the_gradient(void **state)
{
    struct dataset data = dataset_make(2, 9000, 4, 2, true);
    struct view_source source = source_of(&data);
    struct objective_workspace workspace = {0};
    struct objective objective, whole;
    struct objective_parts parts;
    size_t count = data.chain.parameters;
    real *gradient = malloc(count * sizeof *gradient), *sums = malloc(count * sizeof *sums);
    (void)state;
    assert_int_equal(run(&data, &whole, gradient), GEMML_OK);
    for (int again = 0; again < 2; again++) {
        assert_int_equal(R(objective_fold_parts)(&workspace, &objective, &data.chain, data.theta, &source.source, 0,
                                                 9000, NULL, sums, &parts),
                         GEMML_OK);
        assert_memory_equal(&objective, &whole, sizeof whole);
        assert_int_equal(parts.count, 2);
        assert_memory_not_equal(sums, gradient, count * sizeof *sums);
        for (size_t i = 0; i < count; i += 5)
            R(objective_add_parts)(&parts, i, count - i < 5 ? count - i : 5, sums);
        assert_memory_equal(sums, gradient, count * sizeof *sums);
    }
    assert_int_equal(R(objective_fold_parts)(&workspace, &objective, &data.chain, data.theta, &source.source, 0, 37,
                                             NULL, sums, &parts),
                     GEMML_OK);
    assert_int_equal(parts.count, 0);
    R(objective_workspace_free)(&workspace);
    free(gradient);
    free(sums);
    dataset_free(&data);
}

static void the_bits_do_not_depend_on_the_schedule(void **state)
{
    (void)state;
    for (size_t layers = 1; layers <= 3; layers++) {
        struct dataset data = dataset_make(layers, layers < 3 ? 15000 : 40000, 4, 1 + layers % 2, true);
        size_t bytes = data.chain.parameters * sizeof(real);
        real *first = malloc(bytes), *now = malloc(bytes);
        struct objective objective, first_objective = {0};
        for (size_t schedule = 0; schedule < SCHEDULES; schedule++) {
            schedule_use(schedule);
            assert_int_equal(run(&data, &objective, now), GEMML_OK);
            if (schedule == 0) {
                first_objective = objective;
                memcpy(first, now, bytes);
            }
            assert_memory_equal(first, now, bytes);
            assert_memory_equal(&first_objective, &objective, sizeof objective);
        }
        free(first);
        free(now);
        dataset_free(&data);
    }
}

static gemml_status fold_objective(void *context)
{
    struct dataset *data = context;
    struct objective objective;
    real gradient[64];
    return run(data, &objective, gradient);
}

static void allocations_may_fail(void **state)
{
    struct dataset data = dataset_make(2, 9000, 4, 2, true);
    (void)state;
    assert_true(data.chain.parameters <= 64);
    schedule_use(0);
    fail_each_allocation(fold_objective, &data);
    dataset_free(&data);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(loss_and_gradient_match_plain_loops),
        cmocka_unit_test(outputs_through_an_activation),
        cmocka_unit_test(many_rows_and_wide_chains),
        cmocka_unit_test(parts_are_the_gradient),
        cmocka_unit_test(a_range_of_rows),
        cmocka_unit_test(the_penalty_counts_weights_and_no_bias),
        cmocka_unit_test(a_row_of_weight_two_is_two_rows),
        cmocka_unit_test_teardown(the_bits_do_not_depend_on_the_schedule, schedule_restore),
        cmocka_unit_test_teardown(allocations_may_fail, schedule_restore),
    };
    return cmocka_run_group_tests(tests, guard_enter, guard_leave);
}

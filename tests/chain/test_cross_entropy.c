/* Cross entropy after a sigmoid and after a softmax: the loss against long double,
 * its gradient against differences, decision values of 10^4, weights, bits. */
#include "chain/objective.h"

#include "chain/network.h"
#include "fold/padded.h"
#include "fold/schedule.h"
#include "fold/truth.h"

#define LOSS_THRESHOLD (32 * (double)REAL_EPSILON * truth_slack())
#define GRADIENT_THRESHOLD (sizeof(real) == sizeof(double) ? 1e-9 * truth_slack() : 2e-5)

static uint64_t random_state = 5;

struct problem {
    struct chain chain;
    struct padded x, y, weight;
    bool weighted;
    real *theta;
    long double *exact;
};

static struct problem problem_make(size_t layers, size_t n, size_t p, size_t outputs, gemml_dtype labels, bool weighted)
{
    const enum activation end = outputs == 1 ? ACTIVATION_SIGMOID : ACTIVATION_SOFTMAX;
    const enum activation activations[] = {layers == 2 ? ACTIVATION_GELU : end, end};
    const size_t sizes[] = {p, layers == 2 ? 3 : outputs, outputs};
    const bool bias[] = {true, true};
    struct problem problem = {.weighted = weighted};
    assert_int_equal(chain_make(&problem.chain, layers, sizes, activations, bias, LOSS_CROSS_ENTROPY), GEMML_OK);
    problem.x = padded_make(REAL_DTYPE, n, p, 2, 0.5, 1, &random_state);
    problem.y = padded_make(labels, n, 1, 1, 0, 1, &random_state);
    for (size_t i = 0; i < n; i++)
        padded_set(&problem.y, i, 0, (long double)((i * 7 + i / 3) % chain_classes(&problem.chain)));
    problem.weight = padded_weights(REAL_DTYPE, n, 1, &random_state);
    problem.theta = network_parameters(&problem.chain, &problem.exact, &random_state);
    return problem;
}

static void problem_free(struct problem *problem)
{
    padded_free(&problem->x);
    padded_free(&problem->y);
    padded_free(&problem->weight);
    chain_free(&problem->chain);
    free(problem->theta);
    free(problem->exact);
}

static long double weight_at(const struct problem *problem, size_t i)
{
    return problem->weighted ? padded_at(&problem->weight, i, 0) : 1;
}

/* -log p(y) = log(sum_k exp(z_k)) - z_y; one output stands for the columns 0 and z. */
static long double row_loss(const long double *z, size_t outputs, size_t y)
{
    const long double two[] = {0, z[0]}, *column = outputs == 1 ? two : z;
    size_t classes = outputs == 1 ? 2 : outputs;
    long double sum = 0;
    for (size_t k = 0; k < classes; k++)
        sum += expl(column[k] - column[y]);
    return logl(sum);
}

static long double plain_loss(const long double *theta, void *context)
{
    const struct problem *problem = context;
    long double a[WIDEST], z[WIDEST], sum = 0;
    for (size_t i = 0; i < problem->x.view.rows; i++) {
        for (size_t j = 0; j < problem->x.view.cols; j++)
            a[j] = padded_at(&problem->x, i, j);
        network_row(&problem->chain, theta, a, z);
        sum +=
            weight_at(problem, i) * row_loss(z, chain_outputs(&problem->chain), (size_t)padded_at(&problem->y, i, 0));
    }
    return sum;
}

static gemml_status run(const struct problem *problem, struct objective *objective, real *gradient)
{
    gemml_view none = GEMML_EMPTY_VIEW;
    struct view_source source =
        R(view_source)(problem->x.view, problem->y.view, problem->weighted ? problem->weight.view : none);
    return R(objective_fold)(objective, &problem->chain, problem->theta, &source.source, 0, source.source.rows,
                             gradient);
}

static void check(struct problem *problem)
{
    real *gradient = malloc(problem->chain.parameters * sizeof *gradient);
    struct objective with, without;
    long double W = 0;
    for (size_t i = 0; i < problem->x.view.rows; i++)
        W += weight_at(problem, i);
    assert_int_equal(run(problem, &with, gradient), GEMML_OK);
    assert_int_equal(run(problem, &without, NULL), GEMML_OK);
    assert_true(with.loss == without.loss && with.sum_weight == without.sum_weight);
    assert_near(with.sum_weight, (double)W, 1e-14);
    assert_near(with.loss, (double)(plain_loss(problem->exact, problem) / W), LOSS_THRESHOLD);
    for (size_t i = 0; i < problem->chain.parameters; i++)
        assert_near((double)(gradient[i] / W), network_difference(plain_loss, problem, problem->exact, i) / (double)W,
                    GRADIENT_THRESHOLD);
    free(gradient);
}

static void loss_and_gradient_match_their_definition(void **state)
{
    const size_t rows[] = {1, 2, 63, 65, 300};
    const gemml_dtype labels[] = {REAL_DTYPE, GEMML_I32, GEMML_I64};
    (void)state;
    for (size_t layers = 1; layers <= 2; layers++)
        for (size_t r = 0; r < sizeof rows / sizeof *rows; r++)
            for (size_t outputs = 1; outputs <= 4; outputs++) {
                struct problem problem =
                    problem_make(layers, rows[r], 4, outputs == 1 ? 1 : outputs, labels[r % 3], outputs % 2 == 0);
                if (outputs != 1 || chain_classes(&problem.chain) == 2)
                    check(&problem);
                problem_free(&problem);
            }
}

static void many_rows(void **state)
{
    (void)state;
    struct problem binary = problem_make(1, 4500, 3, 1, GEMML_I64, true);
    struct problem many = problem_make(1, 4500, 2, 5, GEMML_I64, true);
    check(&binary);
    check(&many);
    problem_free(&binary);
    problem_free(&many);
}

/* z = +-10^4: a loss of 10^4 or 0, a gradient of x or 0, and nothing that is not finite. */
static void decision_values_of_ten_thousand(void **state)
{
    (void)state;
    for (size_t outputs = 1; outputs <= 3; outputs++) {
        struct problem problem = problem_make(1, 4, 1, outputs, GEMML_I32, false);
        real gradient[6];
        struct objective objective;
        memset(problem.theta, 0, problem.chain.parameters * sizeof(real));
        problem.theta[0] = -10000; /* the first output falls with x */
        for (size_t i = 0; i < 4; i++) {
            padded_set(&problem.x, i, 0, i < 2 ? 1 : -1);
            padded_set(&problem.y, i, 0, i % 2);
        }
        assert_int_equal(run(&problem, &objective, gradient), GEMML_OK);
        /* One output is right in rows 0 and 3, several in rows 1 (y = 1, the others tie) and 2. */
        double wrong = outputs == 1 ? (0 + 1e4 + 1e4 + 0) / 4
                                    : (1e4 + log((double)outputs - 1) + log((double)outputs - 1) + 0 + 1e4) / 4;
        assert_near(objective.loss, wrong, 8 * (double)REAL_EPSILON);
        for (size_t i = 0; i < problem.chain.parameters; i++)
            assert_true(isfinite(gradient[i]) && fabs((double)gradient[i]) <= 2);
        problem_free(&problem);
    }
}

static void the_bits_do_not_depend_on_the_schedule(void **state)
{
    (void)state;
    for (size_t outputs = 1; outputs <= 4; outputs += 3) {
        struct problem problem = problem_make(1, 15000, 5, outputs, GEMML_I32, true);
        real first[24], now[24];
        struct objective objective, first_objective = {0};
        for (size_t schedule = 0; schedule < SCHEDULES; schedule++) {
            schedule_use(schedule);
            assert_int_equal(run(&problem, &objective, now), GEMML_OK);
            if (schedule == 0) {
                first_objective = objective;
                memcpy(first, now, sizeof first);
            }
            assert_memory_equal(first, now, problem.chain.parameters * sizeof(real));
            assert_memory_equal(&first_objective, &objective, sizeof objective);
        }
        problem_free(&problem);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(loss_and_gradient_match_their_definition),
        cmocka_unit_test(many_rows),
        cmocka_unit_test(decision_values_of_ten_thousand),
        cmocka_unit_test_teardown(the_bits_do_not_depend_on_the_schedule, schedule_restore),
    };
    return cmocka_run_group_tests(tests, guard_enter, guard_leave);
}

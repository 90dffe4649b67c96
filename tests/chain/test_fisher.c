/* The Fisher information against its definition in long double, and against
 * differences of the objective's gradient, whose Hessian it is. */
#include "chain/fisher.h"

#include <math.h>

#include "chain/objective.h"
#include "data/failing.h"
#include "fold/padded.h"
#include "fold/schedule.h"
#include "fold/truth.h"

static uint64_t random_state = 9;

struct problem {
    struct chain chain;
    struct padded x, y, weight;
    double *theta;
    size_t order, q;
};

static struct problem problem_make(size_t n, size_t p, size_t outputs, bool bias, double spread)
{
    const enum activation activation = outputs == 1 ? ACTIVATION_SIGMOID : ACTIVATION_SOFTMAX;
    struct problem problem = {.x = padded_make(GEMML_F64, n, p, 2, 0.5, 1, &random_state),
                              .y = padded_make(GEMML_I32, n, 1, 1, 0, 0, &random_state),
                              .weight = padded_weights(GEMML_F64, n, 0, &random_state)};
    assert_int_equal(
        chain_make(&problem.chain, 1, (const size_t[]){p, outputs}, &activation, &bias, LOSS_CROSS_ENTROPY), GEMML_OK);
    for (size_t i = 0; i < n; i++)
        padded_set(&problem.y, i, 0, (long double)(i % chain_classes(&problem.chain)));
    problem.theta = malloc(problem.chain.parameters * sizeof(double));
    for (size_t i = 0; i < problem.chain.parameters; i++)
        problem.theta[i] = spread * test_random(&random_state);
    problem.order = fisher_order(&problem.chain);
    problem.q = problem.order / outputs;
    return problem;
}

static void problem_free(struct problem *problem)
{
    padded_free(&problem->x);
    padded_free(&problem->y);
    padded_free(&problem->weight);
    chain_free(&problem->chain);
    free(problem->theta);
}

static struct view_source source_of(const struct problem *problem)
{
    return view_source_f64(problem->x.view, problem->y.view, problem->weight.view);
}

static gemml_status information(void *context)
{
    struct problem *problem = context;
    double H[24 * 24];
    struct view_source source = source_of(problem);
    return fisher_fold(H, &problem->chain, problem->theta, &source.source);
}

/* p_1 .. p_K of a row; one output stands for the columns 0 and z. */
static void probabilities(const struct problem *problem, size_t i, long double *p)
{
    size_t K = chain_outputs(&problem->chain), inputs = chain_inputs(&problem->chain);
    long double sum = K == 1 ? 1 : 0;
    for (size_t k = 0; k < K; k++) {
        long double z = problem->q > inputs ? problem->theta[inputs * K + k] : 0;
        for (size_t j = 0; j < inputs; j++)
            z += padded_at(&problem->x, i, j) * problem->theta[j * K + k];
        sum += p[k] = expl(z);
    }
    for (size_t k = 0; k < K; k++)
        p[k] /= sum;
}

static long double plain_entry(const struct problem *problem, size_t a, size_t b)
{
    size_t q = problem->q, k = a / q, l = b / q, inputs = chain_inputs(&problem->chain);
    long double sum = 0, p[8];
    for (size_t i = 0; i < problem->x.view.rows; i++) {
        long double left = a % q < inputs ? padded_at(&problem->x, i, a % q) : 1;
        long double right = b % q < inputs ? padded_at(&problem->x, i, b % q) : 1;
        probabilities(problem, i, p);
        sum += padded_at(&problem->weight, i, 0) * p[k] * ((k == l) - p[l]) * left * right;
    }
    return sum;
}

static void check_definition(struct problem *problem)
{
    size_t m = problem->order;
    double *H = malloc(m * m * sizeof *H);
    struct view_source source = source_of(problem);
    assert_int_equal(fisher_fold(H, &problem->chain, problem->theta, &source.source), GEMML_OK);
    for (size_t a = 0; a < m; a++)
        for (size_t b = a; b < m; b++)
            assert_near(H[a * m + b], (double)plain_entry(problem, a, b), 1e-12 * truth_slack());
    free(H);
}

static void check_shape(size_t rows, size_t columns, size_t outputs, bool bias)
{
    struct problem problem = problem_make(rows, columns, outputs, bias, 1);
    check_definition(&problem);
    problem_free(&problem);
}

/* Rows on both sides of strips of 248; columns, with those of ones, on both sides of panels that are turned (24). */
static void the_information_is_its_definition(void **state)
{
    const size_t rows[] = {1, 5, 247, 248, 249, 1300};
    (void)state;
    for (size_t r = 0; r < sizeof rows / sizeof *rows; r++)
        for (size_t outputs = 1; outputs <= 4; outputs++)
            for (int bias = 0; bias <= 1; bias++)
                check_shape(rows[r], 3, outputs, bias);
    for (size_t columns = 23; columns <= 25; columns++)
        for (size_t outputs = 1; outputs <= 3; outputs++)
            check_shape(260, columns, outputs, columns % 2);
}

/* Column a of H by a central difference of fourth order of the gradient. */
static void check_differences(struct problem *problem)
{
    size_t m = problem->order, K = chain_outputs(&problem->chain), q = problem->q;
    double *H = malloc(m * m * sizeof *H), *gradient[4], largest = 0;
    struct view_source source = source_of(problem);
    struct objective objective;
    const double h = 1e-3, steps[] = {-2, -1, 1, 2};
    assert_int_equal(fisher_fold(H, &problem->chain, problem->theta, &source.source), GEMML_OK);
    for (size_t a = 0; a < m; a++)
        largest = fmax(largest, H[a * m + a]);
    for (size_t s = 0; s < 4; s++)
        gradient[s] = malloc(m * sizeof(double));
    for (size_t a = 0; a < m; a++) {
        double *moved = problem->theta + a % q * K + a / q, kept = *moved;
        for (size_t s = 0; s < 4; s++) {
            *moved = kept + steps[s] * h;
            assert_int_equal(objective_fold_f64(&objective, &problem->chain, problem->theta, &source.source, 0,
                                                source.source.rows, gradient[s]),
                             GEMML_OK);
        }
        *moved = kept;
        for (size_t b = a; b < m; b++) {
            size_t at = b % q * K + b / q;
            double difference =
                (8 * (gradient[2][at] - gradient[1][at]) - (gradient[3][at] - gradient[0][at])) / (12 * h);
            if (!(fabs(difference - H[a * m + b]) <= 1e-9 * largest))
                fail_msg("H %zu %zu is %.17g, by differences %.17g", a, b, H[a * m + b], difference);
        }
    }
    for (size_t s = 0; s < 4; s++)
        free(gradient[s]);
    free(H);
}

static void the_information_is_the_hessian(void **state)
{
    (void)state;
    for (size_t outputs = 1; outputs <= 4; outputs++) {
        struct problem problem = problem_make(300, 4, outputs, true, 1);
        check_differences(&problem);
        problem_free(&problem);
    }
}

/* At z = 30 the weight p (1 - p) is 9e-14, and has its digits: p itself rounds to 1 - 9.4e-14. */
static void small_weights_keep_their_digits(void **state)
{
    struct problem problem = problem_make(1, 1, 1, false, 0);
    double H;
    struct view_source source = source_of(&problem);
    (void)state;
    padded_set(&problem.x, 0, 0, 1);
    padded_set(&problem.weight, 0, 0, 1);
    for (double z = -30; z <= 30; z += 10) {
        problem.theta[0] = z;
        assert_int_equal(fisher_fold(&H, &problem.chain, problem.theta, &source.source), GEMML_OK);
        assert_true(digits(H, (double)(expl(-fabsl(z)) / powl(1 + expl(-fabsl(z)), 2))) > 14);
    }
    problem_free(&problem);
}

static void the_bits_do_not_depend_on_the_schedule(void **state)
{
    struct problem problem = problem_make(9000, 5, 3, true, 1);
    double first[18 * 18], now[18 * 18];
    struct view_source source = source_of(&problem);
    (void)state;
    assert_int_equal(problem.order, 18);
    for (size_t schedule = 0; schedule < SCHEDULES; schedule++) {
        schedule_use(schedule);
        assert_int_equal(fisher_fold(schedule == 0 ? first : now, &problem.chain, problem.theta, &source.source),
                         GEMML_OK);
        if (schedule > 0)
            assert_memory_equal(first, now, sizeof first);
    }
    problem_free(&problem);
}

static void allocations_may_fail(void **state)
{
    struct problem problem = problem_make(5000, 3, 2, true, 1);
    (void)state;
    schedule_use(0);
    fail_each_allocation(information, &problem);
    problem_free(&problem);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_information_is_its_definition),
        cmocka_unit_test(the_information_is_the_hessian),
        cmocka_unit_test(small_weights_keep_their_digits),
        cmocka_unit_test_teardown(the_bits_do_not_depend_on_the_schedule, schedule_restore),
        cmocka_unit_test_teardown(allocations_may_fail, schedule_restore),
    };
    return cmocka_run_group_tests(tests, guard_enter, guard_leave);
}

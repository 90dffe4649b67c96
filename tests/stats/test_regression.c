/* Residual sums against long double, and the statistics that follow from them. */
#include "stats/regression.h"

#include "chain/network.h"
#include "data/failing.h"
#include "fold/padded.h"
#include "fold/schedule.h"
#include "kernel/linalg_guard.h"

static uint64_t random_state;

struct scored {
    struct fitted fitted;
    struct padded x, y, weight;
    gemml_dataset data;
    long double *exact;
};

/* A linear model of random parameters, and data around `center`. */
static struct scored scored_make(size_t n, size_t p, size_t K, gemml_dtype model, gemml_dtype dtype, bool weighted,
                                 double center)
{
    const enum activation identity = ACTIVATION_IDENTITY;
    const bool bias = true;
    struct scored scored = {.data = GEMML_DATASET_INIT};
    struct chain chain = network_chain(1, (const size_t[]){p, K}, &identity, &bias);
    scored.fitted = (struct fitted){.chain = chain, .dtype = model};
    scored.fitted.map.inputs = p;
    double *theta = network_parameters(&chain, &scored.exact, &random_state);
    for (size_t i = 0; i < chain.parameters && model == GEMML_F32; i++) {
        scored.exact[i] = (float)theta[i];
        ((float *)(void *)theta)[i] = (float)theta[i]; /* in place: the floats stay behind the doubles */
    }
    scored.fitted.parameters = theta;
    scored.x = padded_make(dtype, n, p, 2, 0, 1, &random_state);
    scored.y = padded_make(dtype, n, K, 3, center, 2, &random_state);
    scored.weight = padded_weights(dtype, n, 1, &random_state);
    scored.data.x = scored.x.view;
    scored.data.y = scored.y.view;
    if (weighted)
        scored.data.weight = scored.weight.view;
    return scored;
}

static void scored_free(struct scored *scored)
{
    chain_free(&scored->fitted.chain);
    free(scored->fitted.parameters);
    free(scored->exact);
    padded_free(&scored->x);
    padded_free(&scored->y);
    padded_free(&scored->weight);
}

static long double weight_at(const struct scored *scored, size_t i)
{
    return scored->data.weight.data ? padded_at(&scored->weight, i, 0) : 1;
}

static void check_output(const struct scored *scored, const struct residual_sums *sums, size_t k, double tolerance)
{
    size_t n = scored->x.view.rows, p = scored->x.view.cols;
    long double W = 0, shifted = 0, rss = 0, absolute = 0, tss = 0, zero = 0, a[WIDEST], z[WIDEST];
    long double origin = padded_at(&scored->y, 0, k);
    for (size_t i = 0; i < n; i++) {
        W += weight_at(scored, i);
        shifted += weight_at(scored, i) * (padded_at(&scored->y, i, k) - origin);
    }
    for (size_t i = 0; i < n; i++) {
        long double w = weight_at(scored, i), y = padded_at(&scored->y, i, k), d = y - origin - shifted / W;
        for (size_t j = 0; j < p; j++)
            a[j] = padded_at(&scored->x, i, j);
        network_row(&scored->fitted.chain, scored->exact, a, z);
        rss += w * (y - a[k]) * (y - a[k]);
        absolute += w * fabsl(y - a[k]);
        tss += w * d * d;
        zero += w * y * y;
    }
    assert_near(sums->sum_weight, (double)W, 1e-13);
    assert_near(sums->rss[k], (double)rss, tolerance);
    assert_near(sums->absolute[k], (double)absolute, tolerance);
    assert_near(sums->tss[k], (double)tss, 1e-12);
    assert_near(sums->tss_zero[k], (double)zero, 1e-13);
}

static void check_sums(struct scored scored, double tolerance)
{
    struct residual_sums sums;
    assert_int_equal(residual_sums_fold(&sums, &scored.fitted, &scored.data), GEMML_OK);
    assert_int_equal(sums.outputs, scored.y.view.cols);
    for (size_t k = 0; k < sums.outputs; k++)
        check_output(&scored, &sums, k, tolerance);
    residual_sums_free(&sums);
    assert_null(sums.rss);
    scored_free(&scored);
}

static void sums_match_long_double(void **state)
{
    const size_t rows[] = {1, 2, 191, 192, 193, 1536, 1537, 5000};
    (void)state;
    for (size_t r = 0; r < sizeof rows / sizeof *rows; r++)
        for (int weighted = 0; weighted < 2; weighted++) {
            check_sums(scored_make(rows[r], 3, 1, GEMML_F64, GEMML_F64, weighted, 1), 1e-13);
            check_sums(scored_make(rows[r], 4, 3, GEMML_F64, GEMML_F64, weighted, 1e9), 1e-13);
            check_sums(scored_make(rows[r], 2, 2, GEMML_F32, GEMML_F64, weighted, 1), 1e-5);
        }
    check_sums(scored_make(700, 3, 2, GEMML_F64, GEMML_F32, true, 5), 1e-13);
    check_sums(scored_make(700, 3, 2, GEMML_F32, GEMML_F32, true, 5), 1e-5);
    check_sums(scored_make(700, 3, 2, GEMML_F64, GEMML_I32, true, 50), 1e-13);
}

static void a_constant_target_has_no_variation(void **state)
{
    struct scored scored = scored_make(3000, 2, 1, GEMML_F64, GEMML_F64, true, 1);
    struct residual_sums sums;
    (void)state;
    for (size_t i = 0; i < 3000; i++)
        padded_set(&scored.y, i, 0, 0.1L);
    assert_int_equal(residual_sums_fold(&sums, &scored.fitted, &scored.data), GEMML_OK);
    assert_true(sums.tss[0] == 0 && sums.rss[0] > 0);
    residual_sums_free(&sums);
    scored_free(&scored);
}

static void what_is_not_finite_is_named(void **state)
{
    const char *const sentences[] = {"x is nan in row 250, column 1 (counted from 0)",
                                     "y is inf in row 250, column 1 (counted from 0)",
                                     "weight is nan in row 250, column 0 (counted from 0)"};
    (void)state;
    for (int where = 0; where < 3; where++) {
        struct scored scored = scored_make(600, 3, 2, GEMML_F64, GEMML_F64, true, 1);
        struct residual_sums sums;
        if (where == 1)
            padded_set(&scored.y, 250, 1, (long double)INFINITY);
        else
            padded_set(where == 0 ? &scored.x : &scored.weight, 250, where == 0, (long double)NAN);
        assert_int_equal(residual_sums_fold(&sums, &scored.fitted, &scored.data), GEMML_ERROR_NONFINITE);
        assert_string_equal(error_text(), sentences[where]);
        assert_null(sums.rss);
        scored_free(&scored);
    }
}

static void the_bits_do_not_depend_on_the_schedule(void **state)
{
    struct scored scored = scored_make(9000, 3, 2, GEMML_F64, GEMML_F64, true, 1);
    double first[8];
    (void)state;
    for (size_t schedule = 0; schedule < SCHEDULES; schedule++) {
        struct residual_sums sums;
        schedule_use(schedule);
        assert_int_equal(residual_sums_fold(&sums, &scored.fitted, &scored.data), GEMML_OK);
        if (schedule == 0)
            memcpy(first, sums.rss, sizeof first);
        assert_memory_equal(first, sums.rss, sizeof first);
        residual_sums_free(&sums);
    }
    scored_free(&scored);
}

static gemml_status fold_sums(void *context)
{
    struct scored *scored = context;
    struct residual_sums sums;
    gemml_status status = residual_sums_fold(&sums, &scored->fitted, &scored->data);
    if (status == GEMML_OK)
        residual_sums_free(&sums);
    else
        assert_null(sums.rss);
    return status;
}

static void allocations_may_fail(void **state)
{
    struct scored scored = scored_make(4000, 3, 2, GEMML_F64, GEMML_F32, true, 1);
    (void)state;
    schedule_use(0);
    fail_each_allocation(fold_sums, &scored);
    scored_free(&scored);
}

static void statistics_of_one_output(void **state)
{
    double r2[2] = {-7, -7}, adjusted[2] = {-7, -7}, sigma[2] = {-7, -7};
    struct summary_record summary = {.r2 = r2, .adjusted_r2 = adjusted, .sigma = sigma};
    (void)state;
    /* n = 12, rank 4, with an intercept: 1 - 6/24, 1 - (6/8) / (24/11), sqrt(6/8). */
    regression_statistics(&summary, 1, 6, 24, 12, 4, true);
    assert_near(r2[1], 0.75, 1e-15);
    assert_near(adjusted[1], 1 - 0.75 / (24.0 / 11), 1e-15);
    assert_near(sigma[1], sqrt(0.75), 1e-15);
    assert_int_equal(summary.freedom, 8);
    assert_true(r2[0] == -7 && adjusted[0] == -7 && sigma[0] == -7);
    regression_statistics(&summary, 0, 6, 24, 12, 4, false); /* without: tss about zero has 12 degrees */
    assert_near(adjusted[0], 1 - 0.75 / 2, 1e-15);
    for (size_t rank = 12; rank <= 13; rank++) { /* no degrees of freedom */
        regression_statistics(&summary, 0, 0, 24, 12, rank, true);
        assert_true(r2[0] == 1 && isnan(adjusted[0]) && isnan(sigma[0]));
        assert_int_equal(summary.freedom, 0);
    }
    regression_statistics(&summary, 0, 0, 0, 12, 4, true); /* a constant target */
    assert_true(isnan(r2[0]) && isnan(adjusted[0]) && sigma[0] == 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sums_match_long_double),
        cmocka_unit_test(a_constant_target_has_no_variation),
        cmocka_unit_test(what_is_not_finite_is_named),
        cmocka_unit_test_teardown(the_bits_do_not_depend_on_the_schedule, schedule_restore),
        cmocka_unit_test_teardown(allocations_may_fail, schedule_restore),
        cmocka_unit_test(statistics_of_one_output),
    };
    return cmocka_run_group_tests(tests, guard_enter, guard_leave);
}

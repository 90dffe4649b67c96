/* The double-double gradient against sums in quadruple precision: errors of at
 * most 1e-28 of the sum of absolute terms. */
#include "fold/gradient.h"

#include "data/failing.h"
#include "fold/padded.h"
#include "fold/schedule.h"

static const gemml_view none = GEMML_EMPTY_VIEW;

#ifdef __SIZEOF_FLOAT128__
__extension__ typedef __float128 quad;
#define TOLERANCE 1e-28
#else
typedef long double quad; /* the best there is: 64 bits */
#define TOLERANCE 1e-17
#endif

static uint64_t random_state;

struct dataset {
    struct padded x, y, weight;
    bool weighted;
    size_t output;
    double *scale_x;
    double scale_y;
    struct doubled alpha, *v;
    double *low; /* n x p, what X lost by rounding; NULL: nothing */
};

static struct doubled random_doubled(void)
{
    double hi = test_random(&random_state);
    return quick_two_sum(hi, 0x1p-54 * hi * test_random(&random_state));
}

static struct dataset dataset_make(gemml_dtype dtype, size_t n, size_t p, size_t K, bool weighted)
{
    struct dataset data = {padded_make(dtype, n, p, 3, 10, 3, &random_state),
                           padded_make(dtype, n, K, 1, -7, 40, &random_state),
                           padded_weights(dtype, n, 2, &random_state),
                           weighted,
                           K - 1,
                           malloc(p * sizeof(double)),
                           0.125,
                           random_doubled(),
                           malloc(p * sizeof(struct doubled)),
                           NULL};
    for (size_t j = 0; j < p; j++) {
        data.scale_x[j] = ldexp(1, (int)(j % 7) - 5);
        data.v[j] = random_doubled();
    }
    return data;
}

static void dataset_free(struct dataset *data)
{
    padded_free(&data->x);
    padded_free(&data->y);
    padded_free(&data->weight);
    free(data->scale_x);
    free(data->v);
    free(data->low);
}

static void add_low_parts(struct dataset *data)
{
    size_t n = data->x.view.rows, p = data->x.view.cols;
    data->low = malloc(n * p * sizeof *data->low);
    for (size_t i = 0; i < n * p; i++)
        data->low[i] = 0x1p-53 * test_random(&random_state) * (double)padded_at(&data->x, i / p, i % p);
}

static struct view_source source_of(const struct dataset *data)
{
    struct view_source source = view_source_f64(data->x.view, data->y.view, data->weighted ? data->weight.view : none);
    if (data->low)
        source.x_low = gemml_view_f64(data->low, data->x.view.rows, data->x.view.cols);
    return source;
}

static gemml_status run(const struct dataset *data, struct gradient *gradient)
{
    struct view_source source = source_of(data);
    return gradient_fold(gradient, &source.source, data->output, data->scale_x, data->scale_y, data->alpha, data->v);
}

static quad quad_of(struct doubled a)
{
    return (quad)a.hi + a.lo;
}

static quad quad_abs(quad a)
{
    return a < 0 ? -a : a;
}

/* x_ij s_j, the low part included. */
static quad entry(const struct dataset *data, size_t i, size_t j)
{
    quad x = (quad)padded_at(&data->x, i, j);
    return (x + (data->low ? data->low[i * data->x.view.cols + j] : 0)) * data->scale_x[j];
}

/* Sums of p + 2 components, rss and g_0 first, and of their absolute terms, in
 * which |r| counts as the sum of what it is made of. */
struct truth {
    quad *sum, *size;
};

static void add_row(const struct dataset *data, size_t i, struct truth *truth)
{
    size_t p = data->x.view.cols;
    quad w = data->weighted ? (quad)padded_at(&data->weight, i, 0) : 1;
    quad y = (quad)padded_at(&data->y, i, data->output) * data->scale_y, alpha = quad_of(data->alpha);
    quad r = y - alpha, size = quad_abs(y) + quad_abs(alpha);
    for (size_t j = 0; j < p; j++) {
        quad term = entry(data, i, j) * quad_of(data->v[j]);
        r -= term;
        size += quad_abs(term);
    }
    truth->sum[0] += w * r * r;
    truth->size[0] += w * size * size;
    truth->sum[1] += w * r;
    truth->size[1] += w * size;
    for (size_t j = 0; j < p; j++) {
        quad x = entry(data, i, j);
        truth->sum[2 + j] += w * r * x;
        truth->size[2 + j] += w * size * quad_abs(x);
    }
}

static void check_component(struct doubled value, quad truth, quad size, const char *what)
{
    double error = (double)quad_abs(quad_of(value) - truth), scale = (double)size;
    if (!(error <= TOLERANCE * scale))
        fail_msg("%s: error %g of %g", what, error, scale);
    assert_true(fabs(value.lo) <= 0x1p-52 * fabs(value.hi)); /* a double-double, not two doubles */
}

static void check_gradient(gemml_dtype dtype, size_t n, size_t p, size_t K, bool weighted, bool low)
{
    struct dataset data = dataset_make(dtype, n, p, K, weighted);
    if (low)
        add_low_parts(&data);
    struct truth truth = {calloc(p + 2, sizeof(quad)), calloc(p + 2, sizeof(quad))};
    struct gradient gradient = {.g = malloc(p * sizeof *gradient.g)};
    for (size_t i = 0; i < n; i++)
        add_row(&data, i, &truth);
    assert_int_equal(run(&data, &gradient), GEMML_OK);
    check_component(gradient.rss, truth.sum[0], truth.size[0], "rss");
    check_component(gradient.g0, truth.sum[1], truth.size[1], "g0");
    for (size_t j = 0; j < p; j++)
        check_component(gradient.g[j], truth.sum[2 + j], truth.size[2 + j], "g");
    free(gradient.g);
    free(truth.sum);
    free(truth.size);
    dataset_free(&data);
}

static void sums_match_quadruple_precision(void **state)
{
    const size_t rows[] = {1, 7, 8, 63, 64, 65, 130, 1023, 1024, 1025, 2500};
    const size_t features[] = {1, 3, 7, 40};
    (void)state;
    for (size_t r = 0; r < sizeof rows / sizeof *rows; r++)
        for (size_t f = 0; f < sizeof features / sizeof *features; f++)
            check_gradient(GEMML_F64, rows[r], features[f], 1 + f % 3, (r + f) % 2, r % 3 == 0);
}

static void other_dtypes_are_widened(void **state)
{
    (void)state;
    for (int dtype = GEMML_F32; dtype <= GEMML_I64; dtype++)
        for (int weighted = 0; weighted < 2; weighted++)
            check_gradient((gemml_dtype)dtype, 1100, 5, 2, weighted, false);
}

/* Targets that the coefficients reproduce but for the last bits: what is left is
 * all cancellation, and must still be right in its first digits. */
static void residuals_at_the_level_of_rounding(void **state)
{
    const size_t n = 500, p = 6;
    struct dataset data = dataset_make(GEMML_F64, n, p, 1, false);
    struct truth truth = {calloc(p + 2, sizeof(quad)), calloc(p + 2, sizeof(quad))};
    struct gradient gradient = {.g = malloc(p * sizeof *gradient.g)};
    (void)state;
    add_low_parts(&data);
    for (size_t i = 0; i < n; i++) {
        quad y = quad_of(data.alpha);
        for (size_t j = 0; j < p; j++)
            y += entry(&data, i, j) * quad_of(data.v[j]);
        padded_set(&data.y, i, 0, (long double)(double)(y / data.scale_y));
        add_row(&data, i, &truth);
    }
    assert_int_equal(run(&data, &gradient), GEMML_OK);
    double rss = (double)quad_of(gradient.rss), true_rss = (double)truth.sum[0];
    assert_true(true_rss > 0 && true_rss < 1e-28 * (double)truth.size[0]);
#ifdef __SIZEOF_FLOAT128__
    assert_true(digits(rss, true_rss) > 10);
    for (size_t j = 0; j < p; j++)
        assert_true(digits((double)quad_of(gradient.g[j]), (double)truth.sum[2 + j]) > 8);
#else
    assert_true(rss < 1e-28 * (double)truth.size[0]);
#endif
    free(gradient.g);
    free(truth.sum);
    free(truth.size);
    dataset_free(&data);
}

static void the_bits_do_not_depend_on_the_schedule(void **state)
{
    const size_t p = 9;
    struct dataset data = dataset_make(GEMML_F64, 7000, p, 1, true);
    struct doubled first[11], now[11];
    (void)state;
    for (size_t schedule = 0; schedule < SCHEDULES; schedule++) {
        struct gradient gradient = {.g = now + 2};
        schedule_use(schedule);
        assert_int_equal(run(&data, &gradient), GEMML_OK);
        now[0] = gradient.rss;
        now[1] = gradient.g0;
        if (schedule == 0)
            memcpy(first, now, sizeof first);
        assert_memory_equal(first, now, sizeof first);
    }
    dataset_free(&data);
}

static gemml_status fold_gradient(void *context)
{
    struct doubled g[4];
    struct gradient gradient = {.g = g};
    return run(context, &gradient);
}

static void allocations_may_fail(void **state)
{
    struct dataset data = dataset_make(GEMML_F32, 3000, 4, 1, true);
    (void)state;
    schedule_use(0);
    fail_each_allocation(fold_gradient, &data);
    dataset_free(&data);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sums_match_quadruple_precision),
        cmocka_unit_test(other_dtypes_are_widened),
        cmocka_unit_test(residuals_at_the_level_of_rounding),
        cmocka_unit_test_teardown(the_bits_do_not_depend_on_the_schedule, schedule_restore),
        cmocka_unit_test_teardown(allocations_may_fail, schedule_restore),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

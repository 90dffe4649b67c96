/* The Gram matrix against sums in long double, by blocks and by tiles; its bits;
 * re-centring. */
#include "fold/gram.h"

#include "data/failing.h"
#include "fold/padded.h"
#include "fold/schedule.h"
#include "fold/source.h"
#include "fold/truth.h"
#include "kernel/linalg_guard.h"

static uint64_t random_state;
static const gemml_view none = GEMML_EMPTY_VIEW;

struct dataset {
    struct padded x, y, weight;
    bool weighted;
};

static struct dataset dataset_make(gemml_dtype dtype, size_t n, size_t p, size_t K, bool weighted, double center)
{
    return (struct dataset){padded_make(dtype, n, p, 3, center, 1, &random_state),
                            padded_make(dtype, n, K, 1, -center, 10, &random_state),
                            padded_weights(dtype, n, 2, &random_state), weighted};
}

static void dataset_free(struct dataset *data)
{
    padded_free(&data->x);
    padded_free(&data->y);
    padded_free(&data->weight);
}

static struct view_source source_of(const struct dataset *data)
{
    return view_source_f64(data->x.view, data->y.view, data->weighted ? data->weight.view : none);
}

/* Row i of (u - o), the last entry 1. */
static void transformed_row(const struct gram *gram, const struct dataset *data, size_t i, const double *offset,
                            double *u)
{
    size_t p = gram->features;
    for (size_t j = 0; j < gram->order - 1; j++) {
        long double value = j < p ? padded_at(&data->x, i, j) : padded_at(&data->y, i, j - p);
        long double scaled = (value - (long double)gram->shift[j]) * (long double)gram->scale[j];
        u[j] = (double)(scaled - (offset ? (long double)offset[j] : 0));
    }
    u[gram->order - 1] = 1;
}

/* sum w u'u by plain loops, in long double. */
static long double *plain_gram(const struct gram *gram, const struct dataset *data, const double *offset)
{
    size_t m = gram->order;
    long double *truth = calloc(m * m, sizeof *truth);
    double *u = malloc(m * sizeof *u);
    for (size_t i = 0; i < data->x.view.rows; i++) {
        long double w = data->weighted ? padded_at(&data->weight, i, 0) : 1;
        transformed_row(gram, data, i, offset, u);
        for (size_t j = 0; j < m; j++)
            for (size_t k = j; k < m; k++)
                truth[j * m + k] += w * u[j] * u[k];
    }
    free(u);
    return truth;
}

/* Errors relative to |u_j| |u_k|, which bounds the sum of absolute terms. */
static void compare(const struct gram *gram, const long double *truth, double tolerance)
{
    size_t m = gram->order;
    for (size_t j = 0; j < m; j++)
        for (size_t k = j; k < m; k++) {
            long double size = sqrtl(truth[j * m + j] * truth[k * m + k]);
            double error = (double)fabsl((long double)gram->G[j * gram->ld + k] - truth[j * m + k]);
            if (!(error <= truth_slack() * tolerance * (double)size))
                fail_msg("n %zu, order %zu, (%zu, %zu): %g is not %Lg", gram->rows, m, j, k, gram->G[j * gram->ld + k],
                         truth[j * m + k]);
        }
}

static void check_gram(size_t n, size_t p, size_t K, bool weighted, gemml_dtype dtype, double center)
{
    struct dataset data = dataset_make(dtype, n, p, K, weighted, center);
    struct view_source source = source_of(&data);
    struct gram gram;
    assert_int_equal(gram_fold(&gram, &source.source), GEMML_OK);
    assert_int_equal(gram.features, p);
    assert_int_equal(gram.outputs, K);
    assert_int_equal(gram.order, p + K + 1);
    assert_int_equal(gram.rows, n);
    assert_true(gram.ld >= gram.order && gram.ld % 4 == 0);
    assert_true(gram_finite(&gram));
    long double *truth = plain_gram(&gram, &data, NULL);
    compare(&gram, truth, 2e-14);
    assert_near(gram_sum_weight(&gram), (double)truth[gram.order * gram.order - 1], 1e-14);
    free(truth);
    gram_free(&gram);
    assert_null(gram.G);
    dataset_free(&data);
}

/* Rows on both sides of the bounds of panels (504 rows up to order 24, which are turned; 256; 108 from order 129 on)
 * and blocks (1024 and more). */
static void by_blocks(void **state)
{
    const size_t rows[] = {1, 2, 64, 255, 256, 257, 503, 504, 505, 1023, 1024, 1025, 2049, 5000};
    (void)state;
    for (size_t r = 0; r < sizeof rows / sizeof *rows; r++)
        for (int weighted = 0; weighted < 2; weighted++) {
            check_gram(rows[r], 1, 1, weighted, GEMML_F64, 0);
            check_gram(rows[r], 7, 2, weighted, GEMML_F64, 1e9);
            check_gram(rows[r], 22, 1, weighted, GEMML_F32, 100);
            check_gram(rows[r], 23, 1, weighted, GEMML_F64, 100); /* order 25 */
        }
    check_gram(300, 188, 2, true, GEMML_F64, 1);
    check_gram(2100, 259, 2, true, GEMML_F64, 1); /* blocks of 1152 rows */
    check_gram(40000, 11, 1, true, GEMML_F64, 1); /* blocks of 1512 rows */
    check_gram(60, 380, 2, true, GEMML_F64, 1);   /* order 383 */
    check_gram(3100, 100, 1, false, GEMML_F64, 1e6);
}

/* Orders on both sides of one group of columns (128) and of two of 96: outputs and ones in the last group of
 * features, divided, or in one of their own. */
static void by_groups(void **state)
{
    const size_t outputs[] = {1, 3}, orders[] = {127, 128, 129, 136, 137, 191, 192, 193, 194, 195, 196, 288, 289};
    const size_t rows[] = {7, 8, 107, 108, 109, 230};
    (void)state;
    for (size_t i = 0; i < sizeof orders / sizeof *orders; i++)
        for (size_t k = 0; k < 2; k++)
            check_gram(rows[(2 * i + k) % 6], orders[i] - outputs[k] - 1, outputs[k], i % 2, GEMML_F64, 3);
    check_gram(100, 2, 200, true, GEMML_F64, 3);
}

/* Orders from 600 on, and from 384 on where there are few rows; panels of 432 rows, which tasks of 48 prepare and
 * which are added in pieces of 108. */
static void by_tiles(void **state)
{
    const size_t rows[] = {1, 47, 48, 49, 107, 108, 109, 431, 432, 433};
    (void)state;
    for (size_t r = 0; r < sizeof rows / sizeof *rows; r++)
        check_gram(rows[r], 598, 1, r % 2, GEMML_F64, 1e9);
    check_gram(100, 382, 1, true, GEMML_F64, 5);
    check_gram(100, 596, 2, true, GEMML_F64, 1);
    check_gram(1025, 600, 1, true, GEMML_F64, 1e9);
    check_gram(70, 597, 2, true, GEMML_F32, 5);
    check_gram(70, 634, 5, true, GEMML_F64, 5);
    check_gram(70, 640, 1, false, GEMML_I64, 1000);
    check_gram(30, 670, 1, true, GEMML_F64, 5); /* whole tiles of 96 */
    check_gram(40, 766, 2, true, GEMML_F64, 1e3);
    check_gram(20, 1023, 1, false, GEMML_F64, 1e3);
}

/* About the means, and about offsets as they come. */
static void recentring_is_what_shifting_gives(void **state)
{
    (void)state;
    for (size_t p = 3; p <= 600; p += 597)
        for (int means = 0; means < 2; means++) {
            struct dataset data = dataset_make(GEMML_F64, 700, p, 2, true, 1e6);
            struct view_source source = source_of(&data);
            struct gram gram;
            assert_int_equal(gram_fold(&gram, &source.source), GEMML_OK);
            double *offset = malloc(gram.order * sizeof *offset);
            for (size_t j = 0; j < gram.order - 1; j++)
                offset[j] =
                    means ? gram.G[j * gram.ld + gram.order - 1] / gram_sum_weight(&gram) : test_random(&random_state);
            gram_recentre(&gram, offset);
            long double *truth = plain_gram(&gram, &data, offset);
            compare(&gram, truth, 1e-13);
            free(truth);
            free(offset);
            gram_free(&gram);
            dataset_free(&data);
        }
}

/* A copy, moved to another shift and scale, is what folding about those gives. */
static void rebasing_is_what_another_shift_and_scale_give(void **state)
{
    (void)state;
    for (size_t p = 3; p <= 600; p += 597) {
        struct dataset data = dataset_make(GEMML_F64, 300, p, 2, true, 1e6);
        struct view_source source = source_of(&data);
        struct gram folded, gram;
        assert_int_equal(gram_fold(&folded, &source.source), GEMML_OK);
        assert_int_equal(gram_copy(&gram, &folded), GEMML_OK);
        assert_int_equal(gram.rows, 300);
        double *numbers = malloc(3 * gram.order * sizeof *numbers), *shift = numbers, *scale = shift + gram.order;
        for (size_t j = 0; j < gram.order - 1; j++) {
            shift[j] = gram.shift[j] + test_random(&random_state);
            scale[j] = gram.scale[j] * ldexp(1, (int)(j % 7) - 3);
        }
        gram_rebase(&gram, shift, scale, scale + gram.order);
        assert_memory_equal(gram.shift, shift, (gram.order - 1) * sizeof *shift);
        assert_memory_equal(gram.scale, scale, (gram.order - 1) * sizeof *scale);
        long double *truth = plain_gram(&gram, &data, NULL);
        compare(&gram, truth, 1e-13);
        free(truth);
        truth = plain_gram(&folded, &data, NULL); /* what was copied has not moved */
        compare(&folded, truth, 2e-14);
        free(truth);
        free(numbers);
        gram_free(&gram);
        gram_free(&folded);
        dataset_free(&data);
    }
}

/* Where all rows are equal and the old scale is one in which a small move has no
 * square, the new scale still shows it. */
static void rebasing_a_point(void **state)
{
    (void)state;
    struct gram gram;
    double shift[2] = {1e-200, 0}, scale[2] = {ldexp(1, 660), 1}, offset[2];
    assert_int_equal(gram_new(&gram, 1, 1), GEMML_OK);
    gram.G[2 * gram.ld + 2] = 5;
    gram_rebase(&gram, shift, scale, offset);
    assert_near(gram.G[0] / (5 * offset[0] * offset[0]), 1, 1e-15);
    assert_near(gram.G[2] / (-5 * offset[0]), 1, 1e-15);
    assert_true(offset[0] > 1e-3 && gram.G[1] == 0);
    gram_free(&gram);
}

/* Sums of squares about the mean and about zero, of a constant column too. */
static void squares(void **state)
{
    (void)state;
    struct dataset data = dataset_make(GEMML_F64, 300, 2, 1, true, 1e3);
    for (size_t i = 0; i < 300; i++)
        padded_set(&data.x, i, 1, 0.1L);
    struct view_source source = source_of(&data);
    struct gram gram;
    assert_int_equal(gram_fold(&gram, &source.source), GEMML_OK);
    long double W = 0, sum = 0, square = 0, spread = 0;
    for (size_t i = 0; i < 300; i++) {
        long double w = padded_at(&data.weight, i, 0), x = padded_at(&data.x, i, 0) * (long double)gram.scale[0];
        W += w;
        sum += w * x;
        square += w * x * x;
    }
    for (size_t i = 0; i < 300; i++) {
        long double u = padded_at(&data.x, i, 0) * (long double)gram.scale[0] - sum / W;
        spread += padded_at(&data.weight, i, 0) * u * u;
    }
    double about_mean = gram_square(&gram, 0), about_zero = gram_square_about_zero(&gram, 0);
    assert_near(about_zero / (double)square, 1, 1e-14);
    assert_near(about_mean / (double)spread, 1, 1e-10);
    assert_true(gram_square(&gram, 1) <= 1e-31 * gram_square_about_zero(&gram, 1)); /* constant */
    gram_free(&gram);
    dataset_free(&data);
}

/* The same bits for every schedule and alignment of X. */
static void check_bits(size_t n, size_t p)
{
    size_t stride = p + 2;
    struct padded y = padded_make(GEMML_F64, n, 1, 0, 0, 1, &random_state);
    struct padded x = padded_make(GEMML_F64, n, p, 2, 50, 1, &random_state);
    struct padded weight = padded_weights(GEMML_F64, n, 0, &random_state);
    double *memory = malloc((n * stride + 16) * sizeof *memory), *first = NULL;
    struct gram gram = {0};
    for (size_t alignment = 0; alignment < 16; alignment++) {
        size_t schedule = alignment % SCHEDULES;
        memcpy(memory + alignment, x.memory, n * stride * sizeof *memory);
        struct view_source source =
            view_source_f64(gemml_view_f64_strided(memory + alignment, n, p, stride), y.view, weight.view);
        schedule_use(schedule);
        assert_int_equal(gram_fold(&gram, &source.source), GEMML_OK);
        size_t bytes = gram.ld * sizeof(double);
        if (!first) {
            first = malloc(gram.ld * bytes);
            memcpy(first, gram.G, gram.ld * bytes);
        }
        for (size_t j = 0; j < gram.order; j++) /* the upper triangle is what counts */
            assert_memory_equal(first + j * gram.ld + j, gram.G + j * gram.ld + j, (gram.order - j) * sizeof(double));
        gram_free(&gram);
    }
    free(first);
    free(memory);
    padded_free(&x);
    padded_free(&y);
    padded_free(&weight);
}

static void the_bits_depend_on_nothing_but_data(void **state)
{
    (void)state;
    check_bits(6000, 3);
    check_bits(2500, 33);
    check_bits(1100, 207);
    check_bits(1100, 610);
    check_bits(90, 640);
}

static void data_that_are_not_finite_show(void **state)
{
    const double bad[] = {NAN, INFINITY, -INFINITY};
    (void)state;
    for (size_t p = 3; p <= 600; p += 597)
        for (size_t b = 0; b < 3; b++)
            for (int where = 0; where < 3; where++) {
                struct dataset data = dataset_make(GEMML_F64, 600, p, 1, true, 0);
                struct view_source source = source_of(&data);
                struct gram gram;
                padded_set(where == 0 ? &data.x : where == 1 ? &data.y : &data.weight, 599, 0, (long double)bad[b]);
                assert_int_equal(gram_fold(&gram, &source.source), GEMML_OK);
                assert_false(gram_finite(&gram));
                gram_free(&gram);
                dataset_free(&data);
            }
}

static gemml_status fold_gram(void *context)
{
    struct view_source source = source_of(context);
    struct gram gram;
    gemml_status status = gram_fold(&gram, &source.source);
    if (status == GEMML_OK)
        gram_free(&gram);
    else
        assert_null(gram.shift);
    return status;
}

/* A source that fails in some of its blocks: the error of the first arrives. */
struct failing_source {
    struct source source;
    size_t from;
};

static size_t failing_scratch(const struct source *source, size_t count)
{
    return count * (source->features + source->outputs) * sizeof(double);
}

static gemml_status failing_block(const struct source *source, size_t first, size_t count, void *scratch,
                                  struct block *block)
{
    double *zeros = scratch;
    size_t m = source->features + source->outputs;
    if (first + count > ((const struct failing_source *)source)->from && count > 4) /* samples may pass */
        return error_set(GEMML_ERROR_IO, "row %zu cannot be read", first);
    memset(zeros, 0, count * m * sizeof *zeros);
    *block = (struct block){.rows = count,
                            .X = zeros,
                            .ldx = source->features,
                            .Y = zeros + count * source->features,
                            .ldy = source->outputs};
    return GEMML_OK;
}

static void errors_and_allocations_arrive(void **state)
{
    (void)state;
    for (size_t p = 3; p <= 600; p += 597) {
        struct dataset data = dataset_make(GEMML_F32, 2100, p, 1, true, 0);
        struct failing_source broken = {{5000, p, 1, failing_scratch, failing_block}, 2016};
        struct gram gram;
        schedule_use(0);
        fail_each_allocation(fold_gram, &data);
        for (size_t schedule = 0; schedule < SCHEDULES; schedule++) {
            schedule_use(schedule);
            assert_int_equal(gram_fold(&gram, &broken.source), GEMML_ERROR_IO);
            assert_string_equal(error_text(), "row 2016 cannot be read");
            assert_null(gram.shift);
        }
        dataset_free(&data);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(by_blocks),
        cmocka_unit_test(by_groups),
        cmocka_unit_test(by_tiles),
        cmocka_unit_test(recentring_is_what_shifting_gives),
        cmocka_unit_test(rebasing_is_what_another_shift_and_scale_give),
        cmocka_unit_test(rebasing_a_point),
        cmocka_unit_test(squares),
        cmocka_unit_test_teardown(the_bits_depend_on_nothing_but_data, schedule_restore),
        cmocka_unit_test(data_that_are_not_finite_show),
        cmocka_unit_test_teardown(errors_and_allocations_arrive, schedule_restore),
    };
    return cmocka_run_group_tests(tests, guard_enter, guard_leave);
}

/* Sources of views: what a block holds, and what it is made of. */
#include "fold/source.h"

#include <limits.h>
#include <sys/mman.h>

#include "fold/padded.h"
#include "util/alloc.h"

enum { ROWS = 23, FEATURES = 5, OUTPUTS = 2, CANARY = 64 };

static const gemml_view none = GEMML_EMPTY_VIEW;
static uint64_t random_state;

/* What element (row, j) of x must be in a block. */
static real expected_x(const struct view_source *source, const struct padded *x, size_t row, size_t j)
{
    size_t from = source->order ? source->order[row] : row;
    long double value = padded_at(x, from, j);
    if (!source->shift)
        return (real)value;
    return (real)(((double)value - source->shift[j]) * source->scale[j]);
}

static real expected(const struct view_source *source, const struct padded *matrix, size_t row, size_t j)
{
    return (real)padded_at(matrix, source->order ? source->order[row] : row, j);
}

/* Reads rows first .. first + count - 1, in scratch of just the size that the
 * source asks for, and compares. */
static void check_block(const struct view_source *source, const struct padded *x, const struct padded *y,
                        const struct padded *weight, size_t first, size_t count)
{
    size_t bytes = source->source.scratch(&source->source, count);
    unsigned char *scratch;
    struct block block;
    assert_int_equal(memory_alloc(&scratch, bytes + CANARY, 1), GEMML_OK);
    memset(scratch, 0xA5, bytes + CANARY);
    assert_int_equal(source->source.block(&source->source, first, count, scratch, &block), GEMML_OK);
    assert_int_equal(block.rows, count);
    for (size_t i = 0; i < count; i++) {
        for (size_t j = 0; j < FEATURES; j++)
            assert_true(block.X[i * block.ldx + j] == expected_x(source, x, first + i, j));
        for (size_t k = 0; k < OUTPUTS; k++)
            assert_true(block.Y[i * block.ldy + k] == expected(source, y, first + i, k));
        if (weight)
            assert_true(block.w[i] == expected(source, weight, first + i, 0));
    }
    assert_true(weight || !block.w);
    for (size_t i = 0; i < CANARY; i++)
        assert_int_equal(scratch[bytes + i], 0xA5);
    memory_free(scratch);
}

static void check_blocks(const struct view_source *source, const struct padded *x, const struct padded *y,
                         const struct padded *weight)
{
    const size_t ranges[][2] = {{0, ROWS}, {0, 1}, {ROWS - 1, 1}, {7, 11}, {4, 0}};
    for (size_t r = 0; r < sizeof ranges / sizeof *ranges; r++)
        check_block(source, x, y, weight, ranges[r][0], ranges[r][1]);
}

/* With each combination of order and map. */
static void check_source(const struct padded *x, const struct padded *y, const struct padded *weight)
{
    const double shift[FEATURES] = {1.5, -2, 0, 3e3, 1.0 / 3}, scale[FEATURES] = {2, 0.1, 1, -7, 1e-3};
    size_t order[ROWS];
    for (size_t i = 0; i < ROWS; i++)
        order[i] = (i * 7 + 3) % ROWS;
    for (int with = 0; with < 4; with++) {
        struct view_source source = R(view_source)(x->view, y->view, weight ? weight->view : none);
        assert_int_equal(source.source.rows, ROWS);
        assert_int_equal(source.source.features, FEATURES);
        assert_int_equal(source.source.outputs, OUTPUTS);
        source.order = with & 1 ? order : NULL;
        source.shift = with & 2 ? shift : NULL;
        source.scale = with & 2 ? scale : NULL;
        check_blocks(&source, x, y, weight);
    }
}

static void every_dtype_stride_order_and_map(void **state)
{
    (void)state;
    for (int xt = GEMML_F64; xt <= GEMML_I64; xt++)
        for (int yt = GEMML_F64; yt <= GEMML_I64; yt++)
            for (size_t gap = 0; gap <= 3; gap += 3) {
                struct padded x = padded_make((gemml_dtype)xt, ROWS, FEATURES, gap, 10, 1e3, &random_state);
                struct padded y = padded_make((gemml_dtype)yt, ROWS, OUTPUTS, gap, -4, 50, &random_state);
                struct padded weight = padded_weights((gemml_dtype)(3 - xt), ROWS, gap, &random_state);
                check_source(&x, &y, &weight);
                check_source(&x, &y, NULL);
                padded_free(&x);
                padded_free(&y);
                padded_free(&weight);
            }
}

/* Rows first .. first + count - 1 of two sources are the same, in scratch of the size that each asks for. */
static void compare_blocks(const struct view_source *source, const struct view_source *other, size_t first,
                           size_t count)
{
    size_t bytes = source->source.scratch(&source->source, count);
    unsigned char *scratch, *plain;
    struct block got, expected;
    assert_int_equal(memory_alloc(&scratch, bytes + CANARY, 1), GEMML_OK);
    assert_int_equal(memory_alloc(&plain, other->source.scratch(&other->source, count), 1), GEMML_OK);
    memset(scratch, 0xA5, bytes + CANARY);
    assert_int_equal(source->source.block(&source->source, first, count, scratch, &got), GEMML_OK);
    assert_int_equal(other->source.block(&other->source, first, count, plain, &expected), GEMML_OK);
    assert_memory_equal(got.X, expected.X, count * FEATURES * sizeof(real));
    assert_memory_equal(got.Y, expected.Y, count * OUTPUTS * sizeof(real));
    assert_memory_equal(got.w, expected.w, count * sizeof(real));
    for (size_t i = 0; i < CANARY; i++)
        assert_int_equal(scratch[bytes + i], 0xA5);
    memory_free(scratch);
    memory_free(plain);
}

/* The rows that a permutation picks are those that an order of them picks. */
static void a_permutation_picks_rows(void **state)
{
    struct padded x = padded_make(GEMML_F64, ROWS, FEATURES, 1, 10, 1e3, &random_state);
    struct padded y = padded_make(REAL_DTYPE, ROWS, OUTPUTS, 0, -4, 50, &random_state);
    struct padded weight = padded_weights(REAL_DTYPE, ROWS, 0, &random_state);
    struct permutation permutation = permutation_make(2, 1, ROWS);
    size_t order[ROWS];
    (void)state;
    permutation_rows(&permutation, 0, ROWS, order);
    struct view_source picked = R(view_source)(x.view, y.view, weight.view), ordered = picked;
    picked.permutation = &permutation;
    ordered.order = order;
    for (size_t first = 0; first < ROWS; first += 9)
        compare_blocks(&picked, &ordered, first, ROWS - first < 9 ? ROWS - first : 9);
    padded_free(&x);
    padded_free(&y);
    padded_free(&weight);
}

/* Integers of 64 bits are rounded to the nearest double, or float. */
static void large_integers_are_rounded_once(void **state)
{
    const int64_t values[] = {INT64_MAX, INT64_MIN, ((int64_t)1 << 53) + 1, ((int64_t)1 << 24) + 1, -16777219};
    gemml_view x = gemml_view_i64(values, 1, 5);
    struct view_source source = R(view_source)(x, none, none);
    struct block block;
    real scratch[64];
    (void)state;
    assert_int_equal(source.source.block(&source.source, 0, 1, scratch, &block), GEMML_OK);
    assert_null(block.Y);
    assert_null(block.w);
    for (size_t j = 0; j < 5; j++)
        assert_true(block.X[j] == (real)values[j]);
}

static void what_needs_no_conversion_is_not_copied(void **state)
{
    (void)state;
    struct padded x = padded_make(REAL_DTYPE, ROWS, FEATURES, 2, 0, 1, &random_state);
    struct padded y = padded_make(REAL_DTYPE, ROWS, OUTPUTS, 1, 0, 1, &random_state);
    struct padded weight = padded_weights(REAL_DTYPE, ROWS, 0, &random_state);
    struct view_source source = R(view_source)(x.view, y.view, weight.view);
    struct block block;
    real unused[1];
    assert_int_equal(source.source.scratch(&source.source, ROWS), 0);
    assert_int_equal(source.source.block(&source.source, 4, 9, unused, &block), GEMML_OK);
    assert_ptr_equal(block.X, (real *)x.memory + 4 * (FEATURES + 2));
    assert_int_equal(block.ldx, FEATURES + 2);
    assert_ptr_equal(block.Y, (real *)y.memory + 4 * (OUTPUTS + 1));
    assert_int_equal(block.ldy, OUTPUTS + 1);
    assert_ptr_equal(block.w, (real *)weight.memory + 4);
    padded_free(&x);
    padded_free(&y);
    padded_free(&weight);
}

/* BLAS counts strides in int: rows that are farther apart are copied. The map is
 * sparse: two pages of it are used. */
static void a_stride_beyond_int_is_copied(void **state)
{
    size_t stride = (size_t)INT_MAX + 2, bytes = (stride + FEATURES) * sizeof(real);
    (void)state;
    real *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (memory == MAP_FAILED)
        skip(); /* no address space for it here */
    for (size_t j = 0; j < FEATURES; j++) {
        memory[j] = (real)j;
        memory[stride + j] = (real)(10 + j);
    }
    gemml_view x = {memory, 2, FEATURES, stride, REAL_DTYPE, 0};
    struct view_source source = R(view_source)(x, none, none);
    struct block block;
    real scratch[256];
    assert_true(source.source.scratch(&source.source, 2) >= 2 * FEATURES * sizeof(real));
    assert_true(source.source.scratch(&source.source, 2) <= sizeof scratch);
    assert_int_equal(source.source.block(&source.source, 0, 2, scratch, &block), GEMML_OK);
    assert_true(block.ldx <= INT_MAX);
    for (size_t i = 0; i < 2; i++)
        for (size_t j = 0; j < FEATURES; j++)
            assert_true(block.X[i * block.ldx + j] == (real)(10 * i + j));
    munmap(memory, bytes);
}

static void check_explanation(const struct view_source *source, const char *sentence)
{
    assert_int_equal(R(source_explain_nonfinite)(source), GEMML_ERROR_NONFINITE);
    assert_string_equal(error_text(), sentence);
}

static void the_first_nonfinite_entry_is_named(void **state)
{
    (void)state;
    for (int dtype = GEMML_F64; dtype <= GEMML_F32; dtype++) {
        struct padded x = padded_make((gemml_dtype)dtype, ROWS, FEATURES, 2, 0, 1, &random_state);
        struct padded y = padded_make((gemml_dtype)dtype, ROWS, OUTPUTS, 2, 0, 1, &random_state);
        struct padded weight = padded_weights((gemml_dtype)dtype, ROWS, 2, &random_state);
        struct view_source source = R(view_source)(x.view, y.view, weight.view);
        check_explanation(&source, "all data are finite, but sums over them overflow: bring the columns to a common "
                                   "scale");
        padded_set(&weight, 20, 0, (long double)INFINITY);
        check_explanation(&source, "weight is inf in row 20, column 0 (counted from 0)");
        padded_set(&y, 9, 1, -(long double)INFINITY);
        check_explanation(&source, "y is -inf in row 9, column 1 (counted from 0)");
        padded_set(&x, 17, 0, (long double)INFINITY);
        padded_set(&x, 5, 4, (long double)NAN);
        check_explanation(&source, "x is nan in row 5, column 4 (counted from 0)");
        padded_free(&x);
        padded_free(&y);
        padded_free(&weight);
    }
}

static void blocks_know_whether_they_are_finite(void **state)
{
    (void)state;
    for (size_t gap = 0; gap <= 3; gap += 3) {
        struct padded x = padded_make(REAL_DTYPE, ROWS, FEATURES, gap, 0, 1, &random_state);
        struct block block = {.rows = ROWS, .X = x.memory, .ldx = FEATURES + gap};
        assert_true(R(block_finite)(&block, FEATURES));
        for (size_t i = 0; i < ROWS; i++)
            for (size_t j = 0; j < FEATURES; j++) {
                long double kept = padded_at(&x, i, j);
                padded_set(&x, i, j, i % 2 ? (long double)NAN : -(long double)INFINITY);
                assert_false(R(block_finite)(&block, FEATURES));
                padded_set(&x, i, j, kept);
            }
        assert_true(R(block_finite)(&block, FEATURES));
        padded_free(&x);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_dtype_stride_order_and_map),
        cmocka_unit_test(large_integers_are_rounded_once),
        cmocka_unit_test(a_permutation_picks_rows),
        cmocka_unit_test(what_needs_no_conversion_is_not_copied),
        cmocka_unit_test(a_stride_beyond_int_is_copied),
        cmocka_unit_test(the_first_nonfinite_entry_is_named),
        cmocka_unit_test(blocks_know_whether_they_are_finite),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

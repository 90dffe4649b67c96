/* The fold: the tree of merges, whatever the schedule; errors; memory. */
#include "fold/fold.h"

#include <stdatomic.h>

#include "data/failing.h"
#include "fold/schedule.h"

enum { MOST_BLOCKS = 70, TEXT = 2048 };

/* The state records how it came about: "3" is block 3, "(a b)" the merge of b into a. */
struct history {
    char text[TEXT];
};

struct history_job {
    size_t first, rows, block_rows;
    const bool *fails; /* by block; NULL: none */
};

static void history_init(const void *job, void *state)
{
    (void)job;
    strcpy(((struct history *)state)->text, "untouched");
}

static gemml_status history_add(const void *context, void *state, size_t first, size_t count, void *scratch)
{
    const struct history_job *job = context;
    struct history *history = state;
    size_t offset = first - job->first, left = job->rows - offset, block = offset / job->block_rows;
    memset(scratch, 0x5A, 64); /* scratch_bytes */
    if (job->fails && job->fails[block])
        return error_set(GEMML_ERROR_FORMAT, "block %zu is broken", block);
    if (strcmp(history->text, "untouched") != 0 || offset % job->block_rows != 0)
        return error_set(GEMML_ERROR_ARGUMENT, "state or offset of block %zu", block);
    if (count != (left < job->block_rows ? left : job->block_rows))
        return error_set(GEMML_ERROR_ARGUMENT, "count of block %zu", block);
    snprintf(history->text, TEXT, "%zu", block);
    return GEMML_OK;
}

static void history_merge(const void *job, void *into_memory, const void *from_memory)
{
    struct history *into = into_memory, merged;
    const struct history *from = from_memory;
    (void)job;
    snprintf(merged.text, TEXT, "(%.*s %.*s)", TEXT / 2 - 2, into->text, TEXT / 2 - 2, from->text);
    *into = merged;
}

static const struct accumulator history = {sizeof(struct history), 64, history_init, history_add, history_merge, 0};

static gemml_status fold_history(const struct history_job *job, struct history *state)
{
    return fold(&history, job, job->first, job->rows, job->block_rows, state);
}

/* Writes the complete tree over 2^level blocks from `block` on. */
static char *write_tree(char *to, size_t block, size_t level)
{
    if (level == 0)
        return to + sprintf(to, "%zu", block);
    *to++ = '(';
    to = write_tree(to, block, level - 1);
    *to++ = ' ';
    to = write_tree(to, block + ((size_t)1 << (level - 1)), level - 1);
    *to++ = ')';
    return to;
}

/* The binary digits of `blocks` from high to low are complete trees, joined from
 * the left: 7 blocks are ((4 2) 1). */
static void write_expected(char *text, size_t blocks)
{
    char trees[8][TEXT], joined[TEXT];
    size_t count = 0, block = 0;
    for (size_t level = 8; level-- > 0;)
        if (blocks >> level & 1) {
            *write_tree(trees[count++], block, level) = '\0';
            block += (size_t)1 << level;
        }
    strcpy(text, trees[0]);
    for (size_t i = 1; i < count; i++) {
        snprintf(joined, TEXT, "(%.*s %.*s)", TEXT / 2 - 2, text, TEXT / 2 - 2, trees[i]);
        strcpy(text, joined);
    }
}

static void the_tree_is_a_binary_counter(void **state)
{
    char expected[TEXT];
    (void)state;
    for (size_t schedule = 0; schedule < SCHEDULES; schedule++) {
        schedule_use(schedule);
        for (size_t blocks = 1; blocks <= MOST_BLOCKS; blocks++) {
            write_expected(expected, blocks);
            for (size_t short_by = 0; short_by < 3; short_by += 2) { /* the last block whole, or ragged */
                struct history_job job = {.first = 11, .rows = 3 * blocks - short_by, .block_rows = 3};
                struct history result;
                assert_int_equal(fold_history(&job, &result), GEMML_OK);
                assert_string_equal(result.text, expected);
            }
        }
    }
}

static void small_folds_are_one_block(void **state)
{
    (void)state;
    for (size_t schedule = 0; schedule < SCHEDULES; schedule++) {
        schedule_use(schedule);
        for (size_t rows = 0; rows <= 8; rows++) {
            struct history_job job = {.first = 5, .rows = rows, .block_rows = 8};
            struct history result;
            assert_int_equal(fold_history(&job, &result), GEMML_OK);
            assert_string_equal(result.text, rows == 0 ? "untouched" : "0");
        }
        struct history_job job = {.first = 0, .rows = 3, .block_rows = SIZE_MAX};
        struct history result;
        assert_int_equal(fold_history(&job, &result), GEMML_OK);
        assert_string_equal(result.text, "0");
    }
}

/* Whatever order the blocks run in, the error is the one of the lowest block that fails. */
static void the_lowest_error_arrives(void **state)
{
    const size_t sets[][3] = {{0, 0, 0}, {69, 69, 69}, {3, 5, 40}, {68, 69, 1}, {31, 32, 33}};
    (void)state;
    for (size_t schedule = 0; schedule < SCHEDULES; schedule++) {
        schedule_use(schedule);
        for (size_t s = 0; s < sizeof sets / sizeof *sets; s++) {
            bool fails[MOST_BLOCKS] = {false};
            char sentence[64];
            size_t lowest = SIZE_MAX;
            for (size_t i = 0; i < 3; i++) {
                fails[sets[s][i]] = true;
                lowest = sets[s][i] < lowest ? sets[s][i] : lowest;
            }
            struct history_job job = {.first = 2, .rows = 4 * MOST_BLOCKS - 1, .block_rows = 4, .fails = fails};
            struct history result;
            error_write("nothing yet");
            assert_int_equal(fold_history(&job, &result), GEMML_ERROR_FORMAT);
            snprintf(sentence, sizeof sentence, "block %zu is broken", lowest);
            assert_string_equal(error_text(), sentence);
        }
    }
}

static void an_error_of_a_single_block_arrives(void **state)
{
    bool fails[1] = {true};
    struct history_job job = {.rows = 4, .block_rows = 4, .fails = fails};
    struct history result;
    (void)state;
    assert_int_equal(fold_history(&job, &result), GEMML_ERROR_FORMAT);
    assert_string_equal(error_text(), "block 0 is broken");
}

static gemml_status fold_many(void *context)
{
    struct history result;
    return fold_history(context, &result);
}

static void allocations_may_fail(void **state)
{
    struct history_job many = {.rows = 37, .block_rows = 1}, one = {.rows = 37, .block_rows = 37};
    (void)state;
    schedule_use(0); /* the seam of the tests counts without a lock */
    fail_each_allocation(fold_many, &many);
    fail_each_allocation(fold_many, &one);
    schedule_use(SCHEDULE_BACKWARDS);
    fail_each_allocation(fold_many, &many);
}

static atomic_size_t allocations;

static bool count_allocation(size_t bytes)
{
    (void)bytes;
    atomic_fetch_add(&allocations, 1);
    return false;
}

/* One thread holds at most the states of a binary counter and the one at work, and one scratch. */
static void memory_grows_with_the_logarithm(void **state)
{
    char expected[TEXT];
    (void)state;
    schedule_use(0);
    gemml_set_threads(1);
    for (size_t level = 1; level <= 6; level++) {
        struct history_job job = {.rows = (size_t)1 << level, .block_rows = 1};
        struct history result;
        atomic_store(&allocations, 0);
        memory_fails = count_allocation;
        assert_int_equal(fold_history(&job, &result), GEMML_OK);
        memory_fails = NULL;
        assert_true(atomic_load(&allocations) <= level + 1 + 1);
        write_expected(expected, job.rows);
        assert_string_equal(result.text, expected);
    }
}

struct marking {
    unsigned char *marks;
    size_t most; /* rows of a strip; 0: whole blocks */
};

static gemml_status mark_rows(const void *context, void *state, size_t first, size_t count, void *scratch)
{
    const struct marking *marking = context;
    (void)state;
    assert_true(marking->most == 0 || count <= marking->most);
    memset(scratch, 0xAA, 100); /* there is room */
    for (size_t i = first; i < first + count; i++)
        marking->marks[i]++;
    return GEMML_OK;
}

/* Each row once, whatever the blocks and strips. */
static void each_row_is_seen_once(void **state)
{
    (void)state;
    for (size_t rows = 1; rows < 100; rows += 7)
        for (size_t block = 1; block < 120; block = 2 * block + 3) {
            unsigned char marks[100] = {0};
            struct marking marking = {marks, block % 4 == 3 ? 5 : 0};
            assert_int_equal(fold_each(mark_rows, &marking, rows, block, marking.most, 100), GEMML_OK);
            for (size_t i = 0; i < 100; i++)
                assert_int_equal(marks[i], i < rows);
        }
}

/* Folds in a workspace give what others give; once it is reserved they allocate nothing,
 * on as many threads, until an accumulator or the rows are larger. */
static void a_workspace_serves_fold_after_fold(void **state)
{
    char expected[TEXT];
    struct accumulator larger = history;
    struct fold_workspace workspace = {0};
    (void)state;
    larger.scratch_bytes *= 2;
    for (size_t schedule = 0; schedule < SCHEDULE_BACKWARDS; schedule++) {
        schedule_use(schedule);
        assert_int_equal(fold_reserve(&workspace, &history, MOST_BLOCKS, 1), GEMML_OK);
        atomic_store(&allocations, 0);
        memory_fails = count_allocation;
        for (size_t blocks = 1; blocks <= MOST_BLOCKS; blocks++) {
            struct history_job job = {.rows = blocks, .block_rows = 1};
            struct history result;
            write_expected(expected, blocks);
            assert_int_equal(fold_in(&workspace, &history, &job, 0, blocks, 1, &result), GEMML_OK);
            assert_string_equal(result.text, expected);
        }
        memory_fails = NULL;
        assert_int_equal(atomic_load(&allocations), 0);
    }
    struct history_job job = {.rows = 1, .block_rows = 1};
    struct history result;
    memory_fails = count_allocation;
    assert_int_equal(fold_in(&workspace, &larger, &job, 0, 1, 1, &result), GEMML_OK);
    memory_fails = NULL;
    assert_int_equal(atomic_load(&allocations), 1);
    fold_workspace_free(&workspace);
    assert_null(workspace.states);
    assert_null(workspace.scratches);
}

/* After an error the states are the workspace's again. */
static void a_workspace_survives_an_error(void **state)
{
    bool fails[MOST_BLOCKS] = {[40] = true};
    struct fold_workspace workspace = {0};
    (void)state;
    for (size_t schedule = 0; schedule < SCHEDULE_BACKWARDS; schedule++) {
        struct history_job broken = {.rows = MOST_BLOCKS, .block_rows = 1, .fails = fails};
        struct history result;
        schedule_use(schedule);
        assert_int_equal(fold_reserve(&workspace, &history, MOST_BLOCKS, 1), GEMML_OK);
        atomic_store(&allocations, 0);
        memory_fails = count_allocation;
        for (int again = 0; again < 20; again++)
            assert_int_equal(fold_in(&workspace, &history, &broken, 0, MOST_BLOCKS, 1, &result), GEMML_ERROR_FORMAT);
        memory_fails = NULL;
        assert_int_equal(atomic_load(&allocations), 0);
    }
    fold_workspace_free(&workspace);
}

static gemml_status reserve_many(void *context)
{
    struct fold_workspace workspace = {0};
    (void)context;
    gemml_status status = fold_reserve(&workspace, &history, MOST_BLOCKS, 1);
    fold_workspace_free(&workspace);
    return status;
}

static void a_reservation_may_fail(void **state)
{
    (void)state;
    fail_each_allocation(reserve_many, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(the_tree_is_a_binary_counter, schedule_restore),
        cmocka_unit_test_teardown(small_folds_are_one_block, schedule_restore),
        cmocka_unit_test_teardown(the_lowest_error_arrives, schedule_restore),
        cmocka_unit_test(an_error_of_a_single_block_arrives),
        cmocka_unit_test_teardown(allocations_may_fail, schedule_restore),
        cmocka_unit_test(each_row_is_seen_once),
        cmocka_unit_test_teardown(memory_grows_with_the_logarithm, schedule_restore),
        cmocka_unit_test_teardown(a_workspace_serves_fold_after_fold, schedule_restore),
        cmocka_unit_test_teardown(a_workspace_survives_an_error, schedule_restore),
        cmocka_unit_test(a_reservation_may_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Every allocation of every call on moments made to fail: the status is MEMORY, and
 * what the caller gave is as it was. Leaks are seen by the sanitizers. */
#include "api/moments_truth.h"

#include "data/failing.h"

struct context {
    struct sample sample;
    gemml_moments *moments, *part;
    double *before; /* the moments' numbers */
};

static struct context context_make(size_t n, size_t p)
{
    struct context c = {.sample = sample_make(n, p, 1, 7)};
    sample_weigh(&c.sample, 3);
    c.moments = moments_of(&c.sample, 0, n);
    c.part = moments_of(&c.sample, 0, n / 3);
    c.before = moments_numbers(c.moments, p + 1);
    return c;
}

static void context_free(struct context *c)
{
    gemml_moments_free(c->moments);
    gemml_moments_free(c->part);
    sample_free(&c->sample);
    free(c->before);
}

/* After a failure nothing has changed; after a success the moments are made anew. */
static gemml_status look(struct context *c, gemml_status status)
{
    size_t m = c->sample.p + 1;
    memory_fails = NULL;
    if (status == GEMML_OK) {
        gemml_moments_free(c->moments);
        c->moments = moments_of(&c->sample, 0, c->sample.n);
    }
    double *after = moments_numbers(c->moments, m);
    assert_bits(after, c->before, m * (m + 1));
    free(after);
    return status;
}

static gemml_status call_create(void *context)
{
    gemml_moments *untouched = (gemml_moments *)context, *moments = untouched;
    gemml_status status = gemml_moments_create(&moments, 3, 1);
    if (status == GEMML_OK)
        gemml_moments_free(moments);
    else
        assert_ptr_equal(moments, untouched);
    return status;
}

static gemml_status call_add(void *context)
{
    struct context *c = context;
    gemml_dataset data = sample_rows(&c->sample, 0, c->sample.n);
    return look(c, gemml_moments_add(c->moments, &data));
}

static gemml_status call_merge(void *context)
{
    struct context *c = context;
    return look(c, gemml_moments_merge(c->moments, c->part));
}

static gemml_status call_subtract(void *context)
{
    struct context *c = context;
    return look(c, gemml_moments_subtract(c->moments, c->part));
}

static gemml_status call_subtract_all(void *context)
{
    struct context *c = context;
    return look(c, gemml_moments_subtract(c->moments, c->moments));
}

static gemml_status call_solve(void *context)
{
    struct context *c = context;
    double *w = calloc(c->sample.p + 1, sizeof *w);
    gemml_moments_options options = GEMML_MOMENTS_OPTIONS_INIT;
    gemml_moments_fit fit = GEMML_MOMENTS_FIT_INIT;
    options.scaling = GEMML_SCALING_STANDARDIZE;
    gemml_status status =
        gemml_moments_solve(c->moments, NULL, 0, &options, gemml_matrix_f64(w, c->sample.p + 1, 1), &fit);
    for (size_t j = 0; j <= c->sample.p; j++)
        assert_true((w[j] == 0) == (status != GEMML_OK));
    assert_true((fit.rank == 0) == (status != GEMML_OK));
    free(w);
    return status;
}

static gemml_status call_merge_into_empty(void *context)
{
    struct context *c = context;
    bool (*fails)(size_t) = memory_fails;
    memory_fails = NULL;
    gemml_moments *empty = new_moments(c->sample.p, 1);
    gemml_moments_info info = GEMML_MOMENTS_INFO_INIT;
    memory_fails = fails;
    gemml_status status = gemml_moments_merge(empty, c->moments);
    assert_ok(gemml_moments_get_info(empty, &info));
    assert_true((info.rows == 0) == (status != GEMML_OK));
    gemml_moments_free(empty);
    return status;
}

static void fail_all(size_t n, size_t p)
{
    struct context c = context_make(n, p);
    fail_each_allocation(call_add, &c);
    fail_each_allocation(call_merge, &c);
    fail_each_allocation(call_merge_into_empty, &c);
    fail_each_allocation(call_subtract, &c);
    fail_each_allocation(call_subtract_all, &c);
    fail_each_allocation(call_solve, &c);
    context_free(&c);
}

static void test_by_blocks(void **state)
{
    (void)state;
    fail_each_allocation(call_create, &(struct context){0});
    fail_all(60, 4);
    fail_all(2500, 3);
}

static void test_by_tiles(void **state)
{
    (void)state;
    fail_all(700, 195);
}

/* Of dependent columns: eigenvectors and a null space. */
static void test_singular(void **state)
{
    (void)state;
    struct context c = {.sample = sample_make(40, 5, 1, 7)};
    for (size_t i = 0; i < 40; i++)
        c.sample.x[i * 5 + 1] = c.sample.x[i * 5];
    c.moments = moments_of(&c.sample, 0, 40);
    fail_each_allocation(call_solve, &c);
    context_free(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_by_blocks),
        cmocka_unit_test(test_by_tiles),
        cmocka_unit_test(test_singular),
    };
    assert_ok(gemml_set_threads(1)); /* the number of allocations depends on it */
    return cmocka_run_group_tests(tests, NULL, NULL);
}

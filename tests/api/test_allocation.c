/* Every allocation of every call made to fail: the k-th one, once and for ever,
 * for k = 1, 2, ... until the call succeeds. Each time the status is MEMORY, what
 * the caller gave is untouched, the model predicts as before, and no file is left
 * beside the model's. That nothing is leaked is seen under valgrind or the address
 * sanitizer, which this test is meant to be run with as well. */
#include "sample.h"

#include <dirent.h>
#include <stdatomic.h>

#include "util/alloc.h"

static atomic_size_t allocations;
static size_t failing_from;
static bool failing_for_ever;

static bool decide(size_t bytes)
{
    (void)bytes;
    size_t number = atomic_fetch_add(&allocations, 1) + 1;
    return number == failing_from || (failing_for_ever && number > failing_from);
}

/* What a call works on. */
struct context {
    struct sample sample;
    gemml_dataset data;
    gemml_linear_options options;
    gemml_model *model; /* fitted to the data by the options */
    double *expected;   /* its predictions */
    gemml_table *table;
    gemml_schema *schema;
    char *file; /* the bytes of "model.gemml" */
    size_t file_bytes;
};

/* Files in the scratch folder. */
static size_t count_files(void)
{
    size_t count = 0;
    DIR *folder = opendir(scratch_directory());
    assert_non_null(folder);
    while (readdir(folder))
        count++;
    closedir(folder);
    return count;
}

static struct context context_make(size_t n, size_t p, size_t K, const gemml_linear_options *options)
{
    struct context c = {.sample = sample_make(n, p, K, n)};
    sample_weigh(&c.sample, 3);
    c.data = sample_dataset(&c.sample);
    gemml_linear_options_init(&c.options);
    if (options)
        c.options = *options;
    c.model = fit_model(&c.options, &c.data);
    c.expected = predictions_of(c.model, &c.sample);
    return c;
}

static void context_free(struct context *c)
{
    gemml_model_free(c->model);
    gemml_schema_free(c->schema);
    gemml_table_free(c->table);
    sample_free(&c->sample);
    free(c->expected);
    free(c->file);
}

static void assert_as_before(const struct context *c)
{
    double *out = predictions_of(c->model, &c->sample);
    assert_bits(out, c->expected, c->sample.n * c->sample.K);
    free(out);
}

/* Gives the number of allocations that the call makes. */
static size_t fail_each(gemml_status (*call)(struct context *), struct context *c)
{
    size_t made = 0;
    for (int for_ever = 0; for_ever <= 1; for_ever++) {
        failing_for_ever = for_ever;
        for (failing_from = 1;; failing_from++) {
            atomic_store(&allocations, 0);
            memory_fails = decide;
            gemml_status status = call(c);
            memory_fails = NULL;
            made = atomic_load(&allocations);
            assert_true((status == GEMML_OK) == (made < failing_from));
            if (c->model)
                assert_as_before(c);
            if (status == GEMML_OK)
                break;
            assert_refused(status, GEMML_ERROR_MEMORY, "memory");
        }
    }
    return made;
}

/* ---- Models ---- */

static gemml_status call_create(struct context *c)
{
    gemml_model *untouched = (gemml_model *)(void *)c, *model = untouched;
    gemml_status status = gemml_linear_create(&model, &c->options);
    if (status == GEMML_OK)
        gemml_model_free(model);
    else
        assert_ptr_equal(model, untouched);
    return status;
}

static gemml_status call_fit(struct context *c)
{
    gemml_fit_info info = GEMML_FIT_INFO_INIT;
    info.epochs = 12345;
    gemml_status status = gemml_fit(c->model, &c->data, NULL, &info);
    assert_true((info.epochs == 12345) == (status != GEMML_OK));
    return status;
}

static gemml_status call_predict(struct context *c)
{
    double *out = malloc(c->sample.n * c->sample.K * sizeof *out);
    gemml_status status = gemml_predict(c->model, c->data.x, gemml_matrix_f64(out, c->sample.n, c->sample.K));
    if (status == GEMML_OK)
        assert_bits(out, c->expected, c->sample.n * c->sample.K);
    free(out);
    return status;
}

static gemml_status call_score(struct context *c)
{
    gemml_metrics metrics = GEMML_METRICS_INIT;
    metrics.mse = -1;
    gemml_status status = gemml_score(c->model, &c->data, &metrics);
    assert_true((metrics.mse == -1) == (status != GEMML_OK));
    return status;
}

static gemml_status call_loss_gradient(struct context *c)
{
    double loss = -1, gradient[64];
    assert_true((c->sample.p + 1) * c->sample.K <= 64);
    gemml_status status = gemml_loss_gradient(c->model, &c->data, &loss, gradient);
    assert_true((loss == -1) == (status != GEMML_OK));
    return status;
}

static gemml_status call_check(struct context *c)
{
    gemml_normal_equations check = GEMML_NORMAL_EQUATIONS_INIT;
    check.residual = -1;
    gemml_status status = gemml_normal_equation_check(c->model, &c->data, &check);
    assert_true((check.residual == -1) == (status != GEMML_OK));
    return status;
}

static void test_create(void **state)
{
    (void)state;
    struct context c = {0};
    gemml_linear_options_init(&c.options);
    assert_true(fail_each(call_create, &c) > 0);
}

static void fail_all(struct context *c)
{
    assert_true(fail_each(call_fit, c) > 0);
    assert_true(fail_each(call_predict, c) > 0);
    assert_true(fail_each(call_score, c) > 0);
    assert_true(fail_each(call_check, c) > 0);
}

static void test_cholesky(void **state)
{
    (void)state;
    for (int scaling = GEMML_SCALING_NONE; scaling <= GEMML_SCALING_MINMAX; scaling++) {
        gemml_linear_options options = GEMML_LINEAR_OPTIONS_INIT;
        options.scaling = (gemml_scaling)scaling;
        struct context c = context_make(100, 4, 2, &options);
        fail_all(&c);
        assert_true(fail_each(call_loss_gradient, &c) > 0);
        context_free(&c);
    }
}

static void test_cholesky_by_blocks(void **state)
{
    (void)state;
    struct context c = context_make(5000, 4, 1, NULL);
    fail_all(&c);
    context_free(&c);
}

static void test_cholesky_by_tiles(void **state)
{
    (void)state;
    struct context c = context_make(700, 200, 1, NULL);
    assert_true(fail_each(call_fit, &c) > 0);
    assert_true(fail_each(call_predict, &c) > 0);
    context_free(&c);
}

/* Constant, dependent and too many columns, with all the notices that they bring. */
static void test_singular(void **state)
{
    (void)state;
    struct sample s = sample_make(8, 12, 2, 1);
    struct context c = {.sample = s, .data = sample_dataset(&s)};
    for (size_t i = 0; i < 8; i++) {
        s.x[i * 12 + 3] = 5;
        s.x[i * 12 + 7] = 6;
        s.y[i * 2] = 1;
    }
    c.model = fit_model(NULL, &c.data);
    c.expected = predictions_of(c.model, &c.sample);
    fail_all(&c);
    context_free(&c);
}

static void test_descent(void **state)
{
    (void)state;
    const size_t batches[] = {GEMML_AUTO_COUNT, 32};
    for (int dtype = GEMML_F64; dtype <= GEMML_F32; dtype++)
        for (size_t b = 0; b < 2; b++) {
            gemml_linear_options options = descent_options(5);
            options.dtype = (gemml_dtype)dtype;
            options.scaling = GEMML_SCALING_STANDARDIZE;
            options.batch = batches[b];
            struct context c = context_make(100, 4, 2, &options);
            fail_all(&c);
            context_free(&c);
        }
}

/* An allocation that fails on a worker reaches the caller. */
static void test_threads(void **state)
{
    (void)state;
    gemml_linear_options options = descent_options(2);
    for (int solver = GEMML_SOLVER_CHOLESKY; solver <= GEMML_SOLVER_LBFGS; solver++) {
        options.solver = (gemml_solver)solver;
        struct context c = context_make(6000, 3, 1, &options);
        assert_ok(gemml_set_threads(3));
        for (failing_from = 1; failing_from <= 40; failing_from++) { /* their number depends on the threads */
            failing_for_ever = failing_from % 2;
            atomic_store(&allocations, 0);
            memory_fails = decide;
            gemml_status status = call_fit(&c);
            memory_fails = NULL;
            if (atomic_load(&allocations) >= failing_from)
                assert_refused(status, GEMML_ERROR_MEMORY, "memory");
            else
                assert_ok(status);
            assert_as_before(&c);
        }
        assert_ok(gemml_set_threads(1));
        context_free(&c);
    }
}

/* With scratch of the caller's a prediction allocates nothing. */
static void test_scratch_allocates_nothing(void **state)
{
    (void)state;
    gemml_linear_options options = GEMML_LINEAR_OPTIONS_INIT;
    options.scaling = GEMML_SCALING_MINMAX;
    struct context c = context_make(500, 4, 2, &options);
    size_t bytes = gemml_predict_scratch_size(c.model, c.data.x);
    void *scratch = NULL;
    double out[1000];
    assert_int_equal(posix_memalign(&scratch, 64, bytes), 0);
    atomic_store(&allocations, 0);
    failing_from = 1;
    failing_for_ever = true;
    memory_fails = decide;
    gemml_status status = gemml_predict_scratch(c.model, c.data.x, gemml_matrix_f64(out, 500, 2), scratch, bytes);
    memory_fails = NULL;
    assert_ok(status);
    assert_int_equal(atomic_load(&allocations), 0);
    assert_bits(out, c.expected, 1000);
    free(scratch);
    context_free(&c);
}

/* ---- Files ---- */

static gemml_status call_save(struct context *c)
{
    size_t files = count_files(), count;
    gemml_status status = gemml_save(c->model, scratch_path("model.gemml"));
    assert_int_equal(count_files(), files);
    char *bytes = read_file(scratch_path("model.gemml"), &count);
    bool old_stands = count == c->file_bytes && memcmp(bytes, c->file, count) == 0;
    assert_true(old_stands == (status != GEMML_OK));
    write_file("model.gemml", c->file, c->file_bytes); /* for the next time */
    free(bytes);
    return status;
}

static gemml_status call_save_new(struct context *c)
{
    const char *path = scratch_path("new.gemml");
    size_t files = count_files();
    gemml_status status = gemml_save(c->model, path);
    assert_int_equal(count_files(), files + (status == GEMML_OK));
    if (status == GEMML_OK)
        assert_int_equal(remove(path), 0);
    return status;
}

static gemml_status finish_load(struct context *c, gemml_status status, gemml_model *model, gemml_model *untouched)
{
    if (status != GEMML_OK) {
        assert_ptr_equal(model, untouched);
        return status;
    }
    gemml_model *kept = c->model;
    c->model = model;
    memory_fails = NULL; /* the call is over */
    assert_as_before(c);
    c->model = kept;
    gemml_model_free(model);
    return status;
}

static gemml_status call_load(struct context *c)
{
    gemml_model *untouched = (gemml_model *)(void *)c, *model = untouched;
    gemml_status status = gemml_load(&model, scratch_path("model.gemml"));
    size_t made = atomic_load(&allocations);
    status = finish_load(c, status, model, untouched);
    atomic_store(&allocations, made);
    return status;
}

static gemml_status call_load_memory(struct context *c)
{
    gemml_model *untouched = (gemml_model *)(void *)c, *model = untouched;
    gemml_status status = gemml_load_memory(&model, c->file, c->file_bytes);
    size_t made = atomic_load(&allocations);
    status = finish_load(c, status, model, untouched);
    atomic_store(&allocations, made);
    return status;
}

/* The file that is saved over is another model's. */
static void write_old_file(struct context *c)
{
    struct sample s = sample_make(10, 1, 1, 9);
    gemml_dataset data = sample_dataset(&s);
    gemml_model *other = fit_model(NULL, &data);
    free(c->file);
    assert_ok(gemml_save(other, scratch_path("model.gemml")));
    c->file = read_file(scratch_path("model.gemml"), &c->file_bytes);
    gemml_model_free(other);
    sample_free(&s);
}

static void test_files(void **state)
{
    (void)state;
    for (int solver = GEMML_SOLVER_CHOLESKY; solver <= GEMML_SOLVER_LBFGS; solver++) {
        gemml_linear_options options = descent_options(3); /* a history, a notice */
        options.solver = (gemml_solver)solver;
        options.scaling = GEMML_SCALING_STANDARDIZE;
        struct context c = context_make(40, 4, 2, &options);
        write_old_file(&c);
        assert_true(fail_each(call_save, &c) > 0);
        assert_true(fail_each(call_save_new, &c) > 0);
        free(c.file);
        assert_ok(gemml_save(c.model, scratch_path("model.gemml")));
        c.file = read_file(scratch_path("model.gemml"), &c.file_bytes);
        assert_true(fail_each(call_load, &c) > 0);
        assert_true(fail_each(call_load_memory, &c) > 0);
        context_free(&c);
    }
}

/* ---- Tables ---- */

static const char csv[] = "size;\"a \"\"quoted\"\" name\";w;price\r\n1;0.5;1;10\r\n2;0.25;2;19\r\n3;-1;1;33\r\n"
                          "4;7.5;1;41\r\n";

static gemml_status call_table_read(struct context *c)
{
    gemml_table *untouched = (gemml_table *)(void *)c, *table = untouched;
    gemml_status status = gemml_table_read(&table, scratch_path("table.csv"));
    if (status == GEMML_OK)
        gemml_table_free(table);
    else
        assert_ptr_equal(table, untouched);
    return status;
}

static gemml_status call_schema_create(struct context *c)
{
    gemml_schema *untouched = (gemml_schema *)(void *)c, *schema = untouched;
    gemml_schema_options options = GEMML_SCHEMA_OPTIONS_INIT;
    options.target = "price";
    options.weight = "w";
    options.features = "size,1";
    gemml_status status = gemml_schema_create(&schema, c->table, &options);
    if (status == GEMML_OK)
        gemml_schema_free(schema);
    else
        assert_ptr_equal(schema, untouched);
    return status;
}

static gemml_status call_encode(struct context *c)
{
    gemml_frame *untouched = (gemml_frame *)(void *)c, *frame = untouched;
    gemml_status status = gemml_encode(&frame, c->schema, c->table, GEMML_ENCODE_LEARN);
    if (status == GEMML_OK)
        gemml_frame_free(frame);
    else
        assert_ptr_equal(frame, untouched);
    return status;
}

static gemml_status call_set_schema(struct context *c)
{
    const gemml_schema *before = gemml_model_schema(c->model);
    gemml_status status = gemml_model_set_schema(c->model, c->schema);
    if (status != GEMML_OK)
        assert_ptr_equal(gemml_model_schema(c->model), before);
    return status;
}

static void test_tables(void **state)
{
    (void)state;
    struct context c = {0};
    gemml_schema_options options = GEMML_SCHEMA_OPTIONS_INIT;
    options.target = "price";
    options.drop = "w";
    write_text("table.csv", csv);
    assert_true(fail_each(call_table_read, &c) > 0);
    assert_ok(gemml_table_read(&c.table, scratch_path("table.csv")));
    assert_true(fail_each(call_schema_create, &c) > 0);
    assert_ok(gemml_schema_create(&c.schema, c.table, &options));
    assert_true(fail_each(call_encode, &c) > 0);
    context_free(&c);
}

/* A model with a schema is saved and loaded with it. */
static void test_model_with_schema(void **state)
{
    (void)state;
    struct context c = context_make(20, 2, 1, NULL);
    gemml_schema_options options = GEMML_SCHEMA_OPTIONS_INIT;
    options.target = "price";
    options.drop = "w";
    assert_ok(gemml_table_read(&c.table, write_text("table.csv", csv)));
    assert_ok(gemml_schema_create(&c.schema, c.table, &options));
    assert_true(fail_each(call_set_schema, &c) > 0);
    write_old_file(&c);
    assert_true(fail_each(call_save, &c) > 0);
    free(c.file);
    assert_ok(gemml_save(c.model, scratch_path("model.gemml")));
    c.file = read_file(scratch_path("model.gemml"), &c.file_bytes);
    assert_true(fail_each(call_load_memory, &c) > 0);
    assert_true(fail_each(call_fit, &c) > 0);
    assert_non_null(gemml_model_schema(c.model));
    context_free(&c);
}

/* In the order in which they are made, allocations are the same in each run. */
static int one_thread(void **state)
{
    (void)state;
    return gemml_set_threads(1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_create),
        cmocka_unit_test(test_cholesky),
        cmocka_unit_test(test_cholesky_by_blocks),
        cmocka_unit_test(test_cholesky_by_tiles),
        cmocka_unit_test(test_singular),
        cmocka_unit_test(test_descent),
        cmocka_unit_test(test_threads),
        cmocka_unit_test(test_scratch_allocates_nothing),
        cmocka_unit_test(test_files),
        cmocka_unit_test(test_tables),
        cmocka_unit_test(test_model_with_schema),
    };
    return cmocka_run_group_tests(tests, one_thread, NULL);
}

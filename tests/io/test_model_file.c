/* A model comes back from its file as it was, to the bit; equal models give equal
 * files; and when anything fails, nothing is left behind. */
#include "io/model_fixture.h"

#include <dirent.h>
#include <fcntl.h>
#include <float.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Stands in for libc's read, and does what it does unless told otherwise. */
static struct reads {
    size_t interrupted; /* calls that a signal interrupts first */
    size_t most;        /* bytes that one call brings; 0: all */
    bool failing;       /* after `after` calls; error 0: the end of the file */
    size_t after;
    int error;
    int stat_error; /* of fstat, which stands in too; 0: none */
    bool no_size;   /* fstat gives a size that no file has */
} reads;

ssize_t read(int file, void *bytes, size_t count)
{
    bool interrupted = reads.interrupted > 0;
    reads.interrupted -= interrupted;
    if (interrupted || (reads.failing && reads.after-- == 0)) {
        errno = interrupted ? EINTR : reads.error;
        return errno ? -1 : 0;
    }
    return syscall(SYS_read, file, bytes, reads.most > 0 && count > reads.most ? reads.most : count);
}

int fstat(int file, struct stat *status)
{
    errno = reads.stat_error;
    int result = reads.stat_error ? -1 : fstatat(file, "", status, AT_EMPTY_PATH);
    if (reads.no_size)
        status->st_size = -1;
    return result;
}

/* ---- Equal to the bit, but that a NaN is a NaN --------------------------------- */

static void same_numbers(const double *a, const double *b, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (memcmp(&a[i], &b[i], sizeof *a) != 0 && !(isnan(a[i]) && isnan(b[i])))
            fail_msg("number %zu of %zu: %.17g is not %.17g", i, count, a[i], b[i]);
}

static void same_arrays(const double *a, const double *b, size_t count)
{
    assert_int_equal(a != NULL, b != NULL);
    if (a)
        same_numbers(a, b, count);
}

static void same_chains(const struct chain *a, const struct chain *b)
{
    assert_int_equal(a->layers, b->layers);
    assert_int_equal(a->parameters, b->parameters);
    assert_int_equal(a->loss, b->loss);
    for (size_t l = 0; l < a->layers; l++) {
        const struct layer *x = &a->layer[l], *y = &b->layer[l];
        assert_true(x->inputs == y->inputs && x->outputs == y->outputs && x->activation == y->activation &&
                    x->bias == y->bias && x->weight_offset == y->weight_offset && x->bias_offset == y->bias_offset);
    }
}

static void same_records(const struct fit_record *a, const struct fit_record *b)
{
    assert_true(a->outcome == b->outcome && a->solver == b->solver && a->epochs == b->epochs &&
                a->iterations == b->iterations && a->best_epoch == b->best_epoch);
    same_numbers((double[]){a->objective, a->loss, a->l2}, (double[]){b->objective, b->loss, b->l2}, 3);
    assert_int_equal(a->l2_path_count, b->l2_path_count);
    same_arrays(a->l2_path, b->l2_path, 2 * a->l2_path_count);
    assert_int_equal(a->loss_history_count, b->loss_history_count);
    same_arrays(a->loss_history, b->loss_history, a->loss_history_count);
    assert_string_equal(a->notice ? a->notice : "", b->notice ? b->notice : "");
}

static void same_inverses(const struct inverse_root *a, const struct inverse_root *b)
{
    assert_true(a->inputs == b->inputs && a->rank == b->rank);
    same_arrays(a->center, b->center, a->inputs);
    same_arrays(a->scale, b->scale, a->inputs);
    same_arrays(a->root, b->root, a->inputs * a->rank);
}

static void same_summaries(struct summary_record *a, struct summary_record *b, size_t inputs, size_t outputs)
{
    double **x[SUMMARY_VECTORS], **y[SUMMARY_VECTORS];
    summary_vectors(a, x);
    summary_vectors(b, y);
    assert_true(a->rows == b->rows && a->rank == b->rank && a->freedom == b->freedom);
    same_numbers(
        (double[]){a->sum_weight, a->condition, a->normal_equation_residual, a->closed_form_distance, a->null_deviance},
        (double[]){b->sum_weight, b->condition, b->normal_equation_residual, b->closed_form_distance, b->null_deviance},
        5);
    for (size_t i = 0; i < SUMMARY_VECTORS; i++)
        same_arrays(*x[i], *y[i], outputs);
    same_arrays(a->std_error, b->std_error, (inputs + 1) * outputs);
    assert_int_equal(a->robust, b->robust);
    same_arrays(a->robust_error, b->robust_error, (inputs + 1) * outputs);
    same_inverses(&a->inverse, &b->inverse);
    assert_int_equal(a->aliased_count, b->aliased_count);
    assert_int_equal(a->aliased != NULL, b->aliased != NULL);
    for (size_t i = 0; i < a->aliased_count; i++)
        assert_int_equal(a->aliased[i], b->aliased[i]);
}

static void same_options(const gemml_linear_options *a, const gemml_linear_options *b)
{
    assert_int_equal(b->struct_size, sizeof *b);
    assert_true(a->solver == b->solver && a->scaling == b->scaling && a->dtype == b->dtype &&
                !a->intercept == !b->intercept && a->patience == b->patience && a->epochs == b->epochs &&
                a->max_iterations == b->max_iterations && a->batch == b->batch && a->seed == b->seed);
    same_numbers((double[]){a->l2, a->tolerance, a->rate}, (double[]){b->l2, b->tolerance, b->rate}, 3);
}

static void same_schemas(const gemml_schema *a, const gemml_schema *b)
{
    assert_int_equal(a != NULL, b != NULL);
    if (!a)
        return;
    char *x, *y;
    must(schema_to_json(&x, a));
    must(schema_to_json(&y, b));
    assert_string_equal(x, y);
    memory_free(x);
    memory_free(y);
}

static void same_models(const struct gemml_model *a, const struct gemml_model *b)
{
    struct fitted *x = a->fitted, *y = b->fitted;
    assert_int_equal(a->kind, b->kind);
    assert_true(b->seconds == 0);
    same_options(&a->linear, &b->linear);
    same_chains(&x->chain, &y->chain);
    assert_int_equal(x->dtype, y->dtype);
    assert_memory_equal(x->parameters, y->parameters, x->chain.parameters * dtype_size(x->dtype));
    assert_int_equal(x->map.inputs, y->map.inputs);
    same_arrays(x->map.shift, y->map.shift, x->map.inputs);
    same_arrays(x->map.scale, y->map.scale, x->map.inputs);
    same_records(&x->record, &y->record);
    same_summaries(&x->summary, &y->summary, chain_inputs(&x->chain), chain_outputs(&x->chain));
    same_schemas(a->schema, b->schema);
}

/* ---- Round trips --------------------------------------------------------------- */

/* Through a file and back, and through memory. */
static void round_trip(const struct gemml_model *model)
{
    const char *path = scratch_path("model.gemml");
    struct gemml_model *loaded = NULL, *parsed = NULL;
    must(model_file_save(model, path));
    must(model_file_load(&loaded, path));
    same_models(model, loaded);
    size_t count, again_count;
    unsigned char *bytes = (unsigned char *)read_file(path, &count);
    must(model_file_parse(&parsed, bytes, count, "memory"));
    memset(bytes, 0xAA, count); /* nothing of it is kept */
    same_models(model, parsed);
    free(bytes);
    bytes = (unsigned char *)read_file(path, &count);
    unsigned char *again = saved_bytes(loaded, &again_count);
    assert_int_equal(count, again_count);
    assert_memory_equal(bytes, again, count);
    free(bytes);
    free(again);
    free_model(loaded);
    free_model(parsed);
}

static void test_round_trip(void **state)
{
    (void)state;
    for (size_t i = 0; i < FORMS; i++) {
        struct gemml_model *model = make_model(&forms[i]);
        round_trip(model);
        free_model(model);
    }
}

/* Values at the ends of their ranges, and each enum's last name. */
static void test_extreme_values(void **state)
{
    (void)state;
    struct gemml_model *model = make_model(&forms[0]);
    gemml_linear_options *options = &model->linear;
    options->solver = GEMML_SOLVER_DESCENT, options->scaling = GEMML_SCALING_MINMAX_ALL;
    options->range_low = -DBL_MAX, options->range_high = 5e-324, options->target_scaling = GEMML_SCALING_MINMAX;
    options->l2 = NAN, options->tolerance = INFINITY, options->rate = 5e-324;
    options->patience = 0, options->epochs = SIZE_MAX - 1, options->max_iterations = (size_t)INT64_MAX + 1;
    options->batch = 1, options->seed = UINT64_MAX;
    round_trip(model);
    options->l2 = DBL_MAX, options->tolerance = 0, options->rate = INFINITY;
    options->seed = INT64_MAX, options->max_iterations = INT64_MAX, options->intercept = 2;
    for (int outcome = GEMML_CONVERGED; outcome <= GEMML_DIVERGED; outcome++) {
        model->fitted->record.outcome = (gemml_outcome)outcome;
        round_trip(model);
    }
    model->fitted->record.epochs = SIZE_MAX;
    model->fitted->record.objective = INFINITY;
    model->fitted->record.loss = -0.0;
    model->fitted->summary.rank = 4;
    model->fitted->summary.rows = 1;
    model->fitted->summary.freedom = 0;
    model->fitted->summary.condition = INFINITY;
    round_trip(model);
    free_model(model);
}

static double other_nan(uint64_t bits)
{
    double value;
    memcpy(&value, &bits, sizeof value);
    assert_true(isnan(value));
    return value;
}

/* Equal models, made apart; what depends on the run, and which NaN it is, do not show. */
static void test_equal_files(void **state)
{
    (void)state;
    for (size_t i = 0; i < FORMS; i++) {
        struct gemml_model *a = make_model(&forms[i]), *b = make_model(&forms[i]);
        b->seconds = 12.5;
        b->fitted->summary.sigma[forms[i].outputs - 1] = other_nan(0xFFF8000000000123u);
        b->fitted->summary.closed_form_distance = other_nan(0x7FF0000000000001u);
        b->linear.intercept = forms[i].bias ? 7 : 0;
        size_t a_count, b_count;
        unsigned char *x = saved_bytes(a, &a_count), *y = saved_bytes(b, &b_count);
        assert_int_equal(a_count, b_count);
        assert_memory_equal(x, y, a_count);
        free(y);
        double *first = &b->fitted->record.loss; /* and what is not equal shows */
        *first = nextafter(*first, 1);
        y = saved_bytes(b, &b_count);
        assert_true(a_count == b_count && memcmp(x, y, a_count) != 0);
        free(x);
        free(y);
        free_model(a);
        free_model(b);
    }
}

/* A notice may quote a column's name that is not UTF-8: it must not keep the model
 * from being saved. */
static void test_notice_in_latin1(void **state)
{
    (void)state;
    struct gemml_model *model = make_model(&forms[2]), *loaded = NULL;
    must(memory_string(&model->fitted->record.notice, "caf\xe9 is constant"));
    must(model_file_save(model, scratch_path("latin.gemml")));
    must(model_file_load(&loaded, scratch_path("latin.gemml")));
    assert_string_equal(loaded->fitted->record.notice, "caf? is constant");
    free_model(model);
    free_model(loaded);
}

/* ---- Files --------------------------------------------------------------------- */

static void cannot_load(const char *path, gemml_status expected, const char *words)
{
    struct gemml_model *model = NULL;
    assert_int_equal(model_file_load(&model, path), expected);
    assert_null(model);
    says(error_text(), words);
    says(error_text(), path[0] ? path : "an empty path");
}

static void test_unreadable_files(void **state)
{
    (void)state;
    cannot_load(scratch_path("missing.gemml"), GEMML_ERROR_IO, "cannot be read: No such file or directory");
    cannot_load(scratch_directory(), GEMML_ERROR_IO, "it is a directory");
    cannot_load("", GEMML_ERROR_IO, "No such file or directory");
    cannot_load("/dev/null", GEMML_ERROR_IO, "it is not a regular file");
    assert_int_equal(mkfifo(scratch_path("pipe"), 0600), 0);
    cannot_load(scratch_path("pipe"), GEMML_ERROR_IO, "it is not a regular file"); /* and does not wait */
    cannot_load(write_text("empty.gemml", ""), GEMML_ERROR_FORMAT, "is empty");
    cannot_load(write_text("short.gemml", "12345"), GEMML_ERROR_FORMAT, "it has only 5 bytes");
    cannot_load(write_text("table.csv", "a,b\n1,2\n3,4\n5,6\n7,8\n"), GEMML_ERROR_FORMAT, "is not a gemml model");
    const char *closed = write_text("closed.gemml", "text");
    if (geteuid() != 0) {
        assert_int_equal(chmod(closed, 0), 0);
        cannot_load(closed, GEMML_ERROR_IO, "Permission denied");
    }
}

/* A file that is far larger than memory, but cannot be a model, is not read. */
static void test_huge_file(void **state)
{
    (void)state;
    const char *path = write_text("huge.gemml", "");
    if (truncate(path, (off_t)1 << 42) != 0)
        skip(); /* a file system without holes */
    cannot_load(path, GEMML_ERROR_FORMAT, "its header would take 0 of 4398046511104 bytes");
    assert_int_equal(truncate(path, 0), 0);
}

/* Reads that a signal interrupts, that bring a byte at a time, that fail. */
static void test_failing_reads(void **state)
{
    (void)state;
    struct gemml_model *model = make_model(&forms[0]), *loaded = NULL;
    const char *path = scratch_path("slow.gemml");
    must(model_file_save(model, path));
    reads = (struct reads){.interrupted = 3, .most = 7};
    must(model_file_load(&loaded, path));
    same_models(model, loaded);
    free_model(loaded);
    for (size_t after = 0; after < 2; after++) {
        reads = (struct reads){.failing = true, .after = after, .error = EIO};
        cannot_load(path, GEMML_ERROR_IO, "cannot be read: Input/output error");
        reads = (struct reads){.failing = true, .after = after};
        cannot_load(path, GEMML_ERROR_IO, "it became shorter while it was read");
    }
    reads = (struct reads){.stat_error = EOVERFLOW};
    cannot_load(path, GEMML_ERROR_IO, "cannot be read: Value too large");
    reads = (struct reads){.no_size = true};
    cannot_load(path, GEMML_ERROR_IO, "it is too large for this machine");
    reads = (struct reads){0};
    free_model(model);
}

static void test_unwritable_files(void **state)
{
    (void)state;
    struct gemml_model *model = make_model(&forms[0]);
    const char *const paths[] = {scratch_path("no/such/folder/model.gemml"), scratch_directory(), "/dev/full"};
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(model_file_save(model, paths[i]), GEMML_ERROR_IO);
        says(error_text(), paths[i]);
    }
    free_model(model);
}

/* ---- Memory -------------------------------------------------------------------- */

static size_t files_in(const char *folder)
{
    DIR *open = opendir(folder);
    assert_non_null(open);
    size_t count = 0;
    while (readdir(open))
        count++;
    closedir(open);
    return count;
}

/* Each allocation fails, once or from then on: no leak (valgrind and the leak
 * sanitizer look), the old file as it was, nothing beside it. */
static void test_no_memory_to_save(void **state)
{
    (void)state;
    struct gemml_model *old = make_model(&forms[2]), *model = make_model(&forms[0]);
    const char *path = scratch_path("kept.gemml");
    must(model_file_save(old, path));
    size_t count, now_count, files = files_in(scratch_directory());
    char *bytes = read_file(path, &count);
    for (int for_ever = 0; for_ever < 2; for_ever++) {
        gemml_status status = GEMML_ERROR_MEMORY;
        size_t k = 0;
        for (; status != GEMML_OK; k++) {
            start_failing(k, for_ever);
            status = model_file_save(model, path);
            stop_failing();
            assert_int_equal(files_in(scratch_directory()), files);
            if (status == GEMML_OK)
                break;
            assert_int_equal(status, GEMML_ERROR_MEMORY);
            says(error_text(), "out of memory");
            char *now = read_file(path, &now_count);
            assert_int_equal(now_count, count);
            assert_memory_equal(now, bytes, count);
            free(now);
        }
        assert_true(k > 50);
        must(model_file_save(old, path));
    }
    free(bytes);
    free_model(old);
    free_model(model);
}

static void test_no_memory_to_load(void **state)
{
    (void)state;
    struct gemml_model *model = make_model(&forms[0]);
    const char *path = scratch_path("loaded.gemml");
    must(model_file_save(model, path));
    for (int for_ever = 0; for_ever < 2; for_ever++) {
        gemml_status status = GEMML_ERROR_MEMORY;
        size_t k = 0;
        for (; status != GEMML_OK; k++) {
            struct gemml_model *loaded = NULL;
            start_failing(k, for_ever);
            status = model_file_load(&loaded, path);
            stop_failing();
            assert_int_equal(status == GEMML_OK, loaded != NULL);
            if (status == GEMML_OK)
                same_models(model, loaded);
            else if (status != GEMML_ERROR_MEMORY)
                fail_msg("allocation %zu: status %d: %s", k, status, error_text());
            free_model(loaded);
        }
        assert_true(k > 20);
    }
    free_model(model);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_round_trip),        cmocka_unit_test(test_extreme_values),
        cmocka_unit_test(test_equal_files),       cmocka_unit_test(test_notice_in_latin1),
        cmocka_unit_test(test_unreadable_files),  cmocka_unit_test(test_huge_file),
        cmocka_unit_test(test_failing_reads),     cmocka_unit_test(test_unwritable_files),
        cmocka_unit_test(test_no_memory_to_save), cmocka_unit_test(test_no_memory_to_load),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

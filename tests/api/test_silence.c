/* The library prints nothing and ends no process: calls of all kinds, failing and
 * not, in a child whose standard output and error are a file. */
#include "sample.h"

#include <sys/wait.h>
#include <unistd.h>

static void use_the_library(void)
{
    struct sample s = sample_make(300, 4, 2, 1), bad = sample_make(300, 4, 2, 1);
    gemml_dataset data = sample_dataset(&s), nan = sample_dataset(&bad), shapeless = data, huge = data;
    gemml_model *model = NULL, *other = NULL;
    gemml_fit_info info = GEMML_FIT_INFO_INIT;
    gemml_metrics metrics = GEMML_METRICS_INIT;
    gemml_linear_options options = GEMML_LINEAR_OPTIONS_INIT;
    double *out = malloc(300 * 2 * sizeof *out);
    gemml_matrix to = gemml_matrix_f64(out, 300, 2);
    bad.x[5] = NAN;
    bad.y[7] = INFINITY;
    shapeless.y.rows = 3;
    huge.x.rows = huge.y.rows = SIZE_MAX / 2;

    options.l2 = -1;
    (void)gemml_linear_create(&model, &options);
    (void)gemml_linear_create(&model, NULL);
    (void)gemml_predict(model, data.x, to);
    (void)gemml_fit(model, &nan, NULL, &info);
    (void)gemml_fit(model, &shapeless, NULL, &info);
    (void)gemml_fit(model, &huge, NULL, &info);
    (void)gemml_fit(NULL, NULL, NULL, NULL);
    (void)gemml_fit(model, &data, NULL, &info);
    (void)gemml_predict(model, data.x, to);
    (void)gemml_predict(model, nan.x, to);
    (void)gemml_predict(model, gemml_view_f64(s.x, 300, 3), to);
    (void)gemml_score(model, &nan, &metrics);
    (void)gemml_normal_equation_check(model, &data, NULL);
    (void)gemml_normal_equation_check(model, &nan, NULL);
    (void)gemml_save(model, scratch_path("silence/absent.gemml"));
    (void)gemml_save(model, scratch_path("silence.gemml"));
    (void)gemml_load(&other, scratch_path("silence.gemml"));
    gemml_model_free(other);
    other = NULL;
    (void)gemml_load(&other, scratch_path("not.there"));
    (void)gemml_load_memory(&other, "not a model", 11);
    gemml_model_free(model);

    /* What makes LAPACK complain, and what diverges. */
    for (size_t i = 0; i < 300; i++)
        s.x[i * 4 + 3] = s.x[i * 4 + 1] = s.x[i * 4];
    options = descent_options(1000);
    options.rate = 1e10;
    model = fit_model(NULL, &data);
    gemml_model_free(model);
    model = fit_model(&options, &data);
    gemml_model_free(model);
    s.x[0] = 1e308;
    (void)gemml_linear_create(&model, NULL);
    (void)gemml_fit(model, &data, NULL, NULL);
    gemml_model_free(model);
    free(out);
    sample_free(&s);
    sample_free(&bad);
}

static void use_tables(void)
{
    gemml_table *table = NULL;
    gemml_schema *schema = NULL;
    gemml_frame *frame = NULL;
    gemml_schema_options options = GEMML_SCHEMA_OPTIONS_INIT;
    (void)gemml_table_read(&table, scratch_path("absent.csv"));
    (void)gemml_table_read(&table, write_text("ragged.csv", "a,b\n1,2\n3\n"));
    (void)gemml_table_read(&table, write_text("empty.csv", ""));
    (void)gemml_table_read(&table, write_text("good.csv", "a,b,y\n1,2,3\n3,4,4\n5,1,2\n"));
    options.target = "nobody";
    (void)gemml_schema_create(&schema, table, &options);
    options.target = "y";
    (void)gemml_schema_create(&schema, table, &options);
    (void)gemml_encode(&frame, schema, table, (gemml_encode_purpose)9);
    (void)gemml_encode(&frame, schema, table, GEMML_ENCODE_LEARN);
    gemml_frame_free(frame);
    gemml_schema_free(schema);
    gemml_table_free(table);
}

/* What a function prints, run in a child so that an exit() would be seen. */
static char *printed_by(void (*use)(void), const char *name, size_t *count)
{
    enum { RAN_TO_THE_END = 42 };
    const char *path = scratch_path(name);
    int status;
    fflush(NULL);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        if (!freopen(path, "w", stdout) || dup2(fileno(stdout), STDERR_FILENO) < 0)
            _exit(1);
        use();
        fflush(NULL);
        leave_process(RAN_TO_THE_END);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), RAN_TO_THE_END);
    return read_file(path, count);
}

static void assert_silent(void (*use)(void), const char *name)
{
    size_t count;
    char *printed = printed_by(use, name, &count);
    if (count > 0)
        fail_msg("printed: %s", printed);
    free(printed);
}

static void test_models(void **state)
{
    (void)state;
    assert_silent(use_the_library, "models.txt");
}

static void test_tables(void **state)
{
    (void)state;
    assert_silent(use_tables, "tables.txt");
}

static void print_on_both(void)
{
    printf("words");
    fflush(stdout);
    fprintf(stderr, " and words");
}

/* It would be seen. */
static void test_what_is_printed_is_seen(void **state)
{
    (void)state;
    char *printed = printed_by(print_on_both, "words.txt", NULL);
    assert_string_equal(printed, "words and words");
    free(printed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_is_printed_is_seen),
        cmocka_unit_test(test_models),
        cmocka_unit_test(test_tables),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

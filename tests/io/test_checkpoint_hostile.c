/* A checkpoint that was altered, cut short, or is of another run is refused: a status and a sentence, and the model
 * is as it was. With the digest made anew, so that what it protects is read, nothing breaks either. Under the address
 * sanitizer and valgrind this shows more. */
#include <xxhash.h>

#include "api/network.h"

enum { EPOCHS = 2, DIGEST = 8 };

static gemml_mlp_options run_options(void)
{
    static const size_t hidden[] = {3};
    gemml_mlp_options options = GEMML_MLP_OPTIONS_INIT;
    options.hidden = hidden;
    options.hidden_count = 1;
    options.epochs = EPOCHS + 1;
    options.batch = 8;
    options.seed = 4;
    return options;
}

struct run {
    struct sample sample;
    gemml_dataset data, valid;
    char *bytes; /* of the checkpoint after two epochs of three */
    size_t count;
};

static gemml_fit_options fit_options(const struct run *run, int resume)
{
    gemml_fit_options options = GEMML_FIT_OPTIONS_INIT;
    options.checkpoint = scratch_path("run.checkpoint");
    options.valid = &run->valid;
    options.record = 1;
    options.resume = resume;
    return options;
}

static struct run run_make(size_t rows)
{
    struct run run = {.sample = sample_make(rows, 2, 1, 5)};
    gemml_mlp_options options = run_options();
    run.data = sample_dataset(&run.sample);
    run.valid = run.data;
    gemml_fit_options fit = fit_options(&run, 0);
    options.epochs = EPOCHS;
    remove(fit.checkpoint);
    gemml_model_free(fit_mlp(&options, &run.data, &fit));
    run.bytes = read_file(fit.checkpoint, &run.count);
    return run;
}

static void run_free(struct run *run)
{
    free(run->bytes);
    sample_free(&run->sample);
}

/* Resumes from these bytes; the model's predictions, if it is fitted, must be finite. */
static gemml_status resume(const struct run *run, const void *bytes, size_t count)
{
    gemml_mlp_options options = run_options();
    gemml_fit_options fit = fit_options(run, 1);
    gemml_model *model = new_mlp(&options);
    remove(fit.checkpoint); /* to truncate a file may wait for the disk */
    write_file("run.checkpoint", bytes, count);
    gemml_status status = gemml_fit(model, &run->data, &fit, NULL);
    assert_true(model_info(model).fitted == (status == GEMML_OK));
    if (status != GEMML_OK)
        assert_true(strlen(gemml_last_error()) > 0);
    gemml_model_free(model);
    return status;
}

static void the_whole_file_goes_on(void **state)
{
    struct run run = run_make(30);
    (void)state;
    assert_int_equal(resume(&run, run.bytes, run.count), GEMML_OK);
    run_free(&run);
}

static void files_cut_short_are_refused(void **state)
{
    struct run run = run_make(30);
    (void)state;
    for (size_t count = 0; count < run.count; count++)
        assert_int_equal(resume(&run, run.bytes, count), GEMML_ERROR_FORMAT);
    char *longer = calloc(run.count + 1, 1);
    memcpy(longer, run.bytes, run.count);
    assert_int_equal(resume(&run, longer, run.count + 1), GEMML_ERROR_FORMAT);
    free(longer);
    run_free(&run);
}

static void a_flipped_bit_is_noticed(void **state)
{
    struct run run = run_make(30);
    (void)state;
    for (size_t i = 0; i < run.count; i++) {
        run.bytes[i] = (char)(run.bytes[i] ^ (1 << (i % 8)));
        gemml_status status = resume(&run, run.bytes, run.count);
        if (status == GEMML_OK || status == GEMML_ERROR_MEMORY)
            fail_msg("byte %zu of %zu: %s", i, run.count, gemml_status_string(status));
        run.bytes[i] = (char)(run.bytes[i] ^ (1 << (i % 8)));
    }
    run_free(&run);
}

/* The digest is the last 8 bytes, little-endian, of all before. */
static void renew_digest(struct run *run)
{
    uint64_t made = XXH64(run->bytes, run->count - DIGEST, 0);
    for (size_t b = 0; b < DIGEST; b++)
        run->bytes[run->count - DIGEST + b] = (char)(made >> (8 * b));
}

/* Whatever a byte was changed to, the run is refused
 * or goes on, with numbers of its own; it does not break. */
static void behind_the_digest_nothing_breaks(void **state)
{
    const unsigned char values[] = {0, 0x7f, 0x80, 0xff};
    struct run run = run_make(30);
    size_t refused = 0;
    (void)state;
    const size_t step = getenv("GEMML_FULL") ? 1 : 11; /* what goes on writes, and syncs, checkpoints of its own */
    for (size_t i = 8; i + DIGEST < run.count; i += step) {
        char kept = run.bytes[i];
        run.bytes[i] = (char)values[i % sizeof values];
        renew_digest(&run);
        refused += resume(&run, run.bytes, run.count) != GEMML_OK;
        run.bytes[i] = kept;
    }
    assert_true(refused > 20);
    run_free(&run);
}

/* What a version wrote that took many rows in another order, or did not say in which, is not gone on from. */
static void another_order_of_rows_is_refused(void **state)
{
    const char *const words[] = {"row_order", "feistel-8"};
    struct run run = run_make(((size_t)1 << 16) + 1), few = run_make((size_t)1 << 16);
    (void)state;
    assert_null(memmem(few.bytes, few.count, words[0], strlen(words[0])));
    assert_int_equal(resume(&run, run.bytes, run.count), GEMML_OK);
    for (size_t i = 0; i < 2; i++) {
        char *word = memmem(run.bytes, run.count, words[i], strlen(words[i]));
        assert_non_null(word);
        word[0] = 'x';
        renew_digest(&run);
        assert_int_equal(resume(&run, run.bytes, run.count), GEMML_ERROR_ARGUMENT);
        assert_non_null(strstr(gemml_last_error(), "takes 65537 rows in another order"));
        word[0] = words[i][0];
    }
    run_free(&run);
    run_free(&few);
}

/* Each of these is another run; the sentence names what differs. */
static void other_runs_are_refused(void **state)
{
    static const size_t wider[] = {4};
    struct run run = run_make(30);
    const char *const words[] = {"hidden", "seed", "optimizer", "batch", "dtype", "l2"};
    (void)state;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        gemml_mlp_options options = run_options();
        gemml_fit_options fit = fit_options(&run, 1);
        options.hidden = i == 0 ? wider : options.hidden;
        options.seed = i == 1 ? 5 : options.seed;
        options.optimizer = i == 2 ? GEMML_OPTIMIZER_ADAMW : options.optimizer;
        options.batch = i == 3 ? 9 : options.batch;
        options.dtype = i == 4 ? GEMML_F64 : options.dtype;
        options.l2 = i == 5 ? 1 : 0;
        gemml_model *model = new_mlp(&options);
        write_file("run.checkpoint", run.bytes, run.count);
        assert_refused(gemml_fit(model, &run.data, &fit, NULL), GEMML_ERROR_ARGUMENT, words[i]);
        gemml_model_free(model);
    }
    run.sample.y[3] += 1; /* other data */
    assert_int_equal(resume(&run, run.bytes, run.count), GEMML_ERROR_ARGUMENT);
    run.sample.y[3] -= 1;
    gemml_model *linear = new_model(NULL);
    assert_ok(gemml_fit(linear, &run.data, NULL, NULL));
    assert_ok(gemml_save(linear, scratch_path("model.gemml"))); /* a model is no checkpoint */
    size_t count;
    char *bytes = read_file(scratch_path("model.gemml"), &count);
    assert_int_equal(resume(&run, bytes, count), GEMML_ERROR_FORMAT);
    assert_non_null(strstr(gemml_last_error(), "not a checkpoint"));
    free(bytes);
    gemml_model_free(linear);
    run_free(&run);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_whole_file_goes_on),   cmocka_unit_test(files_cut_short_are_refused),
        cmocka_unit_test(a_flipped_bit_is_noticed), cmocka_unit_test(behind_the_digest_nothing_breaks),
        cmocka_unit_test(other_runs_are_refused),   cmocka_unit_test(another_order_of_rows_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

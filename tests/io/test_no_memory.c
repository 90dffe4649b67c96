/* Files of networks, of logistic regressions and of checkpoints, written and read while memory
 * runs out: allocation k fails, once or with all behind it, for k = 0, 1, ... until nothing
 * fails any more. Each time the status is MEMORY, or the result is the very one of an
 * undisturbed call; what a file held is whole. */
#include "io/checkpoint_fixture.h"
#include "io/network_fixture.h"

#include <dlfcn.h>

/* The digest's state is an allocation too. */
XXH64_state_t *XXH64_createState(void)
{
    XXH64_state_t *(*original)(void);
    *(void **)&original = dlsym(RTLD_NEXT, "XXH64_createState");
    return memory_fails && allocation_fails(1) ? NULL : original();
}

/* A call that can fail, and what must hold behind it. */
struct work {
    gemml_status (*run)(void *context);
    void (*check)(void *context, gemml_status status);
    void *context;
};

/* Gives how many allocations there are. */
static size_t sweep(struct work work)
{
    size_t k = 0;
    for (int for_ever = 0; for_ever < 2; for_ever++) {
        gemml_status status = GEMML_ERROR_MEMORY;
        for (k = 0; status != GEMML_OK || allocations > k; k++) {
            start_failing(k, for_ever);
            status = work.run(work.context);
            stop_failing();
            if (status != GEMML_OK && status != GEMML_ERROR_MEMORY)
                fail_msg("allocation %zu: status %d: %s", k, status, error_text());
            if (status != GEMML_OK)
                says(error_text(), "out of memory");
            work.check(work.context, status);
        }
    }
    return k;
}

static void holds(const char *path, const unsigned char *bytes, size_t count)
{
    size_t now;
    char *there = read_file(path, &now);
    assert_int_equal(now, count);
    assert_memory_equal(there, bytes, count);
    free(there);
}

/* ---- Models ---------------------------------------------------------------------- */

struct model_file {
    const gemml_model *model;
    gemml_model *loaded;
    const char *path;
    unsigned char *bytes; /* that the file must hold */
    size_t count;
};

static gemml_status save_model(void *context)
{
    const struct model_file *file = context;
    return gemml_save(file->model, file->path);
}

/* The old file, which is empty, or the new one. */
static void check_saved(void *context, gemml_status status)
{
    const struct model_file *file = context;
    holds(file->path, file->bytes, status == GEMML_OK ? file->count : 0);
    write_file("model.gemml", "", 0);
}

static gemml_status load_model(void *context)
{
    struct model_file *file = context;
    file->loaded = NULL;
    return gemml_load_memory(&file->loaded, file->bytes, file->count);
}

static void check_loaded(void *context, gemml_status status)
{
    const struct model_file *file = context;
    assert_int_equal(file->loaded != NULL, status == GEMML_OK);
    if (!file->loaded)
        return;
    assert_ok(gemml_save(file->loaded, file->path));
    holds(file->path, file->bytes, file->count);
    gemml_model_free(file->loaded);
}

static void try_model(const gemml_model *model)
{
    struct model_file file = {.model = model, .path = scratch_path("model.gemml")};
    assert_ok(gemml_save(model, file.path));
    file.bytes = (unsigned char *)read_file(file.path, &file.count);
    write_file("model.gemml", "", 0);
    assert_true(sweep((struct work){save_model, check_saved, &file}) > 100);
    assert_true(sweep((struct work){load_model, check_loaded, &file}) > 20);
    free(file.bytes);
}

static void a_network(void **state)
{
    (void)state;
    gemml_mlp_options options = rich_options();
    gemml_model *model = new_mlp(&options);
    assert_ok(train_rich(model, NULL, false));
    try_model(model);
    gemml_model_free(model);
}

/* A network of a regression whose target is scaled, of layers that are not given. */
static void a_network_of_values(void **state)
{
    (void)state;
    struct sample sample = sample_make(20, 2, 1, 5);
    gemml_dataset data = sample_dataset(&sample);
    gemml_mlp_options options = GEMML_MLP_OPTIONS_INIT;
    options.target_scaling = GEMML_SCALING_STANDARDIZE;
    options.epochs = 1;
    gemml_model *model = fit_mlp(&options, &data, NULL);
    try_model(model);
    gemml_model_free(model);
    sample_free(&sample);
}

static void a_logistic_regression(void **state)
{
    (void)state;
    const double x[] = {1, 2, 3, 4, 5, 6, 7, 8}, y[] = {0, 1, 0, 1, 1, 0, 1, 1}, weight[] = {1, 2};
    gemml_logistic_options options = GEMML_LOGISTIC_OPTIONS_INIT;
    options.class_weighting = GEMML_CLASS_WEIGHT_GIVEN;
    options.class_weight = weight;
    options.classes = 2;
    gemml_dataset data = GEMML_DATASET_INIT;
    data.x = gemml_view_f64(x, 8, 1);
    data.y = gemml_view_f64(y, 8, 1);
    gemml_model *model = NULL;
    assert_ok(gemml_logistic_create(&model, &options));
    assert_ok(gemml_fit(model, &data, NULL, NULL));
    try_model(model);
    gemml_model_free(model);
}

/* ---- Checkpoints ------------------------------------------------------------------- */

struct checkpoint_file {
    gemml_model *model;
    struct checkpoint_data data;
    struct checkpoint read;
    const char *path;
    unsigned char *bytes;
    size_t count;
    bool found;
};

static gemml_status load_checkpoint(void *context)
{
    struct checkpoint_file *file = context;
    file->found = false;
    return checkpoint_load(&file->read, &file->found, file->path, file->model, &file->data);
}

static gemml_status save_checkpoint(void *context)
{
    const struct checkpoint_file *file = context;
    return checkpoint_save(file->path, file->model, &file->data, &file->read.state);
}

/* What was read is written as the same bytes. */
static void check_read(void *context, gemml_status status)
{
    struct checkpoint_file *file = context;
    assert_true(file->found);
    if (status != GEMML_OK)
        return;
    const char *path = file->path;
    file->path = scratch_path("again.checkpoint");
    assert_int_equal(save_checkpoint(file), GEMML_OK);
    holds(file->path, file->bytes, file->count);
    file->path = path;
    checkpoint_free(&file->read);
}

static void check_written(void *context, gemml_status status)
{
    const struct checkpoint_file *file = context;
    holds(file->path, file->bytes, status == GEMML_OK ? file->count : 0);
    write_file("written.checkpoint", "", 0);
}

static void a_checkpoint(void **state)
{
    (void)state;
    gemml_mlp_options options = rich_options();
    struct checkpoint_file file = {.model = new_mlp(&options), .path = scratch_path("run.checkpoint")};
    assert_ok(train_rich(file.model, file.path, false));
    file.bytes = (unsigned char *)read_file(file.path, &file.count);
    file.data = data_of(file.bytes, file.count);
    assert_true(sweep((struct work){load_checkpoint, check_read, &file}) > 100);
    assert_int_equal(load_checkpoint(&file), GEMML_OK);
    file.path = write_file("written.checkpoint", "", 0);
    assert_true(sweep((struct work){save_checkpoint, check_written, &file}) > 100);
    checkpoint_free(&file.read);
    free(file.bytes);
    gemml_model_free(file.model);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_network),
        cmocka_unit_test(a_network_of_values),
        cmocka_unit_test(a_logistic_regression),
        cmocka_unit_test(a_checkpoint),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

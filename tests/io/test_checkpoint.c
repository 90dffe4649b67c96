/* Checkpoints by every rule and schedule: what they hold, and that it comes back; and files
 * that are none. */
#include "io/checkpoint_fixture.h"
#include "io/network_fixture.h"

#include <math.h>

enum { EPOCHS = 3, STEPS = 3 * EPOCHS, PARAMETERS = 4 * 3 + 4 * 3 + 3 * 3 + 3 };

static gemml_mlp_options options_of(gemml_optimizer optimizer, gemml_schedule schedule)
{
    gemml_mlp_options options = rich_options();
    options.optimizer = optimizer;
    options.schedule = schedule;
    options.epochs = EPOCHS;
    return options;
}

/* The bytes of the checkpoint of a run; free() them. */
static unsigned char *bytes_of(const gemml_mlp_options *options, size_t *count)
{
    const char *path = scratch_path("run.checkpoint");
    gemml_model *model = new_mlp(options);
    assert_ok(train_rich(model, path, false));
    gemml_model_free(model);
    return (unsigned char *)read_file(path, count);
}

static gemml_status parse(struct checkpoint *checkpoint, const gemml_mlp_options *options, const unsigned char *bytes,
                          size_t count, const struct checkpoint_data *data)
{
    gemml_model *model = new_mlp(options);
    gemml_status status = checkpoint_parse(checkpoint, bytes, count, "the file x", model, data);
    gemml_model_free(model);
    return status;
}

/* Which vectors a rule keeps: a mean of gradients, a mean of their squares. */
static const struct {
    gemml_optimizer optimizer;
    bool momentum, squares;
} rules[] = {
    {GEMML_OPTIMIZER_SGD, false, false},     {GEMML_OPTIMIZER_MOMENTUM, true, false},
    {GEMML_OPTIMIZER_NESTEROV, true, false}, {GEMML_OPTIMIZER_RMSPROP, false, true},
    {GEMML_OPTIMIZER_ADAM, true, true},      {GEMML_OPTIMIZER_ADAMW, true, true},
};

static void check_state(const struct checkpoint *checkpoint, size_t rule)
{
    const struct train_state *now = &checkpoint->state;
    assert_int_equal(now->parameters, PARAMETERS);
    assert_int_equal(now->progress.epoch, EPOCHS);
    assert_int_equal(now->progress.steps, STEPS);
    assert_int_equal(now->record->loss_history_count, EPOCHS);
    assert_int_equal(now->record->valid_history_count, EPOCHS);
    assert_int_equal(now->record->valid_epochs[EPOCHS - 1], EPOCHS);
    assert_int_equal(now->vector[0] != NULL, rules[rule].momentum);
    assert_int_equal(now->vector[1] != NULL, rules[rule].squares);
    for (size_t i = 0; i < PARAMETERS; i++) {
        assert_true(isfinite(((const double *)now->theta)[i]));
        assert_true(!rules[rule].squares || ((const double *)now->vector[1])[i] >= 0);
    }
}

static void every_rule_comes_back(void **state)
{
    (void)state;
    for (size_t r = 0; r < sizeof rules / sizeof *rules; r++) {
        gemml_mlp_options options = options_of(rules[r].optimizer, GEMML_SCHEDULE_CONSTANT);
        struct checkpoint checkpoint;
        size_t count, again_count;
        unsigned char *bytes = bytes_of(&options, &count);
        struct checkpoint_data data = data_of(bytes, count);
        assert_int_equal(data.rows[0], NETWORK_ROWS);
        assert_int_equal(parse(&checkpoint, &options, bytes, count, &data), GEMML_OK);
        check_state(&checkpoint, r);
        gemml_model *model = new_mlp(&options);
        const char *path = scratch_path("again.checkpoint");
        assert_int_equal(checkpoint_save(path, model, &data, &checkpoint.state), GEMML_OK);
        unsigned char *again = (unsigned char *)read_file(path, &again_count);
        assert_int_equal(again_count, count);
        assert_memory_equal(again, bytes, count);
        free(again);
        gemml_model_free(model);
        checkpoint_free(&checkpoint);
        free(bytes);
    }
}

/* A run may be made longer, but where its rates depend on its length. */
static void a_longer_run(void **state)
{
    (void)state;
    static const struct {
        gemml_schedule schedule;
        bool free_length;
    } schedules[] = {{GEMML_SCHEDULE_CONSTANT, true},
                     {GEMML_SCHEDULE_EXPONENTIAL, true},
                     {GEMML_SCHEDULE_COSINE, false},
                     {GEMML_SCHEDULE_ONE_CYCLE, false}};
    for (size_t s = 0; s < sizeof schedules / sizeof *schedules; s++) {
        gemml_mlp_options options = options_of(GEMML_OPTIMIZER_SGD, schedules[s].schedule);
        struct checkpoint checkpoint;
        size_t count;
        unsigned char *bytes = bytes_of(&options, &count);
        struct checkpoint_data data = data_of(bytes, count);
        options.epochs = EPOCHS + 1;
        gemml_status status = parse(&checkpoint, &options, bytes, count, &data);
        assert_int_equal(status, schedules[s].free_length ? GEMML_OK : GEMML_ERROR_ARGUMENT);
        if (status == GEMML_OK)
            checkpoint_free(&checkpoint);
        else
            says(error_text(), "its option.epochs is [3], not [4]");
        free(bytes);
    }
}

/* Where the data of theta begin, behind the header. */
static size_t place_of_theta(const unsigned char *bytes, size_t count)
{
    struct safetensors file;
    size_t place = 0;
    assert_int_equal(safetensors_parse(&file, bytes, count, "a file"), GEMML_OK);
    for (size_t i = 0; i < file.count; i++)
        if (strcmp(file.tensors[i].name, "run.theta") == 0)
            place = (size_t)((const char *)file.tensors[i].data - (const char *)file.tensors[0].data);
    safetensors_free(&file);
    assert_true(place > 0);
    return place;
}

/* A tensor as the header has it. */
static void describe(char *text, const char *name, size_t numbers, size_t begin)
{
    sprintf(text, "`%s`:{`dtype`:`F64`,`shape`:[%zu],`data_offsets`:[%zu,%zu]}", name, numbers, begin,
            begin + 8 * numbers);
}

/* The file with other tensors in the place of theta and best: one or two, of so many numbers. */
static void refuse(const char *first, size_t first_count, const char *second, size_t second_count)
{
    gemml_mlp_options options = options_of(GEMML_OPTIMIZER_SGD, GEMML_SCHEDULE_CONSTANT);
    struct checkpoint checkpoint;
    size_t count;
    unsigned char *bytes = bytes_of(&options, &count);
    struct checkpoint_data data = data_of(bytes, count);
    size_t theta = place_of_theta(bytes, count), best = theta + 8 * PARAMETERS;
    char one[120], two[120], from[250], to[250];
    describe(one, "run.theta", PARAMETERS, theta);
    describe(two, "run.best", PARAMETERS, best);
    snprintf(from, sizeof from, "%s,%s", one, two);
    describe(one, first, first_count, theta);
    if (second)
        describe(two, second, second_count, theta + 8 * first_count);
    snprintf(to, sizeof to, "%s%s%s", one, second ? "," : "", second ? two : "");
    bytes = change(bytes, from, to, &count);
    assert_int_equal(parse(&checkpoint, &options, bytes, count, &data), GEMML_ERROR_FORMAT);
    says(error_text(), "the file x: its tensors are not those of a checkpoint");
    free(bytes);
}

static void other_tensors(void **state)
{
    (void)state;
    refuse("run.theta", 2 * PARAMETERS, NULL, 0);
    refuse("run.theta", PARAMETERS + 1, "run.best", PARAMETERS - 1);
    refuse("run.theta", PARAMETERS, "run.last", PARAMETERS);
    refuse("run.last", PARAMETERS, "run.best", PARAMETERS);
}

/* No file is no error; a path that cannot lead to one is. */
static void no_file(void **state)
{
    (void)state;
    gemml_mlp_options options = options_of(GEMML_OPTIMIZER_SGD, GEMML_SCHEDULE_CONSTANT);
    gemml_model *model = new_mlp(&options);
    struct checkpoint_data data = {0};
    struct checkpoint checkpoint;
    bool found = true;
    assert_int_equal(checkpoint_load(&checkpoint, &found, scratch_path("none"), model, &data), GEMML_OK);
    assert_false(found);
    write_text("plain", "text");
    assert_int_equal(checkpoint_load(&checkpoint, &found, scratch_path("plain/none"), model, &data), GEMML_ERROR_IO);
    says(error_text(), "plain/none cannot be read: Not a directory");
    gemml_model_free(model);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_rule_comes_back),
        cmocka_unit_test(a_longer_run),
        cmocka_unit_test(other_tensors),
        cmocka_unit_test(no_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

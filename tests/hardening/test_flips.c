/* A byte of a file that changes: models of each kind, moments, a checkpoint. Each byte
 * in turn, by one bit in the quick tier (models: by each of the eight), in all 255 ways
 * in the full tier. The change is detected (FORMAT or UNSUPPORTED, and nothing is made
 * of the file), or it is harmless: what is loaded is the same. */
#include "scenarios.h"

static struct world *world;

static bool full(void)
{
    return getenv("GEMML_FULL") != NULL;
}

static int begin(void **state)
{
    (void)state;
    gemml_set_threads(1);
    world = world_begin(100);
    world_finish(world);
    return 0;
}

/* A file, and what to do with it. */
struct subject {
    const char *name;
    unsigned char *bytes;
    size_t count;
    bool eight; /* every bit in the quick tier too */

    /* Loads the bytes. Sets *same: what came of it is what the right bytes give. */
    gemml_status (*load)(const struct subject *subject, bool *same);
    const gemml_model *model; /* that a model file holds */
};

/* The next change of byte i after `mask`; 256: there is none. */
static unsigned next_mask(const struct subject *subject, size_t i, unsigned mask)
{
    if (full())
        return mask + 1;
    if (subject->eight)
        return mask == 0 ? 1 : 2 * mask;
    return mask == 0 ? 1u << i % 8 : 256;
}

static void change_each_byte(struct subject *subject)
{
    size_t tried = 0, harmless = 0;
    bool same = false;
    assert_int_equal(subject->load(subject, &same), GEMML_OK);
    assert_true(same);
    for (size_t i = 0; i < subject->count; i++) {
        unsigned char kept = subject->bytes[i];
        for (unsigned mask = next_mask(subject, i, 0); mask < 256; mask = next_mask(subject, i, mask)) {
            subject->bytes[i] = (unsigned char)(kept ^ mask);
            same = false;
            gemml_status status = subject->load(subject, &same);
            bool found = status == GEMML_ERROR_FORMAT || status == GEMML_ERROR_UNSUPPORTED;
            if (!found && !(status == GEMML_OK && same))
                fail_msg("%s: byte %zu of %zu changed by %u: status %d, %s", subject->name, i, subject->count, mask,
                         status, gemml_last_error());
            harmless += !found;
            tried++;
        }
        subject->bytes[i] = kept;
    }
    print_message("%s: %zu bytes, %zu changes, %zu of them harmless\n", subject->name, subject->count, tried, harmless);
    free(subject->bytes);
}

/* ---- Models ------------------------------------------------------------------------ */

/* Saved again, it is the same file. */
static gemml_status load_model(const struct subject *subject, bool *same)
{
    gemml_model *untouched = (gemml_model *)(void *)world, *model = untouched;
    gemml_status status = gemml_load_memory(&model, subject->bytes, subject->count);
    if (status != GEMML_OK) {
        assert_ptr_equal(model, untouched);
        return status;
    }
    size_t count, right_count;
    world->subject = model;
    unsigned char *bytes = world_state(world, &count);
    world->subject = (gemml_model *)(uintptr_t)subject->model;
    unsigned char *right = world_state(world, &right_count);
    *same = count == right_count && memcmp(bytes, right, count) == 0;
    free(bytes);
    free(right);
    gemml_model_free(model);
    return GEMML_OK;
}

static void models_of_each_kind(void **state)
{
    (void)state;
    gemml_model *const models[] = {world->linear, world->logistic, world->network};
    const char *const names[] = {"a linear model", "a logistic model", "a network"};
    for (size_t i = 0; i < 3; i++) {
        struct subject subject = {.name = names[i], .eight = true, .load = load_model, .model = models[i]};
        world->subject = models[i];
        subject.bytes = world_state(world, &subject.count);
        change_each_byte(&subject);
    }
}

/* ---- Moments -------------------------------------------------------------------------- */

static gemml_status load_moments(const struct subject *subject, bool *same)
{
    gemml_moments *moments = NULL;
    write_file("flipped", subject->bytes, subject->count);
    gemml_status status = gemml_moments_load(&moments, scratch_path("flipped"));
    assert_true((status == GEMML_OK) == (moments != NULL));
    if (status != GEMML_OK)
        return status;
    size_t count;
    assert_int_equal(gemml_moments_save(moments, scratch_path("again")), GEMML_OK);
    char *bytes = read_file(scratch_path("again"), &count);
    *same = count == subject->count && memcmp(bytes, subject->bytes, count) == 0;
    free(bytes);
    gemml_moments_free(moments);
    return GEMML_OK;
}

static void moments(void **state)
{
    (void)state;
    struct subject subject = {.name = "moments", .load = load_moments};
    world->subject = NULL;
    subject.bytes = world_state(world, &subject.count);
    change_each_byte(&subject);
}

/* ---- A checkpoint ------------------------------------------------------------------------ */

static gemml_status train(const char *checkpoint, bool resume, gemml_model **model)
{
    const size_t hidden[] = {2};
    gemml_mlp_options options = GEMML_MLP_OPTIONS_INIT;
    gemml_fit_options fit = GEMML_FIT_OPTIONS_INIT;
    options.hidden = hidden;
    options.hidden_count = 1;
    options.epochs = resume ? 2 : 1;
    fit.checkpoint = checkpoint;
    fit.resume = resume;
    assert_int_equal(gemml_mlp_create(model, &options), GEMML_OK);
    return gemml_fit(*model, &world->values, &fit, NULL);
}

/* The parameters after the second epoch, which is what goes on from the checkpoint. */
static float right[64];
static size_t right_count;

static gemml_status go_on(const struct subject *subject, bool *same)
{
    gemml_model *model = NULL;
    const void *parameters;
    size_t count;
    write_file("flipped", subject->bytes, subject->count);
    gemml_status status = train(scratch_path("flipped"), true, &model);
    if (status == GEMML_OK) {
        assert_int_equal(gemml_parameters(model, &parameters, &count), GEMML_OK);
        if (right_count == 0) { /* the first time: nothing has been changed */
            right_count = count;
            memcpy(right, parameters, count * sizeof *right);
        }
        *same = count == right_count && memcmp(parameters, right, count * sizeof *right) == 0;
    } else {
        assert_int_equal(gemml_parameters(model, &parameters, &count), GEMML_ERROR_UNFITTED);
    }
    gemml_model_free(model);
    return status;
}

static void a_checkpoint(void **state)
{
    (void)state;
    gemml_model *model = NULL;
    struct subject subject = {.name = "a checkpoint", .load = go_on};
    assert_int_equal(train(scratch_path("run"), false, &model), GEMML_OK);
    gemml_model_free(model);
    subject.bytes = (unsigned char *)read_file(scratch_path("run"), &subject.count);
    change_each_byte(&subject);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(models_of_each_kind),
        cmocka_unit_test(moments),
        cmocka_unit_test(a_checkpoint),
    };
    return cmocka_run_group_tests(tests, begin, NULL);
}

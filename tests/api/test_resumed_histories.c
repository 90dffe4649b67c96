/* A run of descent that goes on from its checkpoint tells of itself what one tells that was not broken off: each
 * loss, each validation and when it was. And which solver it was. */
#include "network.h"

#include <unistd.h>

static gemml_fit_info info_of(const gemml_model *model)
{
    gemml_fit_info info = GEMML_FIT_INFO_INIT;
    assert_ok(gemml_get_fit_info(model, &info));
    return info;
}

static gemml_model *trained(const struct sample *s, const gemml_dataset *valid, size_t epochs, const char *checkpoint,
                            int resume)
{
    static const size_t hidden[] = {5};
    gemml_mlp_options options = GEMML_MLP_OPTIONS_INIT;
    gemml_fit_options fit = GEMML_FIT_OPTIONS_INIT;
    gemml_dataset data = sample_dataset(s);
    options.hidden = hidden;
    options.hidden_count = 1;
    options.epochs = epochs;
    options.batch = 16;
    fit.valid = valid;
    fit.record = 3;
    fit.checkpoint = checkpoint;
    fit.resume = resume;
    return fit_mlp(&options, &data, &fit);
}

static void a_resumed_run_tells_all_of_it(void **state)
{
    (void)state;
    struct sample s = curve_make(90), t = curve_make(31);
    gemml_dataset valid = sample_dataset(&t);
    const char *path = scratch_path("histories.checkpoint");
    gemml_model *whole = trained(&s, &valid, 13, NULL, 0);
    for (size_t broken = 1; broken <= 12; broken += 3) {
        unlink(path);
        gemml_model_free(trained(&s, &valid, broken, path, 0));
        gemml_model *resumed = trained(&s, &valid, 13, path, 1);
        gemml_fit_info a = info_of(whole), b = info_of(resumed);
        assert_int_equal(b.solver, GEMML_SOLVER_DESCENT);
        assert_int_equal(a.loss_history_count, 13);
        assert_int_equal(b.loss_history_count, 13);
        assert_memory_equal(a.loss_history, b.loss_history, 13 * sizeof(double));
        assert_true(a.valid_history_count >= 13);
        assert_int_equal(b.valid_history_count, a.valid_history_count);
        for (size_t i = 0; i < a.valid_history_count; i++) {
            assert_int_equal(b.valid_epochs[i], a.valid_epochs[i]);
            assert_true(i == 0 || a.valid_epochs[i] > a.valid_epochs[i - 1]);
            assert_true(a.valid_loss_history[i] == b.valid_loss_history[i]);
        }
        gemml_model_free(resumed);
    }
    gemml_model_free(whole);
    sample_free(&s), sample_free(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(a_resumed_run_tells_all_of_it)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

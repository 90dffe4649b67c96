/* A trainer is a fit by steps: the same bits epoch by epoch and batch by batch, for each kind of model. */
#include "trainers.h"

/* Both models' files have the same bytes. */
static void assert_same_model(const gemml_model *a, const gemml_model *b)
{
    size_t bytes[2];
    char *file[2];
    assert_ok(gemml_save(a, scratch_path("a.gemml")));
    assert_ok(gemml_save(b, scratch_path("b.gemml")));
    file[0] = read_file(scratch_path("a.gemml"), &bytes[0]);
    file[1] = read_file(scratch_path("b.gemml"), &bytes[1]);
    assert_int_equal(bytes[0], bytes[1]);
    assert_memory_equal(file[0], file[1], bytes[0]);
    free(file[0]);
    free(file[1]);
}

/* The rows, of which the last twenty may validate. */
struct parts {
    struct sample sample;
    gemml_dataset all, train, valid;
};

static struct parts parts_of(const struct subject *subject)
{
    struct parts parts = {.sample = subject->sample()};
    parts.all = sample_dataset(&parts.sample);
    parts.train = rows_of(&parts.all, 0, parts.sample.n - 20);
    parts.valid = rows_of(&parts.all, parts.sample.n - 20, 20);
    return parts;
}

static void epochs_are_a_fit(void **state)
{
    (void)state;
    for (size_t i = 0; i < SUBJECTS; i++)
        for (int validates = 0; validates < 2; validates++) {
            struct parts parts = parts_of(&subjects[i]);
            gemml_model *fitted = subjects[i].make(), *trained = subjects[i].make();
            gemml_fit_options options = GEMML_FIT_OPTIONS_INIT;
            gemml_fit_info info = GEMML_FIT_INFO_INIT;
            options.valid = validates ? &parts.valid : NULL;
            options.record = 2;
            gemml_fit_info expected = fit_info(fitted, &parts.train, &options);
            gemml_trainer *trainer = new_trainer(trained, &parts.train, &options);
            size_t epochs = 0;
            for (; !trainer_info(trainer).ended; epochs++)
                assert_ok(gemml_trainer_epoch(trainer));
            gemml_trainer_info end = trainer_info(trainer);
            assert_ok(gemml_trainer_epoch(trainer)); /* nothing is left to do */
            assert_ok(gemml_trainer_finish(trainer, &info));
            gemml_trainer_free(trainer);
            assert_int_equal(epochs, expected.epochs);
            assert_int_equal(end.epochs, expected.epochs);
            assert_int_equal(end.steps, expected.iterations);
            assert_int_equal(info.outcome, expected.outcome);
            assert_int_equal(info.best_epoch, expected.best_epoch);
            assert_true(info.seconds >= 0);
            assert_bits(&end.loss, &expected.loss_history[epochs - 1], 1);
            if (validates)
                assert_bits(&end.score, &expected.score_history[epochs - 1], 1);
            assert_same_model(trained, fitted);
            gemml_model_free(fitted);
            gemml_model_free(trained);
            sample_free(&parts.sample);
        }
}

/* The same parameters and losses: all but the notice, which tells of gradients that only a fit looks at. */
static void assert_same_run(const gemml_model *a, const gemml_model *b)
{
    const void *theta[2];
    size_t count[2];
    gemml_fit_info info[2] = {GEMML_FIT_INFO_INIT, GEMML_FIT_INFO_INIT};
    assert_ok(gemml_parameters(a, &theta[0], &count[0]));
    assert_ok(gemml_parameters(b, &theta[1], &count[1]));
    assert_ok(gemml_get_fit_info(a, &info[0]));
    assert_ok(gemml_get_fit_info(b, &info[1]));
    assert_int_equal(count[0], count[1]);
    assert_memory_equal(theta[0], theta[1], count[0] * (model_info(a).dtype == GEMML_F64 ? 8 : 4));
    assert_int_equal(info[0].epochs, info[1].epochs);
    assert_int_equal(info[0].best_epoch, info[1].best_epoch);
    assert_bits(info[0].loss_history, info[1].loss_history, info[0].epochs);
    assert_bits(&info[0].objective, &info[1].objective, 1);
}

/* The loop of a textbook, over the batches that a fit draws. */
static void batches_are_a_fit(void **state)
{
    (void)state;
    for (size_t i = 0; i < SUBJECTS; i++) {
        struct parts parts = parts_of(&subjects[i]);
        gemml_model *fitted = subjects[i].make(), *trained = subjects[i].make();
        gemml_fit_info expected = fit_info(fitted, &parts.all, NULL);
        gemml_trainer *trainer = new_trainer(trained, &parts.all, NULL);
        size_t batches = (parts.sample.n - 1) / 16 + 1;
        for (size_t s = 0; s < expected.iterations; s++) {
            double loss;
            assert_ok(gemml_trainer_zero_gradient(trainer));
            for (size_t b = 0; b < subjects[i].accumulate; b++)
                assert_ok(gemml_trainer_backward(trainer, NULL, &loss));
            assert_ok(gemml_trainer_step(trainer));
            assert_true(loss > 0);
            assert_int_equal(trainer_info(trainer).steps, s + 1);
        }
        assert_true(batches % subjects[i].accumulate == 0);
        assert_ok(gemml_trainer_finish(trainer, NULL));
        gemml_trainer_free(trainer);
        assert_same_run(trained, fitted);
        if (subjects[i].make != subject_linear_whole)
            assert_same_model(trained, fitted);
        gemml_model_free(fitted);
        gemml_model_free(trained);
        sample_free(&parts.sample);
    }
}

/* Batches of the caller's: all rows, whose class weights count, are the run without shuffles. */
static void own_batches_are_a_fit(void **state)
{
    (void)state;
    for (int classes = 0; classes < 2; classes++) {
        struct sample s = classes ? subject_three_classes() : subject_values();
        gemml_dataset data = sample_dataset(&s);
        gemml_mlp_options options = subject_network_options((gemml_mlp_task)classes, classes ? GEMML_F64 : GEMML_F32);
        options.batch = s.n;
        options.class_weighting = classes ? GEMML_CLASS_WEIGHT_BALANCED : GEMML_CLASS_WEIGHT_NONE;
        gemml_model *fitted = new_mlp(&options), *trained = new_mlp(&options);
        gemml_fit_info expected = fit_info(fitted, &data, NULL);
        gemml_trainer *trainer = new_trainer(trained, &data, NULL);
        assert_int_equal(expected.iterations, 5);
        for (size_t e = 0; e < 5; e++) {
            double loss;
            assert_ok(gemml_trainer_zero_gradient(trainer));
            assert_ok(gemml_trainer_backward(trainer, &data, &loss));
            assert_ok(gemml_trainer_step(trainer));
            assert_bits(&loss, &expected.loss_history[e], 1);
        }
        assert_ok(gemml_trainer_finish(trainer, NULL));
        gemml_trainer_free(trainer);
        const void *theta, *expected_theta;
        size_t count;
        assert_ok(gemml_parameters(fitted, &expected_theta, &count));
        assert_ok(gemml_parameters(trained, &theta, &count));
        assert_memory_equal(theta, expected_theta, count * (classes ? sizeof(double) : sizeof(float)));
        gemml_model_free(fitted);
        gemml_model_free(trained);
        sample_free(&s);
    }
}

/* An epoch takes what is left after batches by hand. */
static void an_epoch_goes_on_from_batches(void **state)
{
    struct sample s = subject_values();
    gemml_dataset data = sample_dataset(&s);
    gemml_model *fitted = subject_regression(), *trained = subject_regression();
    (void)state;
    assert_ok(gemml_fit(fitted, &data, NULL, NULL));
    gemml_trainer *trainer = new_trainer(trained, &data, NULL);
    for (size_t e = 0; e < 5; e++) {
        for (size_t b = 0; b < e; b++) { /* of five in an epoch */
            assert_ok(gemml_trainer_zero_gradient(trainer));
            assert_ok(gemml_trainer_backward(trainer, NULL, NULL));
            assert_ok(gemml_trainer_step(trainer));
        }
        assert_int_equal(trainer_info(trainer).epochs, e);
        assert_ok(gemml_trainer_epoch(trainer));
        assert_int_equal(trainer_info(trainer).steps, 5 * (e + 1));
    }
    assert_true(trainer_info(trainer).ended);
    assert_ok(gemml_trainer_finish(trainer, NULL));
    gemml_trainer_free(trainer);
    assert_same_model(trained, fitted);
    gemml_model_free(fitted);
    gemml_model_free(trained);
    sample_free(&s);
}

/* Left after two epochs, and taken up from the checkpoint. */
static void a_checkpoint_is_taken_up(void **state)
{
    struct sample s = subject_three_classes();
    gemml_dataset data = sample_dataset(&s);
    gemml_model *fitted = subject_classes(), *trained = subject_classes();
    gemml_fit_options options = GEMML_FIT_OPTIONS_INIT;
    (void)state;
    assert_ok(gemml_fit(fitted, &data, NULL, NULL));
    options.checkpoint = scratch_path("trainer.checkpoint");
    options.checkpoint_epochs = 1;
    options.resume = 1;
    for (size_t life = 0; life < 3; life++) {
        gemml_trainer *trainer = new_trainer(trained, &data, &options);
        assert_int_equal(trainer_info(trainer).epochs, 2 * life);
        assert_ok(gemml_trainer_epoch(trainer));
        if (life < 2)
            assert_ok(gemml_trainer_epoch(trainer));
        else
            assert_ok(gemml_trainer_finish(trainer, NULL));
        gemml_trainer_free(trainer);
    }
    assert_same_model(trained, fitted);
    gemml_model_free(fitted);
    gemml_model_free(trained);
    sample_free(&s);
}

/* Until it is finished the model is what it was. */
static void the_model_changes_at_the_end(void **state)
{
    struct sample s = subject_values();
    gemml_dataset data = sample_dataset(&s);
    gemml_model *model = subject_regression();
    (void)state;
    assert_ok(gemml_fit(model, &data, NULL, NULL));
    double *before = predictions_of(model, &s);
    gemml_trainer *trainer = new_trainer(model, &data, NULL);
    for (int i = 0; i < 3; i++)
        assert_ok(gemml_trainer_epoch(trainer));
    double *meanwhile = predictions_of(model, &s), *forward = malloc(s.n * s.K * sizeof *forward);
    assert_bits(meanwhile, before, s.n * s.K);
    assert_ok(gemml_trainer_forward(trainer, data.x, gemml_matrix_f64(forward, s.n, s.K)));
    assert_ok(gemml_trainer_finish(trainer, NULL));
    gemml_trainer_free(trainer);
    double *after = predictions_of(model, &s);
    assert_bits(after, forward, s.n * s.K);
    assert_memory_not_equal(after, before, s.n * s.K * sizeof *after);
    free(before);
    free(meanwhile);
    free(forward);
    free(after);
    gemml_model_free(model);
    sample_free(&s);
}

static int cancel_at_second(const gemml_progress *progress, void *data)
{
    *(size_t *)data = progress->epoch;
    return progress->epoch == 2;
}

/* Cancelled, diverged, out of steps: the outcome is told, and the parameters are numbers. */
static void outcomes(void **state)
{
    const gemml_outcome expected[] = {GEMML_CANCELLED, GEMML_DIVERGED, GEMML_LIMIT};
    (void)state;
    for (int way = 0; way < 3; way++) {
        struct sample s = subject_values();
        gemml_dataset data = sample_dataset(&s);
        gemml_mlp_options network = subject_network_options(GEMML_TASK_REGRESSION, GEMML_F32);
        gemml_fit_options options = GEMML_FIT_OPTIONS_INIT;
        size_t told = 0, epochs = 0;
        network.epochs = 50;
        network.optimizer = GEMML_OPTIMIZER_SGD;
        network.clip = GEMML_AUTO;
        network.rate = way == 1 ? 1e20 : 0.01;
        network.max_iterations = way == 2 ? 7 : GEMML_AUTO_COUNT;
        options.progress = way == 0 ? cancel_at_second : NULL;
        options.progress_data = &told;
        gemml_model *model = new_mlp(&network);
        gemml_trainer *trainer = new_trainer(model, &data, &options);
        for (; !trainer_info(trainer).ended; epochs++)
            assert_ok(gemml_trainer_epoch(trainer));
        assert_int_equal(trainer_info(trainer).outcome, expected[way]);
        assert_int_equal(epochs, way == 1 ? 1 : 2);
        assert_int_equal(told, way == 0 ? 2 : 0);
        gemml_fit_info info = GEMML_FIT_INFO_INIT;
        assert_ok(gemml_trainer_finish(trainer, &info));
        gemml_trainer_free(trainer);
        assert_int_equal(info.outcome, expected[way]);
        assert_true(isfinite(info.loss));
        assert_true((strstr(info.notice, "epoch 1 ") != NULL) == (way == 1));
        gemml_model_free(model);
        sample_free(&s);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(epochs_are_a_fit),
        cmocka_unit_test(batches_are_a_fit),
        cmocka_unit_test(own_batches_are_a_fit),
        cmocka_unit_test(an_epoch_goes_on_from_batches),
        cmocka_unit_test(a_checkpoint_is_taken_up),
        cmocka_unit_test(the_model_changes_at_the_end),
        cmocka_unit_test(outcomes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

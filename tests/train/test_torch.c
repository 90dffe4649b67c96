/* Ten steps of a fixed network, batch by batch from the same first parameters, give the
 * losses of PyTorch (torch_curves.py) to 1e-5 in single precision, for each optimizer. */
#include "api/network.h"
#include "torch_curves.h"

#define TOLERANCE 1e-5

static gemml_model *make_model(gemml_optimizer optimizer, bool classes)
{
    static const size_t hidden[] = {7, 4};
    static const gemml_activation activations[] = {GEMML_ACTIVATION_TANH, GEMML_ACTIVATION_RELU};
    gemml_mlp_options options = GEMML_MLP_OPTIONS_INIT;
    options.task = classes ? GEMML_TASK_CLASSIFICATION : GEMML_TASK_REGRESSION;
    options.hidden = hidden;
    options.hidden_count = 2;
    options.activations = activations;
    options.scaling = options.target_scaling = GEMML_SCALING_NONE;
    options.optimizer = optimizer;
    options.rate = torch_rates[optimizer];
    options.weight_decay = TORCH_WEIGHT_DECAY;
    return new_mlp(&options);
}

/* Rows first .. first + rows - 1. */
static gemml_dataset torch_rows(size_t first, size_t rows, bool classes)
{
    gemml_dataset data = GEMML_DATASET_INIT;
    data.x = gemml_view_f32(torch_x + 5 * first, rows, 5);
    data.y = classes ? gemml_view_f32(torch_classes + first, rows, 1)
                     : gemml_view_f32(torch_values + 3 * first, rows, 3);
    return data;
}

static void check_curve(gemml_optimizer optimizer, bool classes)
{
    gemml_dataset all = torch_rows(0, TORCH_ROWS, classes);
    gemml_model *model = make_model(optimizer, classes);
    gemml_trainer *trainer = NULL;
    void *theta;
    size_t count;
    double loss;
    assert_ok(gemml_trainer_create(&trainer, model, &all, NULL));
    assert_ok(gemml_trainer_parameters(trainer, &theta, &count));
    assert_int_equal(count, TORCH_PARAMETERS);
    memcpy(theta, torch_theta, sizeof torch_theta);
    for (size_t step = 0; step <= TORCH_STEPS; step++) {
        assert_ok(gemml_trainer_evaluate(trainer, &all, &loss, NULL));
        assert_near(loss, torch_losses[optimizer][classes][step], TOLERANCE);
        gemml_dataset batch = torch_rows(TORCH_BATCH * (step % (TORCH_ROWS / TORCH_BATCH)), TORCH_BATCH, classes);
        assert_ok(gemml_trainer_zero_gradient(trainer));
        assert_ok(gemml_trainer_backward(trainer, &batch, NULL));
        assert_ok(gemml_trainer_step(trainer));
    }
    gemml_trainer_free(trainer);
    gemml_model_free(model);
}

static void curves_are_those_of_pytorch(void **state)
{
    (void)state;
    for (int optimizer = GEMML_OPTIMIZER_SGD; optimizer <= GEMML_OPTIMIZER_ADAMW; optimizer++)
        for (int classes = 0; classes < 2; classes++)
            check_curve((gemml_optimizer)optimizer, classes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(curves_are_those_of_pytorch)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* A training loop of one's own: gradients, steps and a look inside, on two half
 * moons. The rate is halved whenever an epoch's loss has not become smaller.
 *
 * Build it against an installed gemml:
 *     cc training_loop.c -o training_loop $(pkg-config --cflags --libs gemml)
 * It is C11 and C++ alike. */
#include <gemml.h>
#include <stdio.h>

enum { ROWS = 2000, BATCH = 50, EPOCHS = 40 };

static double x[ROWS][2], y[ROWS];

/* Zero, backward, step, batch by batch; the mean of the batches' losses. */
static int run_epoch(gemml_trainer *trainer, double *mean)
{
    *mean = 0;
    for (int i = 0; i < ROWS / BATCH; i++) {
        double loss;
        if (gemml_trainer_zero_gradient(trainer) || gemml_trainer_backward(trainer, NULL, &loss) ||
            gemml_trainer_step(trainer))
            return 1;
        *mean += loss * BATCH / ROWS;
    }
    return 0;
}

static int run(gemml_trainer *trainer, const gemml_dataset *data)
{
    gemml_layer_statistics weights = GEMML_LAYER_STATISTICS_INIT, slopes = GEMML_LAYER_STATISTICS_INIT;
    double rate = 0.05, before = INFINITY, loss, accuracy;
    char text[2000];
    for (int epoch = 1; epoch <= EPOCHS; epoch++) {
        if (gemml_trainer_set_rate(trainer, rate) || run_epoch(trainer, &loss) ||
            gemml_trainer_accuracy(trainer, data, &accuracy) ||
            gemml_trainer_layer_statistics(trainer, 0, &weights, &slopes))
            return 1;
        if (epoch % 8 == 0)
            printf("epoch %2d  rate %.5f  loss %.4f  accuracy %.1f%%  first layer: weights %.2f, gradient %.4f\n",
                   epoch, rate, loss, 100 * accuracy, weights.weight.norm, slopes.weight.norm);
        if (loss >= before)
            rate /= 2;
        before = loss;
    }
    if (gemml_trainer_describe(trainer, text, sizeof text, NULL))
        return 1;
    printf("\n%s", text);
    return gemml_trainer_finish(trainer, NULL) != GEMML_OK; /* the model is fitted: it predicts, and can be saved */
}

int main(void)
{
    const size_t hidden[] = {16, 8};
    gemml_shape_options moons = GEMML_SHAPE_OPTIONS_INIT;
    gemml_mlp_options options = GEMML_MLP_OPTIONS_INIT;
    gemml_dataset data = GEMML_DATASET_INIT;
    gemml_model *model = NULL;
    gemml_trainer *trainer = NULL;
    moons.noise = 0.15;
    options.task = GEMML_TASK_CLASSIFICATION;
    options.hidden = hidden;
    options.hidden_count = 2;
    options.activation = GEMML_ACTIVATION_TANH;
    options.optimizer = GEMML_OPTIMIZER_MOMENTUM;
    options.batch = BATCH;
    data.x = gemml_view_f64(x[0], ROWS, 2);
    data.y = gemml_view_f64(y, ROWS, 1);
    int failed = gemml_generate_moons(&moons, gemml_matrix_f64(x[0], ROWS, 2), gemml_matrix_f64(y, ROWS, 1)) ||
                 gemml_mlp_create(&model, &options) || gemml_trainer_create(&trainer, model, &data, NULL) ||
                 run(trainer, &data);
    if (failed)
        fprintf(stderr, "%s\n", gemml_last_error());
    gemml_trainer_free(trainer);
    gemml_model_free(model);
    return failed;
}

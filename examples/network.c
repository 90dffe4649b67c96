/* A network with validation and early stopping: two interleaving half circles. It learns from
 * some rows, is judged after each epoch on others, and keeps the parameters that were best there.
 *
 *     network MODEL.gemml */
#include <gemml.h>
#include <stdio.h>

enum { ROWS = 1000, VALID_ROWS = 500 };

static double x[ROWS][2], x_valid[VALID_ROWS][2];
static int y[ROWS], y_valid[VALID_ROWS];

/* Rows of another seed are other rows of the same kind. */
static int make(gemml_dataset *data, double *points, int *classes, size_t rows, uint64_t seed)
{
    double labels[ROWS];
    gemml_shape_options moons = GEMML_SHAPE_OPTIONS_INIT;
    moons.noise = 0.2;
    moons.seed = seed;
    if (gemml_generate_moons(&moons, gemml_matrix_f64(points, rows, 2), gemml_matrix_f64(labels, rows, 1)))
        return 1;
    for (size_t i = 0; i < rows; i++)
        classes[i] = (int)labels[i];
    gemml_dataset_init(data);
    data->x = gemml_view_f64(points, rows, 2);
    data->y = gemml_view_i32(classes, rows, 1);
    return 0;
}

static int tell(const gemml_progress *progress, void *data)
{
    (void)data;
    if (progress->epoch % 20 == 0)
        printf("epoch %3zu: loss %.4f, of the validation %.4f, accuracy there %.3f\n", progress->epoch, progress->loss,
               progress->valid_loss, progress->score);
    return 0;
}

static int train(gemml_model **model)
{
    const size_t hidden[] = {16, 16};
    gemml_dataset rows, valid;
    gemml_mlp_options options = GEMML_MLP_OPTIONS_INIT;
    gemml_fit_options call = GEMML_FIT_OPTIONS_INIT;
    gemml_fit_info info = GEMML_FIT_INFO_INIT;
    gemml_metrics metrics = GEMML_METRICS_INIT;
    options.task = GEMML_TASK_CLASSIFICATION;
    options.hidden = hidden;
    options.hidden_count = 2;
    options.epochs = 2000;
    options.patience = 30; /* stop when the validation has not been better for so many epochs */
    options.seed = 1;
    call.valid = &valid;
    call.progress = tell;
    if (make(&rows, x[0], y, ROWS, 1) || make(&valid, x_valid[0], y_valid, VALID_ROWS, 2) ||
        gemml_mlp_create(model, &options) || gemml_fit(*model, &rows, &call, &info) ||
        gemml_score(*model, &valid, &metrics))
        return 1;
    printf("%s after %zu epochs; the best one was %zu\n", gemml_outcome_string(info.outcome), info.epochs,
           info.best_epoch);
    printf("accuracy on the validation rows: %.4f\n", metrics.accuracy);
    return 0;
}

int main(int argc, char **argv)
{
    gemml_model *model = NULL;
    int failed = argc != 2 || train(&model) || gemml_save(model, argv[1]);
    if (failed)
        fprintf(stderr, "%s\n", argc != 2 ? "usage: network MODEL.gemml" : gemml_last_error());
    gemml_model_free(model);
    return failed;
}

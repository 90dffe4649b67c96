/* Trainers: steps by hand, epochs, what a trainer tells, and the model that comes of it. */
#include "scenarios.h"

static gemml_status new_network(gemml_model **model)
{
    static const size_t hidden[] = {6};
    gemml_mlp_options options = GEMML_MLP_OPTIONS_INIT;
    options.task = GEMML_TASK_CLASSIFICATION;
    options.hidden = hidden;
    options.hidden_count = 1;
    options.epochs = 2;
    options.batch = 64;
    options.class_weighting = GEMML_CLASS_WEIGHT_BALANCED;
    return CALL(gemml_mlp_create, model, &options);
}

/* Batches of the training rows, and one of the caller's. */
static gemml_status take_steps(gemml_trainer *trainer, const gemml_dataset *batch)
{
    double loss;
    TRY_CALL(CALL(gemml_trainer_set_rate, trainer, 0.01));
    for (int i = 0; i < 2; i++) {
        TRY_CALL(CALL(gemml_trainer_zero_gradient, trainer));
        TRY_CALL(CALL(gemml_trainer_backward, trainer, i ? batch : NULL, &loss));
        TRY_CALL(CALL(gemml_trainer_step, trainer));
    }
    return CALL(gemml_trainer_epoch, trainer);
}

/* What a trainer tells of its rows, its vectors and itself. */
static gemml_status tell(struct world *world, gemml_trainer *trainer)
{
    gemml_trainer_info info = GEMML_TRAINER_INFO_INIT;
    gemml_layer_statistics own = GEMML_LAYER_STATISTICS_INIT, slope = GEMML_LAYER_STATISTICS_INIT;
    gemml_view x = world->valid_classes.x;
    double loss, score, accuracy;
    void *theta, *gradient;
    size_t count, length;
    char text[2048];
    TRY_CALL(CALL(gemml_trainer_forward, trainer, x, gemml_matrix_f64(world->out, x.rows, WORLD_CLASSES)));
    world_note_out(world, x.rows * WORLD_CLASSES);
    TRY_CALL(CALL(gemml_trainer_classify, trainer, x, gemml_matrix_f64(world->out, x.rows, 1)));
    world_note_out(world, x.rows);
    TRY_CALL(CALL(gemml_trainer_evaluate, trainer, &world->valid_classes, &loss, &score));
    TRY_CALL(CALL(gemml_trainer_accuracy, trainer, &world->valid_classes, &accuracy));
    TRY_CALL(CALL(gemml_trainer_parameters, trainer, &theta, &count));
    TRY_CALL(CALL(gemml_trainer_gradient, trainer, &gradient, &count));
    TRY_CALL(CALL(gemml_trainer_layer_statistics, trainer, 0, &own, &slope));
    TRY_CALL(CALL(gemml_trainer_get_info, trainer, &info));
    TRY_CALL(CALL(gemml_trainer_describe, trainer, text, sizeof text, &length));
    world_note(world, theta, count * sizeof(float));
    world_note(world, &accuracy, sizeof accuracy);
    world_note(world, &own.weight.norm, sizeof(double));
    world_note_text(world, text);
    return GEMML_OK;
}

static gemml_status live(struct world *world, gemml_model *model)
{
    gemml_fit_options options = GEMML_FIT_OPTIONS_INIT;
    gemml_trainer *trainer = NULL;
    options.valid = &world->valid_classes;
    TRY_CALL(CALL(gemml_trainer_create, &trainer, model, &world->classes, &options));
    gemml_status status = take_steps(trainer, &world->valid_classes);
    if (status == GEMML_OK)
        status = tell(world, trainer);
    if (status == GEMML_OK)
        status = CALL(gemml_trainer_finish, trainer, NULL);
    CALL(gemml_trainer_free, trainer);
    return status;
}

static gemml_status train_by_hand(struct world *world)
{
    gemml_model *model = NULL;
    TRY_CALL(new_network(&model));
    gemml_status status = live(world, model);
    CALL(gemml_model_free, model);
    return status;
}

const struct scenario trainer_scenarios[] = {{"train by hand", train_by_hand}};
const size_t trainer_scenario_count = sizeof trainer_scenarios / sizeof *trainer_scenarios;

/* Models: creating, fitting, predicting, judging, describing, saving. */
#include "scenarios.h"

/* ---- Fits ------------------------------------------------------------------------- */

static void note_fit(struct world *world, const gemml_model *model)
{
    const void *parameters;
    size_t count;
    gemml_fit_info info = GEMML_FIT_INFO_INIT;
    gemml_model_info is = GEMML_MODEL_INFO_INIT;
    if (CALL(gemml_parameters, model, &parameters, &count) || CALL(gemml_get_fit_info, model, &info) ||
        CALL(gemml_model_get_info, model, &is))
        return;
    world_note(world, parameters, count * (is.dtype == GEMML_F64 ? sizeof(double) : sizeof(float)));
    world_note(world, &info.objective, sizeof info.objective);
    world_note_text(world, CALL(gemml_outcome_string, info.outcome));
    world_note_text(world, info.notice);
}

/* Fits a model that was just made, and frees it. */
static gemml_status fit_and_free(struct world *world, gemml_model *model, const gemml_dataset *data,
                                 const gemml_fit_options *options)
{
    gemml_status status = CALL(gemml_fit, model, data, options, NULL);
    if (status == GEMML_OK)
        note_fit(world, model);
    CALL(gemml_model_free, model);
    return status;
}

static gemml_status refit(struct world *world, gemml_model *model, const gemml_dataset *data)
{
    world->subject = model;
    TRY_CALL(CALL(gemml_fit, model, data, NULL, NULL));
    note_fit(world, model);
    return GEMML_OK;
}

static gemml_status refit_linear(struct world *world)
{
    return refit(world, world->simple, &world->values);
}

static gemml_status refit_logistic(struct world *world)
{
    return refit(world, world->logistic, &world->classes);
}

static gemml_status fit_linear(struct world *world, gemml_solver solver, gemml_dtype dtype, double l2)
{
    gemml_linear_options options = GEMML_LINEAR_OPTIONS_INIT;
    gemml_model *model = NULL;
    options.solver = solver;
    options.dtype = dtype;
    options.l2 = l2;
    options.scaling = GEMML_SCALING_MINMAX;
    options.target_scaling = GEMML_SCALING_STANDARDIZE;
    options.epochs = 4;
    options.batch = 32;
    TRY_CALL(CALL(gemml_linear_create, &model, &options));
    return fit_and_free(world, model, &world->values, NULL);
}

static gemml_status fit_cholesky(struct world *world)
{
    return fit_linear(world, GEMML_SOLVER_CHOLESKY, GEMML_F64, 0);
}

static gemml_status fit_least_loo(struct world *world)
{
    return fit_linear(world, GEMML_SOLVER_AUTO, GEMML_F64, GEMML_AUTO);
}

static gemml_status fit_qr(struct world *world)
{
    return fit_linear(world, GEMML_SOLVER_QR, GEMML_F64, 0);
}

static gemml_status fit_svd(struct world *world)
{
    return fit_linear(world, GEMML_SOLVER_SVD, GEMML_F64, 0.5);
}

static gemml_status fit_linear_lbfgs(struct world *world)
{
    return fit_linear(world, GEMML_SOLVER_LBFGS, GEMML_F64, 0);
}

static gemml_status fit_descent(struct world *world)
{
    return fit_linear(world, GEMML_SOLVER_DESCENT, GEMML_F32, 0.5);
}

/* Fewer rows than coefficients: a deficient rank, with the notices that this brings. */
static gemml_status fit_few_rows(struct world *world)
{
    gemml_dataset data = world->values;
    gemml_model *model = NULL;
    data.x.rows = data.y.rows = data.weight.rows = WORLD_FEATURES - 1;
    TRY_CALL(CALL(gemml_linear_create, &model, NULL));
    return fit_and_free(world, model, &data, NULL);
}

static gemml_status fit_logistic(struct world *world, gemml_solver solver, const gemml_dataset *data)
{
    gemml_logistic_options options = GEMML_LOGISTIC_OPTIONS_INIT;
    gemml_model *model = NULL;
    options.solver = solver;
    options.class_weighting = GEMML_CLASS_WEIGHT_BALANCED;
    options.max_iterations = 20;
    TRY_CALL(CALL(gemml_logistic_create, &model, &options));
    return fit_and_free(world, model, data, NULL);
}

static gemml_status fit_newton(struct world *world)
{
    return fit_logistic(world, GEMML_SOLVER_NEWTON, &world->two);
}

static gemml_status fit_logistic_lbfgs(struct world *world)
{
    return fit_logistic(world, GEMML_SOLVER_LBFGS, &world->classes);
}

static gemml_status fit_logistic_descent(struct world *world)
{
    return fit_logistic(world, GEMML_SOLVER_DESCENT, &world->two);
}

static gemml_status fit_separated(struct world *world)
{
    return fit_logistic(world, GEMML_SOLVER_AUTO, &world->apart);
}

static gemml_status create_given_weights(struct world *world)
{
    const double weights[] = {1, 2, 3};
    gemml_logistic_options options = GEMML_LOGISTIC_OPTIONS_INIT;
    gemml_model *model = NULL;
    options.classes = WORLD_CLASSES;
    options.class_weighting = GEMML_CLASS_WEIGHT_GIVEN;
    options.class_weight = weights;
    TRY_CALL(CALL(gemml_logistic_create, &model, &options));
    return fit_and_free(world, model, &world->classes, NULL);
}

/* ---- Networks --------------------------------------------------------------------------- */

static gemml_mlp_options network_options(gemml_mlp_task task)
{
    static const size_t hidden[] = {6, 3};
    static const gemml_activation activations[] = {GEMML_ACTIVATION_GELU, GEMML_ACTIVATION_TANH};
    gemml_mlp_options options = GEMML_MLP_OPTIONS_INIT;
    options.task = task;
    options.hidden = hidden;
    options.hidden_count = 2;
    options.activations = activations;
    options.epochs = 3;
    options.batch = 64;
    options.dropout = 0.1;
    return options;
}

static gemml_status fit_network(struct world *world)
{
    gemml_mlp_options options = network_options(GEMML_TASK_REGRESSION);
    gemml_fit_options fit = GEMML_FIT_OPTIONS_INIT;
    gemml_model *model = NULL;
    fit.valid = &world->valid;
    fit.record = 1;
    TRY_CALL(CALL(gemml_mlp_create, &model, &options));
    return fit_and_free(world, model, &world->values, &fit);
}

static gemml_status fit_network_lbfgs(struct world *world)
{
    gemml_mlp_options options = network_options(GEMML_TASK_CLASSIFICATION);
    gemml_model *model = NULL;
    options.solver = GEMML_SOLVER_LBFGS;
    options.dtype = GEMML_F64;
    options.dropout = 0;
    TRY_CALL(CALL(gemml_mlp_create, &model, &options));
    return fit_and_free(world, model, &world->classes, NULL);
}

/* A run that leaves a checkpoint, and one that goes on from it. */
static gemml_status fit_from_checkpoint(struct world *world)
{
    gemml_mlp_options options = network_options(GEMML_TASK_CLASSIFICATION);
    gemml_fit_options fit = GEMML_FIT_OPTIONS_INIT;
    for (int run = 0; run < 2; run++) {
        gemml_model *model = NULL;
        fit.checkpoint = world->checkpoint;
        fit.resume = run;
        options.epochs = run ? 3 : 2;
        TRY_CALL(CALL(gemml_mlp_create, &model, &options));
        TRY_CALL(fit_and_free(world, model, &world->classes, &fit));
    }
    return GEMML_OK;
}

static gemml_status tell_network(struct world *world)
{
    gemml_mlp_options options = GEMML_MLP_OPTIONS_INIT;
    gemml_layer_info layer = GEMML_LAYER_INFO_INIT;
    gemml_layer_statistics statistics = GEMML_LAYER_STATISTICS_INIT;
    char text[4096];
    size_t length;
    world->subject = world->network;
    TRY_CALL(CALL(gemml_mlp_get_options, world->network, &options));
    TRY_CALL(CALL(gemml_layer, world->network, 1, &layer));
    TRY_CALL(CALL(gemml_layer_get_statistics, world->network, 1, NULL, &statistics));
    TRY_CALL(CALL(gemml_describe, world->network, text, sizeof text, &length));
    TRY_CALL(CALL(gemml_recall, world->network, 0));
    world_note(world, &statistics.weight.norm, sizeof(double));
    world_note_text(world, text);
    world_note_text(world, layer.activation);
    world_note_text(world, CALL(gemml_activation_string, options.activation));
    world_note_text(world, CALL(gemml_optimizer_string, options.optimizer));
    world_note_text(world, CALL(gemml_schedule_string, options.schedule));
    world_note_text(world, CALL(gemml_initialisation_string, options.initialisation));
    return GEMML_OK;
}

/* ---- Predictions ---------------------------------------------------------------------------- */

static gemml_status predict_values(struct world *world)
{
    size_t n = world->n, K = WORLD_OUTPUTS;
    world->subject = world->linear;
    TRY_CALL(CALL(gemml_predict, world->linear, world->values.x, gemml_matrix_f64(world->out, n, K)));
    world_note_out(world, n * K);
    TRY_CALL(CALL(gemml_predict, world->linear, world->values.x, gemml_matrix_f32(world->out32, n, K)));
    world_note(world, world->out32, n * K * sizeof(float));
    return GEMML_OK;
}

static gemml_status predict_classes(struct world *world, gemml_model *model)
{
    world->subject = model;
    TRY_CALL(CALL(gemml_predict, model, world->values.x, gemml_matrix_f64(world->out, world->n, 1)));
    world_note_out(world, world->n);
    return GEMML_OK;
}

static gemml_status predict_three_classes(struct world *world)
{
    return predict_classes(world, world->logistic);
}

static gemml_status predict_two_classes(struct world *world)
{
    return predict_classes(world, world->binomial);
}

static gemml_status predict_by_network(struct world *world)
{
    return predict_classes(world, world->network);
}

static gemml_status predict_with_scratch(struct world *world)
{
    world->subject = world->logistic;
    if (CALL(gemml_predict_scratch_size, world->logistic, world->values.x) > world->scratch_bytes)
        return GEMML_ERROR_ARGUMENT;
    TRY_CALL(CALL(gemml_predict_scratch, world->logistic, world->values.x, gemml_matrix_f64(world->out, world->n, 1),
                  world->scratch, world->scratch_bytes));
    world_note_out(world, world->n);
    return GEMML_OK;
}

static gemml_status predict_probabilities(struct world *world)
{
    gemml_matrix out = gemml_matrix_f64(world->out, world->n, WORLD_CLASSES);
    world->subject = world->network;
    TRY_CALL(CALL(gemml_predict_proba, world->network, world->values.x, out));
    world_note_out(world, world->n * WORLD_CLASSES);
    TRY_CALL(CALL(gemml_decision, world->network, world->values.x, out));
    world_note_out(world, world->n * WORLD_CLASSES);
    return GEMML_OK;
}

static gemml_status invert_link(struct world *world)
{
    world->subject = world->binomial;
    gemml_view others = gemml_view_f64(world->x, 1, WORLD_FEATURES);
    TRY_CALL(CALL(gemml_inverse_link, world->binomial, 0.25, 0, others, world->out));
    world_note_out(world, 1);
    return GEMML_OK;
}

static gemml_status predict_intervals(struct world *world)
{
    world->subject = world->linear;
    TRY_CALL(CALL(gemml_predict_interval, world->linear, world->values.x, 0.9, GEMML_INTERVAL_PREDICTION,
                  gemml_matrix_f64(world->out, world->n, 3 * WORLD_OUTPUTS)));
    world_note_out(world, world->n * 3 * WORLD_OUTPUTS);
    return GEMML_OK;
}

/* ---- Judging ----------------------------------------------------------------------------------- */

static gemml_status score_values(struct world *world)
{
    gemml_metrics metrics = GEMML_METRICS_INIT;
    world->subject = world->linear;
    TRY_CALL(CALL(gemml_score, world->linear, &world->values, &metrics));
    world_note(world, &metrics.r2, sizeof metrics.r2);
    return GEMML_OK;
}

static gemml_status score_all_classes(struct world *world)
{
    gemml_metrics metrics = GEMML_METRICS_INIT;
    double *out = world->out;
    world->subject = world->logistic;
    TRY_CALL(CALL(gemml_score, world->logistic, &world->classes, &metrics));
    TRY_CALL(CALL(gemml_score_classes, world->logistic, &world->classes, gemml_matrix_f64(out, 3, 3),
                  gemml_matrix_f64(out + 9, 3, 4), gemml_matrix_f64(out + 21, GEMML_CALIBRATION_BINS, 4)));
    world_note_out(world, 21);
    world_note(world, &metrics.auc, sizeof metrics.auc);
    return GEMML_OK;
}

static gemml_status trace_roc(struct world *world)
{
    gemml_roc roc = GEMML_ROC_INIT;
    world->subject = world->binomial;
    TRY_CALL(CALL(gemml_roc_curve, world->binomial, &world->two, 1, &roc));
    world_note(world, roc.tpr, roc.points * sizeof *roc.tpr);
    CALL(gemml_roc_free, &roc);
    return GEMML_OK;
}

static gemml_status take_gradient(struct world *world)
{
    world->subject = world->network;
    TRY_CALL(CALL(gemml_loss_gradient, world->network, &world->classes, world->out, world->out32));
    world_note_out(world, 1);
    return GEMML_OK;
}

static gemml_status check_normal_equations(struct world *world)
{
    gemml_normal_equations check = GEMML_NORMAL_EQUATIONS_INIT;
    world->subject = world->linear;
    TRY_CALL(CALL(gemml_normal_equation_check, world->linear, &world->values, &check));
    world_note(world, &check.residual, sizeof check.residual);
    return GEMML_OK;
}

/* ---- Inference ------------------------------------------------------------------------------------ */

static gemml_status infer_coefficients(struct world *world)
{
    enum { ROWS = WORLD_FEATURES + 1 };
    double *out = world->out;
    gemml_summary summary = GEMML_SUMMARY_INIT;
    world->subject = world->linear;
    TRY_CALL(CALL(gemml_get_summary, world->linear, &summary));
    TRY_CALL(CALL(gemml_coefficients, world->linear, gemml_matrix_f64(out, ROWS, WORLD_OUTPUTS)));
    TRY_CALL(CALL(gemml_coefficient_table, world->linear, 0, GEMML_ERRORS_HC2, gemml_matrix_f64(out + 50, ROWS, 4)));
    TRY_CALL(CALL(gemml_confidence_interval, world->linear, 1, GEMML_ERRORS_CLASSICAL, 0.9,
                  gemml_matrix_f64(out + 100, ROWS, 2)));
    TRY_CALL(CALL(gemml_covariance, world->linear, 0, gemml_matrix_f64(out + 150, ROWS, ROWS)));
    world_note_out(world, ROWS * WORLD_OUTPUTS);
    world_note(world, out + 150, ROWS * ROWS * sizeof *out);
    world_note(world, summary.std_error, ROWS * sizeof *out);
    return GEMML_OK;
}

static gemml_status infer_robust_errors(struct world *world)
{
    gemml_matrix out = gemml_matrix_f64(world->out, WORLD_FEATURES + 1, WORLD_OUTPUTS);
    world->subject = world->linear;
    TRY_CALL(CALL(gemml_robust_errors, world->linear, &world->values, GEMML_ERRORS_HC2, out));
    world_note_out(world, (WORLD_FEATURES + 1) * WORLD_OUTPUTS);
    return GEMML_OK;
}

static gemml_status infer_influence(struct world *world)
{
    size_t n = world->n;
    world->subject = world->linear;
    TRY_CALL(CALL(gemml_influence, world->linear, &world->values, gemml_matrix_f64(world->out, n, 1),
                  gemml_matrix_f64(world->out + n, n, WORLD_OUTPUTS)));
    world_note_out(world, n * (1 + WORLD_OUTPUTS));
    return GEMML_OK;
}

/* ---- Files -------------------------------------------------------------------------------------------- */

static gemml_status save_and_load(struct world *world, gemml_model *model)
{
    gemml_model *loaded = NULL;
    world->subject = model;
    TRY_CALL(CALL(gemml_save, model, world->target));
    TRY_CALL(CALL(gemml_load, &loaded, world->target));
    note_fit(world, loaded);
    CALL(gemml_model_free, loaded);
    return GEMML_OK;
}

static gemml_status save_linear(struct world *world)
{
    return save_and_load(world, world->linear);
}

static gemml_status save_logistic(struct world *world)
{
    return save_and_load(world, world->binomial);
}

static gemml_status save_network(struct world *world)
{
    return save_and_load(world, world->network);
}

static gemml_status load_from_memory(struct world *world)
{
    gemml_model *loaded = NULL;
    TRY_CALL(CALL(gemml_load_memory, &loaded, world->bytes, world->byte_count));
    note_fit(world, loaded);
    CALL(gemml_model_free, loaded);
    return GEMML_OK;
}

const struct scenario model_scenarios[] = {
    {"refit a linear model", refit_linear},
    {"refit a logistic model", refit_logistic},
    {"fit by Cholesky", fit_cholesky},
    {"fit by least leave-one-out error", fit_least_loo},
    {"fit by QR", fit_qr},
    {"fit by SVD", fit_svd},
    {"fit by L-BFGS", fit_linear_lbfgs},
    {"fit by descent", fit_descent},
    {"fit few rows", fit_few_rows},
    {"fit by Newton", fit_newton},
    {"fit classes by L-BFGS", fit_logistic_lbfgs},
    {"fit classes by descent", fit_logistic_descent},
    {"fit separated classes", fit_separated},
    {"fit with given class weights", create_given_weights},
    {"fit a network", fit_network},
    {"fit a network by L-BFGS", fit_network_lbfgs},
    {"fit from a checkpoint", fit_from_checkpoint},
    {"tell of a network", tell_network},
    {"predict values", predict_values},
    {"predict three classes", predict_three_classes},
    {"predict two classes", predict_two_classes},
    {"predict by a network", predict_by_network},
    {"predict with scratch", predict_with_scratch},
    {"predict probabilities", predict_probabilities},
    {"invert the link", invert_link},
    {"predict intervals", predict_intervals},
    {"score values", score_values},
    {"score classes", score_all_classes},
    {"trace a ROC curve", trace_roc},
    {"take a gradient", take_gradient},
    {"check the normal equations", check_normal_equations},
    {"infer coefficients", infer_coefficients},
    {"infer robust errors", infer_robust_errors},
    {"infer influence", infer_influence},
    {"save and load a linear model", save_linear},
    {"save and load a logistic model", save_logistic},
    {"save and load a network", save_network},
    {"load from memory", load_from_memory},
};
const size_t model_scenario_count = sizeof model_scenarios / sizeof *model_scenarios;

/* A small network with all that may stand in its file. */
#ifndef GEMML_TESTS_IO_NETWORK_FIXTURE_H
#define GEMML_TESTS_IO_NETWORK_FIXTURE_H

#include "api/network.h"

enum { NETWORK_ROWS = 30 };

/* Three classes in a network with all that may stand in its file: layers of their own kind,
 * class weights, a validation, recorded parameters. */
static inline gemml_mlp_options rich_options(void)
{
    static const size_t hidden[] = {4, 3};
    static const gemml_activation activations[] = {GEMML_ACTIVATION_TANH, GEMML_ACTIVATION_RELU};
    static const int biases[] = {1, 0, 1};
    static const double weights[] = {1, 2, 0.5};
    gemml_mlp_options options = GEMML_MLP_OPTIONS_INIT;
    options.task = GEMML_TASK_CLASSIFICATION;
    options.hidden = hidden;
    options.hidden_count = 2;
    options.activations = activations;
    options.biases = biases;
    options.classes = 3;
    options.class_weighting = GEMML_CLASS_WEIGHT_GIVEN;
    options.class_weight = weights;
    options.dtype = GEMML_F64;
    options.batch = 10;
    options.epochs = 6;
    return options;
}

/* Trains it; `goes_on` from the checkpoint. */
static inline gemml_status train_rich(gemml_model *model, const char *checkpoint, bool goes_on)
{
    double x[2 * NETWORK_ROWS], y[NETWORK_ROWS];
    for (size_t i = 0; i < 2 * NETWORK_ROWS; i++)
        x[i] = (double)(i * 37 % 19) / 7;
    for (size_t i = 0; i < NETWORK_ROWS; i++)
        y[i] = (double)(i % 3);
    gemml_dataset data = GEMML_DATASET_INIT;
    data.x = gemml_view_f64(x, NETWORK_ROWS, 2);
    data.y = gemml_view_f64(y, NETWORK_ROWS, 1);
    gemml_fit_options fit = GEMML_FIT_OPTIONS_INIT;
    fit.valid = &data;
    fit.record = 2;
    fit.checkpoint = checkpoint;
    fit.resume = goes_on;
    return gemml_fit(model, &data, &fit, NULL);
}

#endif

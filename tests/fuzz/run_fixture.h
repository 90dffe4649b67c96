/* The run that checkpoints are made of and read into: a network of 2-2-1 with Adam over 4 rows. */
#ifndef GEMML_TESTS_FUZZ_RUN_FIXTURE_H
#define GEMML_TESTS_FUZZ_RUN_FIXTURE_H

#include "io/checkpoint.h"
#include "train/trainer.h"

enum { FIXTURE_ROWS = 4, FIXTURE_EPOCHS = 3 };

struct run_fixture {
    struct gemml_model *model; /* whose options the file must have */
    struct checkpoint_data data;
    struct chain chain;
    double theta[16];
    struct view_source source;
    struct training training;
    struct fit_record record;
};

static const double fixture_x[FIXTURE_ROWS * 2] = {0, 0, 0, 1, 1, 0, 1, 1}, fixture_y[FIXTURE_ROWS] = {0, 1, 1, 0};

static inline void run_fixture_make(struct run_fixture *fixture)
{
    const size_t sizes[] = {2, 2, 1};
    const enum activation activations[] = {ACTIVATION_TANH, ACTIVATION_IDENTITY};
    const bool bias[] = {true, true};
    *fixture = (struct run_fixture){.data = {{FIXTURE_ROWS, 0}, {0x0123456789abcdef, 0}}};
    REQUIRE(model_new(&fixture->model, GEMML_MLP) == GEMML_OK);
    gemml_mlp_options_init(&fixture->model->mlp);
    fixture->model->mlp.dtype = GEMML_F64;
    REQUIRE(chain_make(&fixture->chain, 2, sizes, activations, bias, LOSS_SQUARED_ERROR) == GEMML_OK);
    fixture->source = view_source_f64(gemml_view_f64(fixture_x, FIXTURE_ROWS, 2),
                                      gemml_view_f64(fixture_y, FIXTURE_ROWS, 1), (gemml_view)GEMML_EMPTY_VIEW);
}

/* A trainer at the start of a run. */
static inline void run_fixture_start(struct run_fixture *fixture, struct trainer *trainer)
{
    for (size_t i = 0; i < fixture->chain.parameters; i++)
        fixture->theta[i] = i % 2 ? 0.5 : -0.25;
    fixture->training = (struct training){.epochs = FIXTURE_EPOCHS,
                                          .iterations = SIZE_MAX,
                                          .batch = 2,
                                          .patience = 2,
                                          .tolerance = (double)NAN,
                                          .rate = 0.125,
                                          .optimizer = {.rule = OPTIMIZER_ADAM,
                                                        .momentum = (double)NAN,
                                                        .decay = (double)NAN,
                                                        .beta1 = (double)NAN,
                                                        .beta2 = (double)NAN,
                                                        .epsilon = (double)NAN},
                                          .seed = fixture->model->mlp.seed,
                                          .sum_weight = FIXTURE_ROWS,
                                          .record_every = 1,
                                          .time_budget = (double)NAN};
    fit_record_free(&fixture->record);
    fixture->record = (struct fit_record){0};
    REQUIRE(trainer_create_f64(trainer, &fixture->chain, fixture->theta, &fixture->source, &fixture->training,
                               &fixture->record) == GEMML_OK);
}

static inline void run_fixture_free(struct run_fixture *fixture)
{
    fit_record_free(&fixture->record);
    chain_free(&fixture->chain);
    model_discard(fixture->model);
}

#endif

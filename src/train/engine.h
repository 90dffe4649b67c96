/* The seam between dtype tags (above) and reals (below): what is compiled once
 * per precision, as a table of functions. */
#ifndef GEMML_TRAIN_ENGINE_H
#define GEMML_TRAIN_ENGINE_H

#include "chain/model.h"
#include "train/state.h"

/* Rows that predict takes at once: callers cut there, so that a row's place in
 * its strip, and with it its bits, depend on the caller's first row alone. */
#define PREDICT_ROWS 192

struct objective; /* chain/objective.h */
struct trainer;   /* train/trainer.h */

/* What a model tells of a row. */
enum output {
    OUTPUT_ACTIVATION,  /* A_L: K */
    OUTPUT_DECISION,    /* Z_L: K */
    OUTPUT_PROBABILITY, /* of each class: two for one output, else K */
    OUTPUT_CLASS        /* the index of the most probable class: 1 */
};

/* Columns of an output. */
static inline size_t output_columns(const struct chain *chain, enum output output)
{
    return output == OUTPUT_CLASS ? 1 : output == OUTPUT_PROBABILITY ? chain_classes(chain) : chain_outputs(chain);
}

/* What gemml_predict gives. */
static inline enum output output_predicted(const struct chain *chain)
{
    return chain_classes(chain) > 0 ? OUTPUT_CLASS : OUTPUT_ACTIVATION;
}

struct engine {
    /* Bytes that predict needs. */
    size_t (*predict_bytes)(const struct fitted *fitted, const gemml_view *x);

    /* out (count x K; any stride, f64 or f32) = predictions of rows first ..
     * first + count - 1 of x, count <= PREDICT_ROWS. memory is aligned. out is
     * written only when the call succeeds. Errors: NONFINITE. */
    gemml_status (*predict)(const struct fitted *fitted, const gemml_view *x, size_t first, size_t count, void *memory,
                            const gemml_matrix *out);

    /* The same for what else a model tells of a row: see enum output. */
    gemml_status (*outputs)(const struct fitted *fitted, enum output output, const gemml_view *x, size_t first,
                            size_t count, void *memory, const gemml_matrix *out);

    /* loss = sum w loss / sum w; gradient (parameters of dtype, or NULL) =
     * dF/dtheta / sum w. Errors: NONFINITE, MEMORY. */
    gemml_status (*objective)(const struct fitted *fitted, const gemml_dataset *data, double lambda, double *loss,
                              void *gradient);

    /* The objective of a chain without penalty at theta (of dtype), after an input map
     * (NULL: the identity), over `rows` rows: those of `order`, or (NULL) the first;
     * gradient (of dtype, or NULL) = sum_i w_i dloss_i/dtheta. A sum that is not finite is
     * no error. Errors: MEMORY. */
    gemml_status (*evaluate)(const struct chain *chain, const void *theta, const struct input_map *map,
                             const gemml_dataset *data, const size_t *order, size_t rows, struct objective *objective,
                             void *gradient);

    /* First parameters; see initialise.h. */
    void (*initialise)(const struct chain *chain, enum initialisation rule, uint64_t seed, void *theta);

    /* A trainer that moves fitted->parameters from where they stand, or from
     * training->resume, and fills fitted->record, but for the solver and notices, as it goes.
     * It borrows all of its arguments. Its forward pass is outputs() of the fitted state.
     *
     * make has also ARGUMENT for a state of another run. run is epoch until over, and
     * finish. backward adds the gradient of a batch of any rows, in the columns of `data`,
     * and gives its loss; gradient is that of F / sum w over all that was added,
     * owned by the trainer. evaluate measures rows as a validation does.
     * See trainer.h for the others. */
    gemml_status (*trainer_make)(struct trainer **trainer, struct fitted *fitted, const gemml_dataset *data,
                                 struct training *training);
    void (*trainer_release)(struct trainer *trainer); /* NULL is allowed */
    gemml_status (*trainer_backward)(struct trainer *trainer, const gemml_dataset *batch, double *loss);
    gemml_status (*trainer_next)(struct trainer *trainer, double *loss);
    void *(*trainer_gradient)(struct trainer *trainer);
    void (*trainer_zero_gradient)(struct trainer *trainer);
    bool (*trainer_step)(struct trainer *trainer);
    gemml_status (*trainer_evaluate)(const struct trainer *trainer, const gemml_dataset *data,
                                     struct validation *validation);
    bool (*trainer_over)(const struct trainer *trainer);
    gemml_status (*trainer_run)(struct trainer *trainer);
    gemml_status (*trainer_epoch)(struct trainer *trainer);
    gemml_status (*trainer_finish)(struct trainer *trainer);
    struct train_state (*trainer_export)(const struct trainer *trainer);
};

extern const struct engine engine_f32, engine_f64;

static inline const struct engine *engine_of(gemml_dtype dtype)
{
    return dtype == GEMML_F32 ? &engine_f32 : &engine_f64;
}

#endif

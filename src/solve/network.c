/* A network from its options. For p inputs, hidden layers of n_1 .. n_{L-1} units and
 * K outputs the chain is p - n_1 - ... - n_{L-1} - K; a classification ends in one
 * sigmoid for two classes, else in the softmax of K. */
#include "solve/network.h"

#include <math.h>

#include "chain/notice.h"
#include "data/scaler.h"
#include "fold/columns.h"
#include "stats/regression.h"
#include "train/engine.h"

/* ---- The chain ----------------------------------------------------------------- */

/* Of layers without hidden_count. */
static const size_t default_hidden[] = {64, 32};

static size_t hidden_count(const gemml_mlp_options *options)
{
    return options->hidden_count == GEMML_AUTO_COUNT ? sizeof default_hidden / sizeof *default_hidden
                                                     : options->hidden_count;
}

static size_t output_count(const struct network_problem *problem)
{
    return problem->classes == 0 ? problem->data.y.cols : problem->classes == 2 ? 1 : problem->classes;
}

static enum activation output_activation(const struct network_problem *problem)
{
    if (problem->classes == 0)
        return (enum activation)problem->options->output_activation;
    return problem->classes == 2 ? ACTIVATION_SIGMOID : ACTIVATION_SOFTMAX;
}

/* One for each layer; sizes[0] is that of the inputs. */
struct shape {
    size_t *sizes;
    enum activation *activations;
    bool *bias;
};

static void shape_free(struct shape *shape)
{
    memory_free(shape->sizes);
    memory_free(shape->activations);
    memory_free(shape->bias);
}

static gemml_status shape_alloc(struct shape *shape, size_t layers)
{
    TRY(memory_alloc(&shape->sizes, layers + 1, sizeof *shape->sizes));
    TRY(memory_alloc(&shape->activations, layers, sizeof *shape->activations));
    return memory_alloc(&shape->bias, layers, sizeof *shape->bias);
}

static void shape_fill(struct shape *shape, const struct network_problem *problem)
{
    const gemml_mlp_options *options = problem->options;
    size_t hidden = hidden_count(options);
    const size_t *units = options->hidden_count == GEMML_AUTO_COUNT ? default_hidden : options->hidden;
    shape->sizes[0] = problem->data.x.cols;
    for (size_t l = 0; l < hidden; l++) {
        shape->sizes[l + 1] = units[l];
        shape->activations[l] = (enum activation)(options->activations ? options->activations[l] : options->activation);
    }
    shape->sizes[hidden + 1] = output_count(problem);
    shape->activations[hidden] = output_activation(problem);
    for (size_t l = 0; l <= hidden; l++)
        shape->bias[l] = (options->biases ? options->biases[l] : options->bias) != 0;
}

static gemml_status make_chain(struct chain *chain, const struct network_problem *problem)
{
    struct shape shape = {0};
    size_t layers = hidden_count(problem->options) + 1;
    gemml_status status = shape_alloc(&shape, layers);
    if (status == GEMML_OK) {
        shape_fill(&shape, problem);
        status = chain_make(chain, layers, shape.sizes, shape.activations, shape.bias,
                            problem->classes > 0 ? LOSS_CROSS_ENTROPY : LOSS_SQUARED_ERROR);
    }
    shape_free(&shape);
    return status;
}

/* ---- The maps ------------------------------------------------------------------ */

/* Outputs behind another activation have a range of their own, which standardized targets leave. */
static gemml_scaling target_scaling(const struct network_problem *problem)
{
    const gemml_mlp_options *options = problem->options;
    bool bounded = options->output_activation != GEMML_ACTIVATION_IDENTITY;
    if (problem->classes > 0 || (bounded && options->target_scaling == GEMML_SCALING_STANDARDIZE))
        return GEMML_SCALING_NONE;
    return options->target_scaling;
}

static bool is_finite(const struct columns *columns)
{
    double sum = 0;
    for (size_t j = 0; j < columns->count; j++)
        sum += columns->variance[j] * 0 + columns->mean[j] * 0; /* NaN when one is not finite */
    return sum == 0;
}

static gemml_status fit_maps(struct fitted *fitted, const struct network_problem *problem)
{
    const gemml_mlp_options *options = problem->options;
    struct scaling inputs = {options->scaling, options->range_low, options->range_high}, targets = inputs;
    struct view_source source = view_source_f64(problem->data.x, problem->data.y, problem->data.weight);
    struct columns columns;
    targets.kind = target_scaling(problem);
    TRY(columns_fold(&columns, &source.source));
    gemml_status status = is_finite(&columns) ? GEMML_OK : source_explain_nonfinite_f64(&source);
    if (status == GEMML_OK)
        status = scaler_fit(&fitted->map, inputs, problem->data.x.cols, &columns, problem->schema);
    if (status == GEMML_OK && problem->classes == 0)
        status = scaler_fit_targets(&fitted->target_map, targets, problem->data.x.cols, &columns);
    columns_free(&columns);
    return status;
}

static gemml_status lay_out(struct fitted *fitted, const struct network_problem *problem)
{
    const gemml_mlp_options *options = problem->options;
    TRY(make_chain(&fitted->chain, problem));
    fitted->dtype = options->dtype;
    fitted->map.inputs = chain_inputs(&fitted->chain);
    TRY(memory_alloc(&fitted->parameters, fitted->chain.parameters, dtype_size(fitted->dtype)));
    engine_of(fitted->dtype)
        ->initialise(&fitted->chain, (enum initialisation)options->initialisation, options->seed, fitted->parameters);
    return fit_maps(fitted, problem);
}

/* ---- The run ------------------------------------------------------------------- */

static size_t default_batch(size_t n)
{
    size_t share = n / 100;
    return share < 32 ? 32 : share > 256 ? 256 : share;
}

/* The epochs of so many steps: small tables take many, large ones are not gone through for hours. */
static size_t default_epochs(size_t n, size_t rows_of_step)
{
    size_t steps = (n - 1) / rows_of_step + 1, epochs = 20000 / steps;
    return epochs < 20 ? 20 : epochs > 2000 ? 2000 : epochs;
}

static double default_rate(gemml_optimizer optimizer)
{
    bool adaptive =
        optimizer == GEMML_OPTIMIZER_RMSPROP || optimizer == GEMML_OPTIMIZER_ADAM || optimizer == GEMML_OPTIMIZER_ADAMW;
    return adaptive ? 1e-3 : 1e-2;
}

static struct optimizer_settings optimizer_of(const gemml_mlp_options *options)
{
    return (struct optimizer_settings){.rule = (enum optimizer)options->optimizer,
                                       .momentum = options->momentum,
                                       .decay = options->decay,
                                       .beta1 = options->beta1,
                                       .beta2 = options->beta2,
                                       .epsilon = options->epsilon,
                                       .weight_decay = options->weight_decay};
}

static struct schedule schedule_of(const gemml_mlp_options *options)
{
    return (struct schedule){.kind = (enum schedule_kind)options->schedule,
                             .factor = options->schedule_factor,
                             .every = options->schedule_every == GEMML_AUTO_COUNT ? 0 : options->schedule_every,
                             .floor = options->schedule_floor,
                             .warmup = options->warmup,
                             .start_divisor = options->start_divisor,
                             .end_divisor = options->end_divisor};
}

static void take_settings(struct training *training, const struct network_problem *problem)
{
    const gemml_mlp_options *options = problem->options;
    size_t n = problem->data.x.rows, batch = options->batch == GEMML_AUTO_COUNT ? default_batch(n) : options->batch;
    bool patient = options->patience != GEMML_AUTO_COUNT;
    training->batch = batch < n ? batch : n;
    training->accumulate = options->accumulate;
    training->epochs = options->epochs != GEMML_AUTO_COUNT
                           ? options->epochs
                           : default_epochs(n, memory_product(training->batch, training->accumulate));
    training->iterations = options->max_iterations;
    training->patience = patient ? options->patience : 20;
    training->tolerance = isnan(options->tolerance) && (training->valid || patient) ? 0 : options->tolerance;
    training->rate = isnan(options->rate) ? default_rate(options->optimizer) : options->rate;
    training->optimizer = optimizer_of(options);
    training->schedule = schedule_of(options);
    training->dropout = options->dropout;
    training->clip = options->clip;
    training->lambda = options->l2;
    training->sum_weight = problem->sum_weight;
    training->seed = options->seed;
    training->valid_every = options->valid_every;
}

gemml_status network_prepare(struct fitted *fitted, const struct network_problem *problem, struct training *training)
{
    TRY(lay_out(fitted, problem));
    take_settings(training, problem);
    return GEMML_OK;
}

static gemml_status note_outcome(struct fit_record *record, const struct training *training)
{
    if (record->outcome != GEMML_DIVERGED)
        return GEMML_OK;
    return notice_add(record,
                      "The loss grew beyond all numbers in epoch %zu with rate %g: try a smaller rate, or a limit to "
                      "the gradient's norm. The parameters of epoch %zu are kept.",
                      record->epochs, training->rate, record->best_epoch);
}

/* ---- The summary --------------------------------------------------------------- */

static gemml_status measure_r2(struct fitted *fitted, const gemml_dataset *data)
{
    struct residual_sums sums;
    TRY(residual_sums_fold(&sums, fitted, data));
    for (size_t k = 0; k < sums.outputs; k++)
        if (sums.tss[k] > 0)
            fitted->summary.r2[k] = 1 - sums.rss[k] / sums.tss[k];
    residual_sums_free(&sums);
    return GEMML_OK;
}

static gemml_status summarise(struct fitted *fitted, const struct network_problem *problem)
{
    struct summary_record *summary = &fitted->summary;
    summary->rows = problem->data.x.rows;
    summary->sum_weight = problem->sum_weight;
    TRY(summary_lay_out(summary, chain_inputs(&fitted->chain), chain_outputs(&fitted->chain)));
    return problem->classes > 0 ? GEMML_OK : measure_r2(fitted, &problem->data);
}

gemml_status network_finish(struct fitted *fitted, const struct network_problem *problem,
                            const struct training *training)
{
    fitted->record.solver = GEMML_SOLVER_DESCENT;
    TRY(note_outcome(&fitted->record, training));
    return summarise(fitted, problem);
}

gemml_status network_fit(struct fitted *fitted, const struct network_problem *problem, struct training *training)
{
    TRY(lay_out(fitted, problem));
    TRY(network_lbfgs(fitted, problem, training));
    return summarise(fitted, problem);
}

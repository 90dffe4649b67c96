/* The change of variables, f, and the watch over its minimisation. */
#include <math.h>
#include <string.h>

#include "chain/objective.h"
#include "solve/logistic.h"
#include "solve/quadratic.h"
#include "util/clock.h"

/* Numbers of X that are copied, at most: 16 MB. */
#define MOST_COPIED ((size_t)1 << 21)

/* ---- The space ----------------------------------------------------------------- */

gemml_status logistic_space_make(struct logistic_space *space, const struct columns *columns,
                                 const struct input_map *map, bool intercept, size_t K, double lambda)
{
    size_t p = map->inputs;
    *space = (struct logistic_space){.p = p, .K = K, .intercept = intercept, .map = map};
    TRY(memory_alloc(&space->center, memory_product(3, p), sizeof *space->center));
    space->scale = space->center + p;
    space->penalty = space->scale + p;
    for (size_t j = 0; j < p; j++) {
        double shift = map->shift ? map->shift[j] : 0, t = map->scale ? map->scale[j] : 1;
        double center = intercept ? columns->mean[j] : shift, offset = columns->mean[j] - center;
        double spread = sqrt(columns->variance[j] + offset * offset);
        space->center[j] = center;
        space->scale[j] = spread > 0 && isfinite(1 / spread) ? 1 / spread : 1;
        space->penalty[j] = lambda * (space->scale[j] / t) * (space->scale[j] / t);
    }
    return GEMML_OK;
}

void logistic_space_free(struct logistic_space *space)
{
    memory_free(space->center);
    *space = (struct logistic_space){0};
}

static double map_shift(const struct logistic_space *space, size_t j)
{
    return space->map->shift ? space->map->shift[j] : 0;
}

static double map_scale(const struct logistic_space *space, size_t j)
{
    return space->map->scale ? space->map->scale[j] : 1;
}

void logistic_space_parameters(const struct logistic_space *space, const double *theta, double *parameters)
{
    size_t p = space->p, K = space->K;
    if (space->intercept)
        memcpy(parameters + p * K, theta + p * K, K * sizeof *theta);
    for (size_t j = 0; j < p; j++)
        for (size_t k = 0; k < K; k++) {
            double u = theta[j * K + k] * space->scale[j];
            parameters[j * K + k] = u / map_scale(space, j);
            if (space->intercept)
                parameters[p * K + k] += (map_shift(space, j) - space->center[j]) * u;
        }
}

void logistic_space_from_parameters(const struct logistic_space *space, const gemml_view *parameters, double *theta)
{
    size_t p = space->p, K = space->K;
    for (size_t k = 0; space->intercept && k < K; k++)
        theta[p * K + k] = view_element(parameters, 0, p * K + k);
    for (size_t j = 0; j < p; j++)
        for (size_t k = 0; k < K; k++) {
            double u = view_element(parameters, 0, j * K + k) * map_scale(space, j);
            theta[j * K + k] = u / space->scale[j];
            if (space->intercept)
                theta[p * K + k] -= (map_shift(space, j) - space->center[j]) * u;
        }
}

/* dF/dW_jk = t_j (g_jk / s_j + (m_j - a_j) g_k): c_k follows b_k and W_jk. */
double logistic_space_largest(const struct logistic_space *space, const double *gradient)
{
    size_t p = space->p, K = space->K;
    double largest = 0;
    for (size_t k = 0; k < K; k++) {
        double g = space->intercept ? gradient[p * K + k] : 0;
        largest = fmax(largest, fabs(g));
        for (size_t j = 0; j < p; j++)
            largest = fmax(largest, fabs(map_scale(space, j) * (gradient[j * K + k] / space->scale[j] +
                                                                (space->center[j] - map_shift(space, j)) * g)));
    }
    return largest;
}

/* ---- The function -------------------------------------------------------------- */

gemml_status logistic_function_make(struct logistic_function *function, const struct logistic_problem *problem,
                                    const struct logistic_space *space, const struct chain *chain, gemml_dtype dtype,
                                    bool implicit)
{
    *function = (struct logistic_function){.problem = problem,
                                           .space = space,
                                           .chain = chain,
                                           .dtype = dtype,
                                           .implicit = implicit,
                                           .data = problem->data,
                                           .rows = problem->data.x.rows,
                                           .map = {space->p, space->center, space->scale}};
    TRY(memory_alloc(&function->theta, chain->parameters, dtype_size(dtype)));
    gemml_status status = memory_alloc(&function->gradient, chain->parameters, dtype_size(dtype));
    if (status != GEMML_OK)
        logistic_function_free(function);
    return status;
}

void logistic_function_free(struct logistic_function *function)
{
    memory_free(function->theta);
    memory_free(function->gradient);
    memory_free(function->copy);
    *function = (struct logistic_function){0};
}

/* theta of the data pass: u and c themselves, or s u and c - sum m s u over x as it is. */
static void write_theta(struct logistic_function *function, const double *theta)
{
    const struct logistic_space *space = function->space;
    size_t p = space->p, K = space->K, count = function->chain->parameters;
    gemml_matrix to = {function->theta, 1, count, count, function->dtype, 0};
    for (size_t i = 0; i < p * K; i++)
        matrix_store(&to, 0, i, function->implicit ? theta[i] * space->scale[i / K] : theta[i]);
    for (size_t k = 0; space->intercept && k < K; k++) {
        double c = theta[p * K + k];
        for (size_t j = 0; function->implicit && j < p; j++)
            c -= space->center[j] * space->scale[j] * theta[j * K + k];
        matrix_store(&to, 0, p * K + k, c);
    }
}

/* And back: g_u = s (g_v - m g_b), divided by W. */
static void read_gradient(const struct logistic_function *function, double *gradient)
{
    const struct logistic_space *space = function->space;
    size_t p = space->p, K = space->K, count = function->chain->parameters;
    gemml_view from = {function->gradient, 1, count, count, function->dtype, 0};
    double W = function->problem->sum_weight;
    for (size_t i = 0; i < count; i++)
        gradient[i] = view_element(&from, 0, i) / W;
    for (size_t i = 0; function->implicit && i < p * K; i++)
        gradient[i] = space->scale[i / K] * (gradient[i] - space->center[i / K] * gradient[p * K + i % K]);
}

/* lambda_j / W of theta_i, i < p K. */
static double penalty_of(const struct logistic_function *function, size_t i)
{
    const struct logistic_space *space = function->space;
    return space->penalty[i / space->K] / function->problem->sum_weight;
}

double logistic_penalty(const struct logistic_function *function, const double *theta)
{
    double sum = 0;
    for (size_t i = 0; i < function->space->p * function->space->K; i++)
        sum += penalty_of(function, i) * theta[i] * theta[i] / 2;
    return sum;
}

/* += lambda_j u_jk / W. */
static void add_penalty(const struct logistic_function *function, const double *theta, double *gradient)
{
    for (size_t i = 0; i < function->space->p * function->space->K; i++)
        gradient[i] += penalty_of(function, i) * theta[i];
}

static gemml_view view_of(const double *data, size_t rows, size_t cols, size_t stride)
{
    return (gemml_view){data, rows, cols, stride, GEMML_F64, 0};
}

/* Not much data, or a sample of it, are mapped and gathered once. What a block has in its
 * scratch, and what it borrows, is then the data. */
static gemml_status copy_rows(struct logistic_function *function)
{
    struct view_source source = logistic_function_source(function);
    size_t rows = function->rows, p = function->data.x.cols;
    struct block block;
    if (function->implicit || function->copy || memory_product(rows, p) > MOST_COPIED)
        return GEMML_OK;
    TRY(memory_alloc(&function->copy, source.source.scratch(&source.source, rows), 1));
    TRY(source.source.block(&source.source, 0, rows, function->copy, &block));
    function->data.x = view_of(block.X, rows, p, block.ldx);
    function->data.y = view_of(block.Y, rows, function->data.y.cols, block.ldy);
    if (block.w)
        function->data.weight = view_of(block.w, rows, 1, 1);
    function->order = NULL;
    return GEMML_OK;
}

/* The mean loss and the sums of the gradient at function->theta, over the rows. */
static gemml_status pass(struct logistic_function *function)
{
    struct objective objective;
    TRY(copy_rows(function));
    TRY(engine_of(function->dtype)
            ->evaluate(function->chain, function->theta, function->implicit || function->copy ? NULL : &function->map,
                       &function->data, function->order, function->rows, &objective, function->gradient));
    function->passes++;
    function->loss = objective.loss;
    return GEMML_OK;
}

gemml_status logistic_function_evaluate(void *context, const double *theta, double *value, double *gradient)
{
    struct logistic_function *function = context;
    write_theta(function, theta);
    TRY(function->quadratic
            ? quadratic_evaluate(function->quadratic, function->theta, &function->loss, function->gradient)
            : pass(function));
    read_gradient(function, gradient);
    add_penalty(function, theta, gradient);
    *value = function->loss + logistic_penalty(function, theta);
    return GEMML_OK;
}

struct view_source logistic_function_source(const struct logistic_function *function)
{
    const gemml_dataset *data = &function->data;
    struct view_source source = view_source_f64(data->x, data->y, data->weight);
    source.shift = function->copy ? NULL : function->space->center;
    source.scale = function->copy ? NULL : function->space->scale;
    source.order = function->order;
    source.source.rows = function->rows;
    return source;
}

/* ---- The monitor --------------------------------------------------------------- */

static void end_run(struct logistic_monitor *monitor, gemml_outcome outcome)
{
    monitor->ended = true;
    monitor->outcome = outcome;
}

static gemml_status remember_loss(struct logistic_monitor *monitor, double loss)
{
    struct fit_record *record = monitor->record;
    size_t count = record->loss_history_count;
    TRY(memory_grow(&record->loss_history, &monitor->capacity, count, count + 1, sizeof *record->loss_history));
    record->loss_history[record->loss_history_count++] = loss;
    return GEMML_OK;
}

static void tell_progress(struct logistic_monitor *monitor, size_t iteration, double loss)
{
    const struct training *training = monitor->training;
    if (!training->progress || monitor->ended)
        return;
    gemml_progress progress = {.struct_size = sizeof progress,
                               .epoch = iteration,
                               .epochs = monitor->most_iterations,
                               .iteration = iteration,
                               .loss = loss,
                               .rate = NAN,
                               .seconds = clock_seconds() - training->started,
                               .valid_loss = NAN,
                               .score = NAN};
    if (training->progress(&progress, training->progress_data) != 0)
        end_run(monitor, GEMML_CANCELLED);
}

double logistic_largest(size_t count, const double *gradient)
{
    double largest = 0;
    for (size_t i = 0; i < count; i++)
        largest = fmax(largest, fabs(gradient[i]));
    return largest;
}

/* A tolerance that is given means the chain's parameters; the library's own does not
 * depend on the units of the columns. */
static double measure(const struct logistic_monitor *monitor, const double *gradient)
{
    if (isnan(monitor->problem->options->tolerance))
        return logistic_largest(monitor->function->chain->parameters, gradient);
    return logistic_space_largest(monitor->space, gradient);
}

gemml_status logistic_observe(void *context, size_t iteration, const double *theta, double value,
                              const double *gradient, bool *stop)
{
    struct logistic_monitor *monitor = context;
    const struct training *training = monitor->training;
    (void)value, (void)theta;
    monitor->record->iterations = monitor->done + iteration;
    monitor->loss = monitor->function->loss;
    if (monitor->done == 0 || iteration > 0)
        TRY(remember_loss(monitor, monitor->function->loss));
    monitor->largest = measure(monitor, gradient);
    if (monitor->largest <= monitor->tolerance)
        end_run(monitor, GEMML_CONVERGED);
    else if (clock_seconds() - training->started >= training->time_budget)
        end_run(monitor, GEMML_TIME_LIMIT);
    tell_progress(monitor, monitor->done + iteration, monitor->function->loss);
    *stop = monitor->ended;
    return GEMML_OK;
}

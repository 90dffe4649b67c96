#include "solve/newton.h"

#include <math.h>
#include <string.h>

#include "chain/fisher.h"
#include "kernel/linalg.h"
#include "kernel/linalg_lapack.h"

#define ALIASED 1e-7 /* a part of a column in a dependency that counts; as R's lm */
#define METRIC_RCOND 1e-10
#define SETTLED 1e-12 /* half the squared Newton decrement: what one more step can gain */

static size_t outputs_of(const struct newton *newton)
{
    return newton->order / newton->q;
}

/* Where theta keeps what H has at index i = k q + j: u_jk, or c_k for j = p. */
static size_t place_of(const struct newton *newton, size_t i)
{
    size_t K = outputs_of(newton), k = i / newton->q, j = i % newton->q;
    return j * K + k; /* c_k stands behind the p K weights, which is where j = p points */
}

/* ---- The Hessian --------------------------------------------------------------- */

static gemml_status information(struct newton *newton, const double *theta)
{
    struct view_source source = logistic_function_source(newton->function);
    return fisher_fold(newton->H, newton->function->chain, theta, &source.source);
}

static double mean_diagonal(const struct newton *newton)
{
    double sum = 0;
    for (size_t i = 0; i < newton->order; i++)
        sum += newton->H[i * (newton->order + 1)];
    return sum / (double)newton->order;
}

/* With a softmax f does not change when all classes' parameters j do alike, but for
 * the penalty: 1 1' / K in those directions. */
static void add_class_directions(struct newton *newton, double size)
{
    size_t K = outputs_of(newton), q = newton->q;
    const struct logistic_space *space = newton->function->space;
    for (size_t j = 0; K > 1 && j < q; j++)
        if (j == space->p || space->penalty[j] == 0)
            for (size_t k = 0; k < K; k++)
                for (size_t l = k; l < K; l++)
                    newton->H[(k * q + j) * newton->order + l * q + j] += size / (double)K;
}

/* H += size N'N over the dependent directions, upper triangle. */
static gemml_status add_null_space(struct newton *newton, double size)
{
    return newton->nullity == 0 ? GEMML_OK
                                : syrk_f64(newton->order, newton->nullity, size, newton->null_space, newton->order, 1,
                                           newton->H, newton->order);
}

/* The Hessian of f at theta, with terms for the directions in which it is singular. */
static gemml_status make_hessian(struct newton *newton, const double *theta)
{
    const struct logistic_space *space = newton->function->space;
    double W = newton->function->problem->sum_weight;
    TRY(information(newton, theta));
    scal_f64(newton->order * newton->order, 1 / W, newton->H, 1);
    for (size_t i = 0; i < newton->order; i++) {
        double *diagonal = newton->H + i * (newton->order + 1);
        if (i % newton->q < space->p)
            *diagonal += space->penalty[i % newton->q] / W;
        *diagonal = fmax(*diagonal, newton->least);
    }
    double size = mean_diagonal(newton);
    add_class_directions(newton, size);
    return add_null_space(newton, size);
}

/* ---- The columns' dependencies ------------------------------------------------- */

/* Eigenvectors whose eigenvalue is zero to working precision. */
static gemml_status find_null_space(struct newton *newton)
{
    size_t m = newton->order, nullity = 0;
    double *values = newton->work;
    TRY(lapack_symmetric_eigen(m, newton->H, m, values));
    while (nullity < m && values[nullity] <= (double)m * DBL_EPSILON * values[m - 1])
        nullity++;
    if (nullity == 0)
        return GEMML_OK;
    TRY(memory_copy(&newton->null_space, newton->H, memory_product(nullity, m), sizeof(double)));
    newton->nullity = nullity;
    return GEMML_OK;
}

/* At theta = 0 all rows count alike: H is singular where the Gram matrix is. */
static gemml_status look_for_dependencies(struct newton *newton)
{
    double *zero;
    TRY(memory_zeroed(&zero, newton->order, sizeof *zero));
    gemml_status status = make_hessian(newton, zero);
    if (status == GEMML_OK)
        status = find_null_space(newton);
    memory_free(zero);
    return status;
}

gemml_status newton_make(struct newton *newton, struct logistic_function *function)
{
    size_t m = fisher_order(function->chain);
    *newton = (struct newton){.function = function, .order = m, .q = m / chain_outputs(function->chain)};
    TRY(memory_alloc(&newton->H, memory_sum(memory_product(m, m), memory_product(3, m)), sizeof *newton->H));
    newton->equilibration = newton->H + m * m;
    newton->step = newton->equilibration + m;
    newton->work = newton->step + m;
    newton->looked = function->problem->options->l2 > 0; /* then nothing is singular */
    return GEMML_OK;
}

void newton_free(struct newton *newton)
{
    memory_free(newton->H);
    memory_free(newton->null_space);
    *newton = (struct newton){0};
}

size_t newton_rank(const struct newton *newton)
{
    size_t K = outputs_of(newton);
    return newton->q - newton->nullity / (K > 1 ? K - 1 : 1);
}

/* Row with the largest entry in column j. */
static size_t pivot_row(const double *rows, size_t count, size_t q, size_t j)
{
    size_t best = 0;
    for (size_t i = 1; i < count; i++)
        if (fabs(rows[i * q + j]) > fabs(rows[best * q + j]))
            best = i;
    return best;
}

/* Takes row `pivot` from the others, so that they are 0 in column j, and from the list. */
static void eliminate(double *rows, size_t *count, size_t q, size_t j, size_t pivot)
{
    double *last = rows + --*count * q, *row = rows + pivot * q;
    for (size_t c = 0; pivot != *count && c < q; c++) {
        double keep = row[c];
        row[c] = last[c];
        last[c] = keep;
    }
    for (size_t i = 0; i < *count; i++)
        axpy_f64(q, -rows[i * q + j] / last[j], last, 1, rows + i * q, 1);
}

/* With the columns from the last to the first: one that some vector of the null space holds
 * whose later entries are 0 is a combination of those before it. Of a softmax's vectors the parts
 * of one class span the columns' null space. */
gemml_status newton_aliased(const struct newton *newton, bool *aliased)
{
    size_t q = newton->q, p = newton->function->space->p, count = newton->nullity;
    double *rows;
    memset(aliased, 0, p * sizeof *aliased);
    if (count == 0)
        return GEMML_OK;
    TRY(memory_alloc(&rows, memory_product(count, q), sizeof *rows));
    for (size_t i = 0; i < count; i++)
        memcpy(rows + i * q, newton->null_space + i * newton->order, q * sizeof *rows);
    for (size_t j = p; j-- > 0 && count > 0;) {
        size_t pivot = pivot_row(rows, count, q, j);
        aliased[j] = fabs(rows[pivot * q + j]) > ALIASED;
        if (aliased[j])
            eliminate(rows, &count, q, j, pivot);
    }
    memory_free(rows);
    return GEMML_OK;
}

/* ---- A step -------------------------------------------------------------------- */

/* D H D with a diagonal of 1. */
static void equilibrate(struct newton *newton)
{
    size_t m = newton->order;
    double *d = newton->equilibration;
    for (size_t i = 0; i < m; i++) {
        double diagonal = newton->H[i * (m + 1)];
        d[i] = diagonal > 0 ? 1 / sqrt(diagonal) : 1;
    }
    for (size_t i = 0; i < m; i++)
        for (size_t j = i; j < m; j++)
            newton->H[i * m + j] *= d[i] * d[j];
}

/* H = the Hessian at theta, equilibrated, plus a ridge, and its factor. *rcond is set
 * where it is wanted. */
static gemml_status factor_once(struct newton *newton, const double *theta, double ridge, bool *definite, double *rcond)
{
    size_t m = newton->order;
    TRY(make_hessian(newton, theta));
    equilibrate(newton);
    for (size_t i = 0; i < m; i++)
        newton->H[i * (m + 1)] += ridge;
    double norm = rcond ? lapack_symmetric_norm(m, newton->H, newton->work) : 0;
    TRY(lapack_cholesky(m, newton->H, m, definite));
    return *definite && rcond ? lapack_cholesky_rcond(m, newton->H, m, norm, rcond) : GEMML_OK;
}

/* The factor of the first Hessian shows that the columns are independent; where it
 * does not, they are looked at. */
static gemml_status factor_first(struct newton *newton, const double *theta, bool *definite)
{
    double rcond = 0;
    newton->looked = true;
    TRY(factor_once(newton, theta, 0, definite, &rcond));
    if (*definite && rcond > (double)newton->order * DBL_EPSILON)
        return GEMML_OK;
    *definite = false;
    return look_for_dependencies(newton);
}

/* The factor; where rounding has left H indefinite, of H plus a ridge that is as
 * small as does. */
static gemml_status factor(struct newton *newton, const double *theta)
{
    bool definite = false;
    newton->ridge = 0;
    if (!newton->looked)
        TRY(factor_first(newton, theta, &definite));
    for (double ridge = 0; !definite && ridge < 1; ridge = ridge == 0 ? 1e-14 : 10 * ridge) {
        newton->ridge = ridge;
        TRY(factor_once(newton, theta, ridge, &definite, NULL));
    }
    return GEMML_OK;
}

gemml_status newton_metric(struct newton *newton, const double *theta, double least, bool *good)
{
    double rcond = 0;
    newton->least = least;
    TRY(factor_once(newton, theta, 0, good, &rcond));
    *good = *good && rcond > METRIC_RCOND;
    return GEMML_OK;
}

gemml_status newton_solve(struct newton *newton, double *d)
{
    size_t m = newton->order;
    for (size_t i = 0; i < m; i++)
        newton->work[i] = d[place_of(newton, i)] * newton->equilibration[i];
    TRY(trsm_f64(true, m, 1, newton->H, m, newton->work, 1));
    TRY(trsm_f64(false, m, 1, newton->H, m, newton->work, 1));
    for (size_t i = 0; i < m; i++)
        d[place_of(newton, i)] = newton->work[i] * newton->equilibration[i];
    return GEMML_OK;
}

gemml_status newton_direction(struct newton *newton, const double *theta, const double *gradient)
{
    TRY(factor(newton, theta));
    memcpy(newton->step, gradient, newton->order * sizeof *gradient);
    scal_f64(newton->order, -1, newton->step, 1);
    return newton_solve(newton, newton->step);
}

gemml_status newton_covariance(struct newton *newton, bool *definite)
{
    size_t m = newton->order;
    double W = newton->function->problem->sum_weight;
    *definite = newton->ridge == 0 && newton->nullity == 0;
    if (!*definite)
        return GEMML_OK;
    TRY(lapack_cholesky_inverse(m, newton->H, m));
    for (size_t i = 0; i < m; i++)
        for (size_t j = i; j < m; j++)
            newton->H[i * m + j] *= newton->equilibration[i] * newton->equilibration[j] / W;
    return GEMML_OK;
}

/* ---- The iteration ------------------------------------------------------------- */

/* theta and gradient move to the first of the points theta + a step, a = 1, 1/2,
 * 1/4, ..., where f is lower by a share of what its slope promises, or, within the
 * rounding of f, not higher. *moved is false when there is none. */
static gemml_status search(struct newton *newton, double *theta, double *value, double *gradient, double slope,
                           double *trial, bool *moved)
{
    size_t m = newton->order;
    *moved = false;
    for (double a = 1; a > 1e-12 && !*moved; a /= 2) {
        double there;
        memcpy(trial, theta, m * sizeof *trial);
        axpy_f64(m, a, newton->step, 1, trial, 1);
        TRY(logistic_function_evaluate(newton->function, trial, &there, gradient));
        *moved = there <= *value + 1e-4 * a * slope + 4 * DBL_EPSILON * fabs(*value);
        if (*moved) {
            memcpy(theta, trial, m * sizeof *theta);
            *value = there;
        }
    }
    return GEMML_OK;
}

/* gradient and trial: room for `order` numbers each. */
static gemml_status minimise(struct newton *newton, double *theta, size_t iterations, struct logistic_monitor *monitor,
                             double *gradient, double *trial)
{
    double value;
    bool stop, moved = true;
    TRY(logistic_function_evaluate(newton->function, theta, &value, gradient));
    for (size_t iteration = 0;; iteration++) {
        TRY(logistic_observe(monitor, iteration, theta, value, gradient, &stop));
        if (monitor->ended && monitor->outcome != GEMML_CONVERGED)
            return GEMML_OK;
        TRY(newton_direction(newton, theta, gradient));
        double slope = dot_f64(newton->order, gradient, 1, newton->step, 1);
        bool last = stop && -slope / 2 <= SETTLED;
        if (!last && iteration >= iterations)
            break;
        monitor->ended = false; /* the gradient is small, but a step still gains */
        if (slope < 0)
            TRY(search(newton, theta, &value, gradient, slope, trial, &moved));
        monitor->loss = moved ? newton->function->loss : monitor->loss;
        monitor->ended = last || (stop && !moved);
        if (monitor->ended || !moved || !(slope < 0))
            break;
    }
    if (!monitor->ended) {
        monitor->ended = true;
        monitor->outcome = GEMML_LIMIT;
    }
    return GEMML_OK;
}

gemml_status newton_minimise(struct newton *newton, double *theta, size_t iterations, struct logistic_monitor *monitor)
{
    double *memory;
    TRY(memory_alloc(&memory, memory_product(2, newton->order), sizeof *memory));
    gemml_status status = minimise(newton, theta, iterations, monitor, memory, memory + newton->order);
    memory_free(memory);
    return status;
}

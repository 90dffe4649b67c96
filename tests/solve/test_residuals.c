/* Residual ratios as LAPACK's own tests have them, for each solver and a dozen kinds of
 * matrices. At the minimum the gradient is zero; what rounding of data and of coefficients may
 * leave of it is, for column j about its mean,
 *
 *   ratio_j = |u_j'W r - lambda b_j| / (|u_j| (|y| + sum_k |u_k| |b_k|) max(n, p) 2^-53)
 *
 * (a columnwise backward error; Higham, Accuracy and Stability of Numerical Algorithms,
 * 2002, section 20.7), with weighted norms about the means, and |u_j|^2 + lambda for |u_j|^2: the
 * penalty is a row below each column. Below 30 it counts as small. */
#include "solve/problem.h"
#include "support/kinds.h"
#include "support/quad.h"

static const gemml_solver solvers[] = {GEMML_SOLVER_AUTO, GEMML_SOLVER_CHOLESKY, GEMML_SOLVER_QR, GEMML_SOLVER_SVD};

static uint64_t random_state = 7;

/* Column j of (X, y) about its mean with an intercept, and its weighted norm, that of the penalty included. */
static quad centre(const struct problem *problem, size_t j, quad *column)
{
    size_t n = problem->n, p = problem->p;
    quad mean = 0, W = 0, square = j < p ? problem->options.l2 : 0;
    for (size_t i = 0; i < n; i++) {
        column[i] = j < p ? problem->x[i * p + j] : problem->y[i];
        mean += (quad)problem_weight(problem, i) * column[i];
        W += (quad)problem_weight(problem, i);
    }
    for (size_t i = 0; i < n; i++) {
        column[i] -= problem->options.intercept ? mean / W : 0;
        square += (quad)problem_weight(problem, i) * column[i] * column[i];
    }
    return quad_root(square);
}

/* The largest ratio_j. */
static double largest_ratio(const struct problem *problem)
{
    size_t n = problem->n, p = problem->p;
    quad *U = malloc((p + 1) * n * sizeof *U), *norm = malloc((p + 1) * sizeof *norm), *r = malloc(n * sizeof *r);
    for (size_t j = 0; j <= p; j++)
        norm[j] = centre(problem, j, U + j * n);
    quad size = norm[p], mean = 0, W = 0;
    for (size_t j = 0; j < p; j++)
        size += norm[j] * quad_size((quad)problem->coef[1 + j]);
    for (size_t i = 0; i < n; i++) {
        r[i] = problem->y[i] - (quad)problem->coef[0];
        for (size_t j = 0; j < p; j++)
            r[i] -= (quad)problem->x[i * p + j] * (quad)problem->coef[1 + j];
        mean += (quad)problem_weight(problem, i) * r[i];
        W += (quad)problem_weight(problem, i);
    }
    double largest = 0, unit = (double)(n > p ? n : p) * 0x1p-53;
    for (size_t j = 0; j < p; j++) {
        quad g = -(quad)problem->options.l2 * (quad)problem->coef[1 + j];
        for (size_t i = 0; i < n; i++)
            g += (quad)problem_weight(problem, i) * U[j * n + i] * r[i];
        if (norm[j] > 0)
            largest = fmax(largest, (double)(quad_size(g) / (norm[j] * size) / unit));
    }
    free(U);
    free(norm);
    free(r);
    return largest;
}

static void check_solved(struct problem *problem, const char *kind)
{
    for (size_t s = 0; s < sizeof solvers / sizeof *solvers; s++) {
        problem->options.solver = solvers[s];
        problem_solve(problem);
        double ratio = largest_ratio(problem);
        if (!(ratio < 30))
            fail_msg("%s, solver %d: a residual ratio of %g", kind, (int)solvers[s], ratio);
    }
}

/* Targets that no plane explains. */
static void check(const struct kind *kind)
{
    for (int form = 0; form < 8; form++) {
        struct problem problem = problem_random(kind->n, kind->p, 1, 0, 1, &random_state);
        kind_apply(kind, problem.x);
        for (size_t i = 0; i < kind->n; i++)
            problem.y[i] = 2 + test_random(&random_state);
        if (form & 1)
            problem_weigh(&problem, &random_state);
        problem.options.intercept = !(form & 2);
        problem.options.l2 = form & 4 ? 0.25 : 0;
        check_solved(&problem, kind->name);
        problem_free(&problem);
    }
}

static void every_kind_of_matrix(void **state)
{
    (void)state;
    for (size_t k = 0; k < KINDS; k++)
        check(&kinds[k]);
}

/* A penalty of 1/4 beside 1e-150 is beyond all numbers: without one. */
static void huge_and_tiny_matrices(void **state)
{
    (void)state;
    for (int kind = 0; kind < 2; kind++)
        for (int intercept = 0; intercept < 2; intercept++) {
            struct problem problem = problem_random(60, 8, 1, 0, 1, &random_state);
            for (size_t i = 0; i < 60 * 8; i++)
                problem.x[i] = (kind ? kind_huge : kind_tiny)(i / 8, i % 8, problem.x[i]);
            problem.options.intercept = intercept;
            check_solved(&problem, kind ? "huge" : "tiny");
            problem_free(&problem);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_kind_of_matrix),
        cmocka_unit_test(huge_and_tiny_matrices),
    };
    return cmocka_run_group_tests(tests, guard_enter, guard_leave);
}

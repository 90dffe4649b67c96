/* A made-up table in double precision, and a model to fit to it: what the cases of fits,
 * predictions, scaling and growth stand on. n rows, p features, K classes (1: values).
 * theta: the coefficients, (1 + p) x outputs, intercepts first; outputs: K, or 1 for
 * two classes. */
#ifndef GEMML_BENCH_PROBLEM_H
#define GEMML_BENCH_PROBLEM_H

#include "runner.h"

/* What a case's `operation` points to. */
struct job {
    const char *name; /* of the operation */
    gemml_kind kind;
    gemml_solver solver;
    size_t classes; /* 1: values */
    double l2;
    size_t epochs;     /* of descent and networks; AUTO_COUNT: the library's own */
    size_t iterations; /* at most; AUTO_COUNT likewise */
};

struct problem {
    size_t n, p, K, outputs;
    double *x, *y;
    double *theta, *plain;             /* ours, the naive loops' */
    double *gradient, *naive_gradient; /* as long */
    double *scratch;                   /* one for each output */
    gemml_dataset train;
    gemml_model *model;
    gemml_fit_info info; /* of the last fit */
};

/* y = 1 + X w + noise with random w, or classes of such scores; the model is made, and
 * not fitted. The shape is (n, p). */
gemml_status problem_make(struct problem **problem, const struct bench_case *bench);
void problem_free(void *problem);

/* Setup, run and passes of a case that fits. */
gemml_status problem_setup(const struct bench_case *bench, void **problem);
gemml_status problem_fit(void *problem);
double problem_iterations(void *problem);

/* How well a fit solves its problem: the residual of the normal equations, or the
 * largest component of the gradient beside that at 0, by plain loops. */
gemml_status problem_residual(void *problem, double *residual);

/* theta = our coefficients. */
gemml_status problem_coefficients(struct problem *problem);

/* The case of a job at n x p, ROOM/JOB/NxP[xK]/f64; flops and so on are to be set.
 * NULL when memory is out. */
struct bench_case *problem_add(struct bench_list *list, const char *room, const struct job *job, size_t n, size_t p);

#endif

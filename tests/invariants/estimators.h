/* Every kind of model with every solver, as one table: what an estimator promises is
 * tested for each of them. */
#ifndef GEMML_TESTS_INVARIANTS_ESTIMATORS_H
#define GEMML_TESTS_INVARIANTS_ESTIMATORS_H

#include "api/classes.h"
#include "api/network.h"

enum { PLENTY = 1 << 30 }; /* a batch that holds all rows */

struct estimator {
    const char *name;
    gemml_kind kind;
    gemml_solver solver;
    size_t classes; /* 0: values */
    gemml_dtype dtype;
    gemml_scaling scaling;
    double l2;
    size_t batch;  /* of networks */
    double digits; /* to which fits agree whose sums are taken in another order; 0: they need not */
};

#define LINEAR(solver, dtype, scaling, l2, digits)                                                                   \
    {                                                                                                                \
        "linear " #solver " " #dtype " " #scaling " l2=" #l2, GEMML_LINEAR, GEMML_SOLVER_##solver, 0, GEMML_##dtype, \
            GEMML_SCALING_##scaling, l2, 0, digits                                                                   \
    }
#define LOGISTIC(solver, classes, dtype, scaling, l2, digits)                                        \
    {                                                                                                \
        "logistic " #solver " " #classes " classes " #dtype " " #scaling " l2=" #l2, GEMML_LOGISTIC, \
            GEMML_SOLVER_##solver, classes, GEMML_##dtype, GEMML_SCALING_##scaling, l2, 0, digits    \
    }
#define NETWORK(solver, classes, dtype, batch, digits)                                                              \
    {                                                                                                               \
        "mlp " #solver " " #classes " classes " #dtype " batch " #batch, GEMML_MLP, GEMML_SOLVER_##solver, classes, \
            GEMML_##dtype, GEMML_SCALING_STANDARDIZE, 0.01, batch, digits                                           \
    }

/* Digits: exact solvers are refined to all but the last ones; the others stop at their tolerance. */
static const struct estimator estimators[] = {
    LINEAR(AUTO, F64, NONE, 0, 12),
    LINEAR(CHOLESKY, F64, NONE, 0, 12),
    LINEAR(CHOLESKY, F64, STANDARDIZE, 0.5, 12),
    LINEAR(QR, F64, NONE, 0, 12),
    LINEAR(SVD, F64, STANDARDIZE, 0, 12),
    LINEAR(LBFGS, F64, NONE, 0.5, 9),
    LINEAR(DESCENT, F64, STANDARDIZE, 0, 9),
    LINEAR(DESCENT, F32, STANDARDIZE, 0, 4),
    LOGISTIC(AUTO, 2, F64, STANDARDIZE, 0, 9),
    LOGISTIC(NEWTON, 2, F64, STANDARDIZE, 0, 9),
    LOGISTIC(LBFGS, 2, F64, NONE, 0.5, 5),
    LOGISTIC(DESCENT, 2, F64, STANDARDIZE, 0.5, 5),
    LOGISTIC(NEWTON, 3, F64, STANDARDIZE, 0.5, 9),
    LOGISTIC(LBFGS, 3, F64, STANDARDIZE, 0, 5),
    LOGISTIC(DESCENT, 3, F64, STANDARDIZE, 0.5, 5),
    LOGISTIC(LBFGS, 3, F32, STANDARDIZE, 0.5, 2.5),
    NETWORK(DESCENT, 0, F64, PLENTY, 10),
    NETWORK(DESCENT, 2, F64, PLENTY, 10),
    NETWORK(DESCENT, 3, F32, PLENTY, 3),
    NETWORK(DESCENT, 0, F32, 16, 0),
    NETWORK(DESCENT, 3, F64, 16, 0),
    NETWORK(LBFGS, 0, F64, PLENTY, 0),
    NETWORK(LBFGS, 2, F64, PLENTY, 0),
};
enum { ESTIMATORS = sizeof estimators / sizeof *estimators };

static inline gemml_model *linear_of(const struct estimator *e)
{
    gemml_linear_options options = GEMML_LINEAR_OPTIONS_INIT;
    options.solver = e->solver;
    options.dtype = e->dtype;
    options.scaling = e->scaling;
    options.l2 = e->l2;
    return new_model(&options);
}

static inline gemml_model *logistic_of(const struct estimator *e)
{
    gemml_logistic_options options = GEMML_LOGISTIC_OPTIONS_INIT;
    options.solver = e->solver;
    options.dtype = e->dtype;
    options.scaling = e->scaling;
    options.l2 = e->l2;
    options.classes = e->classes;
    return new_logistic(&options);
}

static inline gemml_model *network_of(const struct estimator *e)
{
    static const size_t hidden[] = {5, 4};
    gemml_mlp_options options = GEMML_MLP_OPTIONS_INIT;
    options.task = e->classes ? GEMML_TASK_CLASSIFICATION : GEMML_TASK_REGRESSION;
    options.hidden = hidden;
    options.hidden_count = 2;
    options.activation = GEMML_ACTIVATION_TANH;
    options.solver = e->solver;
    options.dtype = e->dtype;
    options.scaling = e->scaling;
    options.l2 = e->l2;
    options.batch = e->batch;
    options.epochs = 15;
    options.seed = 3;
    if (e->classes)
        options.classes = e->classes;
    return new_mlp(&options);
}

static inline gemml_model *estimator_new(const struct estimator *e)
{
    return e->kind == GEMML_LINEAR ? linear_of(e) : e->kind == GEMML_LOGISTIC ? logistic_of(e) : network_of(e);
}

/* Data that the estimator is for: two targets, or classes that overlap. */
static inline struct sample estimator_sample(const struct estimator *e, size_t n)
{
    return e->classes ? classes_make(n, 3, e->classes, 11) : sample_make(n, 3, 2, 7);
}

static inline gemml_model *estimator_fit(const struct estimator *e, const struct sample *s)
{
    gemml_model *model = estimator_new(e);
    gemml_dataset data = sample_dataset(s);
    assert_ok(gemml_fit(model, &data, NULL, NULL));
    return model;
}

/* ---- Comparisons ---------------------------------------------------------------- */

/* All that a model is: the bytes of its file. free() them. */
static inline char *bytes_of(const gemml_model *model, size_t *count)
{
    const char *path = scratch_path("invariant.gemml");
    assert_ok(gemml_save(model, path));
    return read_file(path, count);
}

static inline void assert_same_model(const struct estimator *e, const gemml_model *a, const gemml_model *b)
{
    size_t m, n;
    char *u = bytes_of(a, &m), *v = bytes_of(b, &n);
    if (m != n || memcmp(u, v, n) != 0)
        fail_msg("%s: the models differ", e->name);
    free(u);
    free(v);
}

/* The columns of what it predicts: probabilities of classes, else values. */
static inline size_t answers(const struct estimator *e, const struct sample *s)
{
    return e->classes ? e->classes : s->K;
}

static inline void answer(const struct estimator *e, const gemml_model *model, gemml_view x, gemml_matrix out)
{
    assert_ok(e->classes ? gemml_predict_proba(model, x, out) : gemml_predict(model, x, out));
}

/* Its answers to the rows of a sample, a row each. free() them. */
static inline double *answers_to(const struct estimator *e, const gemml_model *model, const struct sample *s)
{
    size_t K = answers(e, s);
    double *out = malloc(s->n * K * sizeof *out);
    answer(e, model, sample_x(s), gemml_matrix_f64(out, s->n, K));
    return out;
}

/* To the digits that are asked for, relative to the largest. */
static inline void assert_close(const struct estimator *e, const char *what, const double *a, const double *b,
                                size_t count, double least_digits)
{
    double size = 0, tolerance = pow(10, -least_digits);
    for (size_t i = 0; i < count; i++)
        size = fmax(size, fabs(b[i]));
    for (size_t i = 0; i < count; i++)
        if (!(fabs(a[i] - b[i]) <= tolerance * size))
            fail_msg("%s: %s %zu: %.17g is not %.17g", e->name, what, i, a[i], b[i]);
}

/* The same answers to the rows of `s`. */
static inline void assert_same_answers(const struct estimator *e, const gemml_model *a, const gemml_model *b,
                                       const struct sample *s, double least_digits)
{
    double *u = answers_to(e, a, s), *v = answers_to(e, b, s);
    assert_close(e, "answer", u, v, s->n * answers(e, s), least_digits);
    free(u);
    free(v);
}

/* Rows of a sample by their indices, with weights if the sample has some. */
static inline struct sample sample_rows(const struct sample *s, const size_t *index, size_t n)
{
    struct sample t = {n, s->p, s->K, malloc(n * s->p * sizeof(double)), malloc(n * s->K * sizeof(double)), NULL};
    if (s->w)
        t.w = malloc(n * sizeof(double));
    for (size_t i = 0; i < n; i++) {
        memcpy(t.x + i * s->p, s->x + index[i] * s->p, s->p * sizeof(double));
        memcpy(t.y + i * s->K, s->y + index[i] * s->K, s->K * sizeof(double));
        if (s->w)
            t.w[i] = s->w[index[i]];
    }
    return t;
}

static inline void each_estimator(void (*check)(const struct estimator *e))
{
    for (size_t i = 0; i < ESTIMATORS; i++)
        check(&estimators[i]);
}

#endif

/* Each operation of kernel/linalg, and some of kernel/vector, against its naive twin, on one
 * thread, from sizes at which a call costs more than the work; compiled once per
 * precision. Operands a and b, results `fast` and `plain`. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "kernel/linalg.h"
#include "kernel/vector.h"
#include "naive/naive.h"
#include "rooms.h"
#include "util/alloc.h"

struct operands {
    size_t m, n, k;
    real *a, *b, *fast, *plain;
    size_t results;
};

/* An operation with the number of elements it works on, for a given shape. */
struct operation {
    const char *name;
    gemml_status (*run)(void *state);
    gemml_status (*naive)(void *state);
};

struct extent {
    size_t a, b, results;
    double flops, moved; /* elements read and written, each once */
    size_t inner;        /* terms of a sum */
};

static gemml_status gemm_run(void *state)
{
    struct operands *o = state;
    return R(gemm)(false, false, o->m, o->n, o->k, 1, o->a, o->k, o->b, o->n, 0, o->fast, o->n);
}

static gemml_status gemm_naive(void *state)
{
    struct operands *o = state;
    R(naive_gemm)(false, false, o->m, o->n, o->k, 1, o->a, o->k, o->b, o->n, 0, o->plain, o->n);
    return GEMML_OK;
}

static gemml_status gemv_run(void *state)
{
    struct operands *o = state;
    return R(gemv)(false, o->m, o->k, 1, o->a, o->k, o->b, 1, 0, o->fast, 1);
}

static gemml_status gemv_naive(void *state)
{
    struct operands *o = state;
    R(naive_gemv)(false, o->m, o->k, 1, o->a, o->k, o->b, 1, 0, o->plain, 1);
    return GEMML_OK;
}

static gemml_status syrk_run(void *state)
{
    struct operands *o = state;
    return R(syrk)(o->n, o->k, 1, o->a, o->n, 0, o->fast, o->n);
}

static gemml_status syrk_naive(void *state)
{
    struct operands *o = state;
    R(naive_syrk)(o->n, o->k, 1, o->a, o->n, 0, o->plain, o->n);
    return GEMML_OK;
}

/* In place: each run starts from b again. */
static gemml_status trsm_run(void *state)
{
    struct operands *o = state;
    memcpy(o->fast, o->b, o->results * sizeof(real));
    return R(trsm)(false, o->n, o->m, o->a, o->n, o->fast, o->m);
}

static gemml_status trsm_naive(void *state)
{
    struct operands *o = state;
    memcpy(o->plain, o->b, o->results * sizeof(real));
    R(naive_trsm)(false, o->n, o->m, o->a, o->n, o->plain, o->m);
    return GEMML_OK;
}

static gemml_status axpy_run(void *state)
{
    struct operands *o = state;
    R(axpy)(o->n, REAL_C(1e-3), o->a, 1, o->fast, 1);
    return GEMML_OK;
}

static gemml_status axpy_naive(void *state)
{
    struct operands *o = state;
    R(naive_axpy)(o->n, REAL_C(1e-3), o->a, 1, o->plain, 1);
    return GEMML_OK;
}

/* By -1, so that repeats neither grow nor vanish. */
static gemml_status scal_run(void *state)
{
    struct operands *o = state;
    R(scal)(o->n, -1, o->fast, 1);
    return GEMML_OK;
}

static gemml_status scal_naive(void *state)
{
    struct operands *o = state;
    R(naive_scal)(o->n, -1, o->plain, 1);
    return GEMML_OK;
}

static gemml_status dot_run(void *state)
{
    struct operands *o = state;
    o->fast[0] = R(dot)(o->n, o->a, 1, o->b, 1);
    return GEMML_OK;
}

static gemml_status dot_naive(void *state)
{
    struct operands *o = state;
    o->plain[0] = R(naive_dot)(o->n, o->a, 1, o->b, 1);
    return GEMML_OK;
}

static gemml_status exp_run(void *state)
{
    struct operands *o = state;
    R(vector_exp)(o->n, o->a, o->fast);
    return GEMML_OK;
}

static gemml_status exp_naive(void *state)
{
    struct operands *o = state;
    R(naive_exp)(o->n, o->a, o->plain);
    return GEMML_OK;
}

static gemml_status sigmoid_run(void *state)
{
    struct operands *o = state;
    R(vector_sigmoid)(o->n, o->a, o->fast);
    return GEMML_OK;
}

static gemml_status sigmoid_naive(void *state)
{
    struct operands *o = state;
    R(naive_sigmoid)(o->n, o->a, o->plain);
    return GEMML_OK;
}

static gemml_status softmax_run(void *state)
{
    struct operands *o = state;
    R(vector_softmax)(o->m, o->n, o->a, o->n, o->fast, o->n);
    return GEMML_OK;
}

static gemml_status softmax_naive(void *state)
{
    struct operands *o = state;
    R(naive_softmax)(o->m, o->n, o->a, o->n, o->plain, o->n);
    return GEMML_OK;
}

static const struct operation gemm_operation = {"gemm", gemm_run, gemm_naive};
static const struct operation gemv_operation = {"gemv", gemv_run, gemv_naive};
static const struct operation syrk_operation = {"syrk", syrk_run, syrk_naive};
static const struct operation trsm_operation = {"trsm", trsm_run, trsm_naive};
static const struct operation axpy_operation = {"axpy", axpy_run, axpy_naive};
static const struct operation scal_operation = {"scal", scal_run, scal_naive};
static const struct operation dot_operation = {"dot", dot_run, dot_naive};
static const struct operation exp_operation = {"exp", exp_run, exp_naive};
static const struct operation sigmoid_operation = {"sigmoid", sigmoid_run, sigmoid_naive};
static const struct operation softmax_operation = {"softmax", softmax_run, softmax_naive};

static struct extent extent_of(const struct operation *operation, const size_t shape[3])
{
    size_t m = shape[0], n = shape[1], k = shape[2];
    if (operation == &gemm_operation || operation == &gemv_operation)
        return (struct extent){m * k, k * n, m * n, 2.0 * (double)(m * n * k), (double)(m * k + k * n + m * n), k};
    if (operation == &syrk_operation)
        return (struct extent){k * n, 0, n * n, (double)(n * (n + 1) * k), (double)(k * n) + (double)(n * n) / 2, k};
    if (operation == &trsm_operation)
        return (struct extent){n * n, n * m, n * m, (double)(n * n * m), (double)(n * n) / 2 + 2.0 * (double)(n * m),
                               n};
    if (operation == &axpy_operation)
        return (struct extent){n, 0, n, 2.0 * (double)n, 3.0 * (double)n, 1};
    if (operation == &scal_operation)
        return (struct extent){0, 0, n, (double)n, 2.0 * (double)n, 0};
    if (operation == &dot_operation)
        return (struct extent){n, n, 1, 2.0 * (double)n, 2.0 * (double)n, n};
    return (struct extent){m * n, 0, m * n, 0, 2.0 * (double)(m * n), n}; /* elementwise: exponentials are no flops */
}

/* A triangle that can be solved: 1 on the diagonal, small above it. */
static void condition_triangle(size_t n, real *a)
{
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < n; j++)
            a[i * n + j] = i == j ? 1 : a[i * n + j] / (real)n;
}

static void operands_free(struct operands *o)
{
    memory_free(o->a);
    memory_free(o->b);
    memory_free(o->fast);
    memory_free(o->plain);
    memory_free(o);
}

static gemml_status operands_fill(struct operands *o, const struct bench_case *bench)
{
    struct extent extent = extent_of(bench->operation, bench->shape);
    o->m = bench->shape[0], o->n = bench->shape[1], o->k = bench->shape[2];
    o->results = extent.results;
    TRY(memory_alloc(&o->a, extent.a, sizeof(real)));
    TRY(memory_alloc(&o->b, extent.b, sizeof(real)));
    TRY(memory_zeroed(&o->fast, extent.results, sizeof(real)));
    TRY(memory_zeroed(&o->plain, extent.results, sizeof(real)));
    R(bench_random)(1, extent.a, o->a);
    R(bench_random)(2, extent.b, o->b);
    if (bench->operation == &trsm_operation)
        condition_triangle(o->n, o->a);
    if (bench->operation == &axpy_operation || bench->operation == &scal_operation) {
        R(bench_random)(3, extent.results, o->fast);
        memcpy(o->plain, o->fast, extent.results * sizeof(real));
    }
    return linalg_enter(1);
}

static gemml_status setup(const struct bench_case *bench, void **state)
{
    struct operands *o;
    TRY(memory_zeroed(&o, 1, sizeof *o));
    gemml_status status = operands_fill(o, bench);
    if (status != GEMML_OK)
        operands_free(o);
    else
        *state = o;
    return status;
}

static void teardown(void *state)
{
    linalg_leave(1);
    operands_free(state);
}

/* max |fast - plain| / max(1, max |plain|). */
static gemml_status residual(void *state, double *largest)
{
    const struct operands *o = state;
    double error = 0, scale = 1;
    for (size_t i = 0; i < o->results; i++) {
        error = fmax(error, fabs((double)o->fast[i] - (double)o->plain[i]));
        scale = fmax(scale, fabs((double)o->plain[i]));
        if (isnan(o->fast[i]))
            error = INFINITY;
    }
    *largest = error / scale;
    return GEMML_OK;
}

/* "kernel/gemm/16x16x16/f64": the dimensions that are not 1. */
static void name_case(struct bench_case *bench, const char *operation)
{
    size_t used = (size_t)snprintf(bench->name, sizeof bench->name, "kernel/%s/", operation);
    const char *between = "";
    for (size_t i = 0; i < 3; i++)
        if (bench->shape[i] != 1) {
            used += (size_t)snprintf(bench->name + used, sizeof bench->name - used, "%s%zu", between, bench->shape[i]);
            between = "x";
        }
    snprintf(bench->name + used, sizeof bench->name - used, "/%s", bench->precision);
}

static gemml_status add(struct bench_list *list, const struct operation *operation, size_t m, size_t n, size_t k)
{
    struct bench_case *bench = bench_add(list);
    if (!bench)
        return GEMML_ERROR_MEMORY;
    *bench = (struct bench_case){.precision = sizeof(real) == 4 ? "f32" : "f64",
                                 .shape = {m, n, k},
                                 .operation = operation,
                                 .setup = setup,
                                 .run = operation->run,
                                 .naive = operation->naive,
                                 .residual = residual,
                                 .teardown = teardown};
    struct extent extent = extent_of(operation, bench->shape);
    bench->flops = extent.flops;
    bench->bound = k > 1 && m * n > 1 && operation != &gemv_operation ? BENCH_GEMM : BENCH_READ;
    bench->bytes = extent.moved * (double)sizeof(real);
    bench->tolerance = (double)(extent.inner + 16) * (double)REAL_EPSILON; /* a rounding for each term */
    name_case(bench, operation->name);
    return GEMML_OK;
}

static gemml_status add_all(struct bench_list *list, const struct operation *operation, size_t count,
                            const size_t (*shapes)[3])
{
    for (size_t i = 0; i < count; i++)
        TRY(add(list, operation, shapes[i][0], shapes[i][1], shapes[i][2]));
    return GEMML_OK;
}

#define ADD_ALL(list, operation, shapes) \
    TRY(add_all(list, operation, sizeof(shapes) / sizeof *(shapes), (const size_t(*)[3])(shapes)))

gemml_status R(bench_kernel)(struct bench_list *list, bool quick)
{
    const size_t order = quick ? 256 : 768, matrix = quick ? 1024 : 8192, width = quick ? 200 : 500;
    const size_t length = quick ? 1000000 : 40000000;
    const size_t products[][3] = {{2, 2, 2},    {4, 4, 4},       {8, 8, 8},
                                  {16, 16, 16}, {128, 128, 128}, {order, order, order}};
    const size_t triangles[][3] = {{4, 4, 1}, {8, 8, 1}, {16, 16, 1}, {128, 128, 1}, {order, order, 1}};
    const size_t matrices[][3] = {{8, 1, 8}, {24, 1, 24}, {64, 1, 64}, {512, 1, 512}, {matrix, 1, matrix}};
    const size_t tables[][3] = {{1, 2, 16}, {1, 8, 16}, {1, 10, 1024}, {1, 100, 1024}, {1, width, 1024}};
    const size_t lengths[][3] = {{1, 10, 1}, {1, 100, 1}, {1, 1000, 1}, {1, 100000, 1}, {1, length, 1}};
    const size_t values[][3] = {{1, 1000, 1}, {1, 100000, 1}, {1, length, 1}};
    const size_t classes[][3] = {{1000, 3, 1}, {1000, 10, 1}, {1000, 1000, 1}};
    ADD_ALL(list, &gemm_operation, products);
    ADD_ALL(list, &gemv_operation, matrices);
    ADD_ALL(list, &syrk_operation, tables);
    ADD_ALL(list, &trsm_operation, triangles);
    ADD_ALL(list, &axpy_operation, lengths);
    ADD_ALL(list, &scal_operation, lengths);
    ADD_ALL(list, &dot_operation, lengths);
    ADD_ALL(list, &exp_operation, values);
    ADD_ALL(list, &sigmoid_operation, values);
    ADD_ALL(list, &softmax_operation, classes);
    return GEMML_OK;
}

/* Runs small fixed cases through the public interface, on one thread, and prints what was
 * counted as CSV: a line for each case. A second run of each is the one that counts: the
 * first makes what is made once. callgrind finds that run by its function, `measured`.
 *
 *   counts FOLDER    a folder for files */
#include "counts.h"

#include <stdio.h>
#include <string.h>

#include <gemml.h>

#include "util/alloc.h"

size_t counted[COUNTS];

static const char *const count_names[COUNTS] = {"allocations", "kilobytes", "rows",       "scanned", "parallel",
                                                "tasks",       "gemm",      "gemv",       "syrk",    "level_1",
                                                "products",    "factors",   "iterations", "epochs"};

struct counted_case {
    const char *name;
    gemml_kind kind;
    gemml_solver solver;
    size_t n, p, classes; /* 1: values */
    size_t iterations;    /* at most: epochs of descent and networks */
    size_t hidden[3];     /* of networks; ended by 0 */
    size_t batch;
    gemml_status (*run)(void);
};

/* The table, the model, and where files go. */
static struct {
    const struct counted_case *now;
    const char *folder;
    double *x, *y, *out;
    gemml_dataset train;
    gemml_model *model, *loaded;
    char path[512];
} the;

/* ---- What runs ------------------------------------------------------------------ */

static gemml_status fit(void)
{
    gemml_fit_info info = GEMML_FIT_INFO_INIT;
    TRY(gemml_fit(the.model, &the.train, NULL, &info));
    counted[COUNT_ITERATIONS] = info.iterations;
    counted[COUNT_EPOCHS] = info.epochs;
    return GEMML_OK;
}

static gemml_status predict(void)
{
    return gemml_predict(the.model, the.train.x, gemml_matrix_f64(the.out, the.now->n, 1));
}

static gemml_status save_and_load(void)
{
    snprintf(the.path, sizeof the.path, "%s/model.gemml", the.folder);
    gemml_model_free(the.loaded);
    the.loaded = NULL;
    TRY(gemml_save(the.model, the.path));
    return gemml_load(&the.loaded, the.path);
}

static gemml_status read_table(void)
{
    gemml_table *table = NULL;
    gemml_schema *schema = NULL;
    gemml_frame *frame = NULL;
    gemml_status status = gemml_table_read(&table, the.path);
    if (status == GEMML_OK)
        status = gemml_schema_create(&schema, table, NULL);
    if (status == GEMML_OK)
        status = gemml_encode(&frame, schema, table, 0);
    gemml_frame_free(frame);
    gemml_schema_free(schema);
    gemml_table_free(table);
    return status;
}

/* ---- What it runs on ------------------------------------------------------------- */

static gemml_status make_data(void)
{
    size_t n = the.now->n, p = the.now->p;
    TRY(memory_alloc(&the.x, n * p, sizeof(double)));
    TRY(memory_alloc(&the.y, n, sizeof(double)));
    TRY(memory_alloc(&the.out, n, sizeof(double)));
    gemml_matrix x = gemml_matrix_f64(the.x, n, p), y = gemml_matrix_f64(the.y, n, 1), none = {0};
    gemml_regression_options values = GEMML_REGRESSION_OPTIONS_INIT;
    gemml_classification_options classes = GEMML_CLASSIFICATION_OPTIONS_INIT;
    values.noise = 10;
    classes.classes = the.now->classes;
    classes.informative = p / 2 + 1;
    classes.redundant = 0;
    classes.flip = 0.2;
    gemml_dataset_init(&the.train);
    the.train.x = gemml_view_f64(the.x, n, p);
    the.train.y = gemml_view_f64(the.y, n, 1);
    return the.now->classes > 1 ? gemml_generate_classification(&classes, x, y)
                                : gemml_generate_regression(&values, x, y, none);
}

static gemml_status make_linear(void)
{
    gemml_linear_options options = GEMML_LINEAR_OPTIONS_INIT;
    options.solver = the.now->solver;
    options.epochs = the.now->iterations;
    return gemml_linear_create(&the.model, &options);
}

static gemml_status make_logistic(void)
{
    gemml_logistic_options options = GEMML_LOGISTIC_OPTIONS_INIT;
    options.solver = the.now->solver;
    options.l2 = 1;
    options.epochs = the.now->iterations;
    /* Far enough from rounding that every BLAS takes as many steps. */
    options.tolerance = the.now->solver == GEMML_SOLVER_DESCENT ? GEMML_AUTO : 1e-6;
    return gemml_logistic_create(&the.model, &options);
}

static gemml_status make_network(void)
{
    gemml_mlp_options options = GEMML_MLP_OPTIONS_INIT;
    options.task = the.now->classes > 1 ? GEMML_TASK_CLASSIFICATION : GEMML_TASK_REGRESSION;
    options.hidden = the.now->hidden;
    for (options.hidden_count = 0; options.hidden_count < 3 && the.now->hidden[options.hidden_count] > 0;)
        options.hidden_count++;
    options.batch = the.now->batch;
    options.epochs = the.now->iterations;
    return gemml_mlp_create(&the.model, &options);
}

static gemml_status write_table(void)
{
    snprintf(the.path, sizeof the.path, "%s/table.csv", the.folder);
    FILE *file = fopen(the.path, "w");
    if (!file)
        return error_set(GEMML_ERROR_IO, "%s cannot be written", the.path);
    for (size_t j = 0; j < the.now->p; j++)
        fprintf(file, "%sx%zu", j ? "," : "", j);
    for (size_t i = 0; i < the.now->n * the.now->p; i++)
        fprintf(file, "%s%.17g", i % the.now->p ? "," : "\n", the.x[i]);
    fputc('\n', file);
    return fclose(file) == 0 ? GEMML_OK : error_set(GEMML_ERROR_IO, "%s cannot be written", the.path);
}

static gemml_status prepare(void)
{
    TRY(make_data());
    TRY(the.now->kind == GEMML_LINEAR     ? make_linear()
        : the.now->kind == GEMML_LOGISTIC ? make_logistic()
                                          : make_network());
    if (the.now->run == read_table)
        return write_table();
    return the.now->run == fit ? GEMML_OK : gemml_fit(the.model, &the.train, NULL, NULL);
}

static void clear(void)
{
    memory_free(the.x);
    memory_free(the.y);
    memory_free(the.out);
    gemml_model_free(the.model);
    gemml_model_free(the.loaded);
    the.x = the.y = the.out = NULL;
    the.model = the.loaded = NULL;
}

/* ---- Counting ------------------------------------------------------------------- */

static bool count_allocation(size_t bytes)
{
    static size_t rest;
    counted[COUNT_ALLOCATIONS]++;
    rest = counted[COUNT_ALLOCATIONS] == 1 ? bytes : rest + bytes;
    counted[COUNT_KILOBYTES] = rest / 1024;
    return false;
}

/* Not inlined: callgrind collects inside of it. */
static __attribute__((noinline)) gemml_status measured(void)
{
    return the.now->run();
}

static gemml_status run_case(void)
{
    TRY(prepare());
    TRY(the.now->run());
    memset(counted, 0, sizeof counted);
    memory_fails = count_allocation;
    gemml_status status = measured();
    memory_fails = NULL;
    return status;
}

static int print_case(const struct counted_case *now)
{
    the.now = now;
    if (run_case() != GEMML_OK) {
        fprintf(stderr, "counts: %s: %s\n", now->name, gemml_last_error());
        clear();
        return 1;
    }
    printf("%s", now->name);
    for (size_t i = 0; i < COUNTS; i++)
        printf(",%zu", counted[i]);
    putchar('\n');
    clear();
    return 0;
}

static const struct counted_case cases[] = {
    {.name = "linear-cholesky", .solver = GEMML_SOLVER_CHOLESKY, .n = 3000, .p = 20, .classes = 1, .run = fit},
    {.name = "linear-wide", .solver = GEMML_SOLVER_CHOLESKY, .n = 700, .p = 300, .classes = 1, .run = fit},
    {.name = "linear-qr", .solver = GEMML_SOLVER_QR, .n = 3000, .p = 20, .classes = 1, .run = fit},
    {.name = "linear-svd", .solver = GEMML_SOLVER_SVD, .n = 3000, .p = 20, .classes = 1, .run = fit},
    {.name = "linear-lbfgs", .solver = GEMML_SOLVER_LBFGS, .n = 3000, .p = 20, .classes = 1, .run = fit},
    {.name = "linear-descent",
     .solver = GEMML_SOLVER_DESCENT,
     .n = 3000,
     .p = 20,
     .classes = 1,
     .iterations = 5,
     .run = fit},
    {.name = "logistic-newton",
     .kind = GEMML_LOGISTIC,
     .solver = GEMML_SOLVER_NEWTON,
     .n = 3000,
     .p = 10,
     .classes = 2,
     .run = fit},
    {.name = "logistic-lbfgs",
     .kind = GEMML_LOGISTIC,
     .solver = GEMML_SOLVER_LBFGS,
     .n = 3000,
     .p = 10,
     .classes = 2,
     .run = fit},
    {.name = "logistic-descent",
     .kind = GEMML_LOGISTIC,
     .solver = GEMML_SOLVER_DESCENT,
     .n = 3000,
     .p = 10,
     .classes = 2,
     .iterations = 5,
     .run = fit},
    {.name = "softmax-lbfgs",
     .kind = GEMML_LOGISTIC,
     .solver = GEMML_SOLVER_LBFGS,
     .n = 3000,
     .p = 10,
     .classes = 4,
     .run = fit},
    {.name = "network-small",
     .kind = GEMML_MLP,
     .n = 1000,
     .p = 12,
     .classes = 4,
     .iterations = 2,
     .hidden = {4, 10, 6},
     .batch = 100,
     .run = fit},
    {.name = "network-large",
     .kind = GEMML_MLP,
     .n = 128,
     .p = 64,
     .classes = 4,
     .iterations = 1,
     .hidden = {512, 256},
     .batch = 64,
     .run = fit},
    {.name = "predict-linear", .n = 1000, .p = 20, .classes = 1, .run = predict},
    {.name = "predict-logistic", .kind = GEMML_LOGISTIC, .n = 1000, .p = 20, .classes = 2, .run = predict},
    {.name = "predict-network",
     .kind = GEMML_MLP,
     .n = 1000,
     .p = 12,
     .classes = 4,
     .iterations = 1,
     .hidden = {30, 20},
     .batch = 100,
     .run = predict},
    {.name = "save-and-load", .n = 1000, .p = 20, .classes = 1, .run = save_and_load},
    {.name = "read-csv", .n = 2000, .p = 10, .classes = 1, .run = read_table},
};

int main(int count, char **words)
{
    if (count != 2 || gemml_set_threads(1) != GEMML_OK)
        return 2;
    the.folder = words[1];
    int failed = 0;
    printf("case");
    for (size_t i = 0; i < COUNTS; i++)
        printf(",%s", count_names[i]);
    putchar('\n');
    for (size_t i = 0; i < sizeof cases / sizeof *cases && !failed; i++) {
        struct counted_case now = cases[i];
        now.iterations = now.iterations == 0 ? GEMML_AUTO_COUNT : now.iterations;
        failed = print_case(&now);
    }
    return failed;
}

/* Reading tables (CSV and NPY), and saving and loading models, in a temporary folder;
 * files are in the page cache. Beside the reading of CSV stands fgets with strtod, beside
 * that of NPY a copy of its bytes. Saving ends with the file on the disk (fsync). */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "problem.h"
#include "rooms.h"
#include "util/alloc.h"

#define TEXT_BYTES 32 /* of a number, at most */

struct file {
    char folder[64], path[96];
    struct problem *problem; /* its x is what stands in the table */
    double *plain;           /* the numbers that the plain loops read */
    gemml_table *table;      /* that ours read */
    gemml_model *loaded;
};

static void file_free(void *state)
{
    struct file *file = state;
    gemml_table_free(file->table);
    gemml_model_free(file->loaded);
    if (file->path[0])
        unlink(file->path);
    if (file->folder[0])
        rmdir(file->folder);
    if (file->problem)
        problem_free(file->problem);
    memory_free(file->plain);
    memory_free(file);
}

static gemml_status make_path(struct file *file, const char *name)
{
    char folder[] = "/tmp/gemml-bench-XXXXXX";
    if (!mkdtemp(folder))
        return error_set(GEMML_ERROR_IO, "no temporary folder can be made");
    snprintf(file->folder, sizeof file->folder, "%s", folder);
    snprintf(file->path, sizeof file->path, "%s/%s", folder, name);
    return GEMML_OK;
}

static void write_csv(FILE *out, const struct problem *problem)
{
    for (size_t j = 0; j < problem->p; j++)
        fprintf(out, "%sx%zu", j ? "," : "", j);
    for (size_t i = 0; i < problem->n * problem->p; i++)
        fprintf(out, "%s%.17g", i % problem->p ? "," : "\n", problem->x[i]);
    fputc('\n', out);
}

/* Version 1.0: magic, the length of the header, the header padded to 64 bytes, the numbers. */
static void write_npy(FILE *out, const struct problem *problem)
{
    char header[118];
    int used = snprintf(header, sizeof header, "{'descr': '<f8', 'fortran_order': False, 'shape': (%zu, %zu), }",
                        problem->n, problem->p);
    fwrite("\x93NUMPY\x01\x00", 1, 8, out);
    fputc(sizeof header, out);
    fputc(0, out);
    fprintf(out, "%s%*s\n", header, (int)sizeof header - 1 - used, "");
    fwrite(problem->x, sizeof(double), problem->n * problem->p, out);
}

static gemml_status write_table(struct file *file, bool text)
{
    FILE *out = fopen(file->path, "wb");
    if (!out)
        return error_set(GEMML_ERROR_IO, "%s cannot be written", file->path);
    if (text)
        write_csv(out, file->problem);
    else
        write_npy(out, file->problem);
    bool failed = ferror(out) != 0;
    return fclose(out) != 0 || failed ? error_set(GEMML_ERROR_IO, "%s cannot be written", file->path) : GEMML_OK;
}

static gemml_status fill_table(struct file *file, const struct bench_case *bench, bool text)
{
    TRY(problem_make(&file->problem, bench));
    TRY(memory_alloc(&file->plain, file->problem->n * file->problem->p, sizeof(double)));
    TRY(make_path(file, text ? "table.csv" : "table.npy"));
    return write_table(file, text);
}

static gemml_status fill_model(struct file *file, const struct bench_case *bench)
{
    TRY(problem_make(&file->problem, bench));
    TRY(problem_fit(file->problem));
    TRY(make_path(file, "model.gemml"));
    return gemml_save(file->problem->model, file->path);
}

enum what { CSV, NPY, MODEL };

static gemml_status setup_of(const struct bench_case *bench, enum what what, void **state)
{
    struct file *file;
    TRY(memory_zeroed(&file, 1, sizeof *file));
    gemml_status status = what == MODEL ? fill_model(file, bench) : fill_table(file, bench, what == CSV);
    if (status != GEMML_OK)
        file_free(file);
    else
        *state = file;
    return status;
}

static gemml_status setup_csv(const struct bench_case *bench, void **state)
{
    return setup_of(bench, CSV, state);
}

static gemml_status setup_npy(const struct bench_case *bench, void **state)
{
    return setup_of(bench, NPY, state);
}

static gemml_status setup_model(const struct bench_case *bench, void **state)
{
    return setup_of(bench, MODEL, state);
}

/* ---- Tables -------------------------------------------------------------------- */

static gemml_status read_run(void *state)
{
    struct file *file = state;
    gemml_table_free(file->table);
    file->table = NULL;
    return gemml_table_read(&file->table, file->path);
}

static gemml_status csv_naive(void *state)
{
    struct file *file = state;
    char *line, *end;
    size_t capacity = file->problem->p * TEXT_BYTES, count = 0;
    FILE *in = fopen(file->path, "r");
    if (!in)
        return error_set(GEMML_ERROR_IO, "%s cannot be read", file->path);
    gemml_status status = memory_alloc(&line, capacity, 1);
    bool header = true;
    while (status == GEMML_OK && fgets(line, (int)capacity, in)) {
        char *place = line;
        for (size_t j = 0; !header && j < file->problem->p; j++, place = end + 1)
            file->plain[count++] = strtod(place, &end);
        header = false;
    }
    memory_free(line);
    fclose(in);
    return status;
}

static gemml_status npy_naive(void *state)
{
    struct file *file = state;
    size_t count = file->problem->n * file->problem->p;
    FILE *in = fopen(file->path, "rb");
    if (!in)
        return error_set(GEMML_ERROR_IO, "%s cannot be read", file->path);
    bool read = fseek(in, 128, SEEK_SET) == 0 && fread(file->plain, sizeof(double), count, in) == count;
    fclose(in);
    return read ? GEMML_OK : error_set(GEMML_ERROR_IO, "%s is too short", file->path);
}

/* How many numbers differ, of ours and of the plain loops', from those that were written. */
static double differences(const struct file *file, const gemml_dataset *data)
{
    const struct problem *problem = file->problem;
    size_t different = data->x.rows != problem->n || data->x.cols != problem->p ? 1 : 0;
    for (size_t i = 0; different == 0 && i < problem->n; i++)
        for (size_t j = 0; j < problem->p; j++) {
            double written = problem->x[i * problem->p + j];
            different += ((const double *)data->x.data)[i * data->x.stride + j] != written;
            different += file->plain[i * problem->p + j] != written;
        }
    return (double)different;
}

static gemml_status table_residual(void *state, double *residual)
{
    struct file *file = state;
    gemml_schema *schema = NULL;
    gemml_frame *frame = NULL;
    gemml_status status = gemml_schema_create(&schema, file->table, NULL);
    if (status == GEMML_OK)
        status = gemml_encode(&frame, schema, file->table, 0);
    if (status == GEMML_OK) {
        gemml_dataset data = gemml_frame_dataset(frame);
        *residual = differences(file, &data);
    }
    gemml_frame_free(frame);
    gemml_schema_free(schema);
    return status;
}

/* ---- Models -------------------------------------------------------------------- */

static gemml_status save_run(void *state)
{
    struct file *file = state;
    return gemml_save(file->problem->model, file->path);
}

static gemml_status load_run(void *state)
{
    struct file *file = state;
    gemml_model_free(file->loaded);
    file->loaded = NULL;
    return gemml_load(&file->loaded, file->path);
}

/* 0 where the file holds the model's parameters to the bit, else 1. */
static gemml_status model_residual(void *state, double *residual)
{
    struct file *file = state;
    const void *written, *read;
    size_t written_count, read_count;
    gemml_model_info info = GEMML_MODEL_INFO_INIT;
    TRY(load_run(state));
    TRY(gemml_model_get_info(file->loaded, &info));
    TRY(gemml_parameters(file->problem->model, &written, &written_count));
    TRY(gemml_parameters(file->loaded, &read, &read_count));
    size_t size = info.dtype == GEMML_F32 ? sizeof(float) : sizeof(double);
    *residual = written_count != read_count || memcmp(written, read, read_count * size) != 0;
    return GEMML_OK;
}

/* ---- Cases --------------------------------------------------------------------- */

struct kind {
    struct job job;
    gemml_status (*setup)(const struct bench_case *bench, void **state);
    gemml_status (*run)(void *state);
    gemml_status (*naive)(void *state);
    gemml_status (*residual)(void *state, double *residual);
};

static gemml_status add(struct bench_list *list, const struct kind *kind, size_t n, size_t p)
{
    struct bench_case *bench = problem_add(list, "files", &kind->job, n, p);
    if (!bench)
        return GEMML_ERROR_MEMORY;
    bench->bytes = kind->residual == table_residual ? (double)(n * p) * sizeof(double) : 0; /* as numbers */
    bench->bound = BENCH_READ;
    bench->tolerance = 0;
    bench->setup = kind->setup;
    bench->run = kind->run;
    bench->naive = kind->naive;
    bench->residual = kind->residual;
    bench->teardown = file_free;
    return GEMML_OK;
}

gemml_status bench_files(struct bench_list *list, bool quick)
{
    static const struct kind tables[] = {
        {{"csv", GEMML_LINEAR, GEMML_SOLVER_AUTO, 1, 0, GEMML_AUTO_COUNT, GEMML_AUTO_COUNT},
         setup_csv,
         read_run,
         csv_naive,
         table_residual},
        {{"npy", GEMML_LINEAR, GEMML_SOLVER_AUTO, 1, 0, GEMML_AUTO_COUNT, GEMML_AUTO_COUNT},
         setup_npy,
         read_run,
         npy_naive,
         table_residual}};
    static const struct kind models[] = {
        {{"save-linear", GEMML_LINEAR, GEMML_SOLVER_AUTO, 1, 0, GEMML_AUTO_COUNT, GEMML_AUTO_COUNT},
         setup_model,
         save_run,
         NULL,
         model_residual},
        {{"load-linear", GEMML_LINEAR, GEMML_SOLVER_AUTO, 1, 0, GEMML_AUTO_COUNT, GEMML_AUTO_COUNT},
         setup_model,
         load_run,
         NULL,
         model_residual},
        {{"save-network", GEMML_MLP, GEMML_SOLVER_AUTO, 1, 0, 1, GEMML_AUTO_COUNT},
         setup_model,
         save_run,
         NULL,
         model_residual},
        {{"load-network", GEMML_MLP, GEMML_SOLVER_AUTO, 1, 0, 1, GEMML_AUTO_COUNT},
         setup_model,
         load_run,
         NULL,
         model_residual}};
    for (size_t i = 0; i < 2; i++) {
        TRY(add(list, tables + i, 1000, 20));
        TRY(add(list, tables + i, quick ? 10000 : 200000, 20));
    }
    for (size_t i = 0; i < 4; i++)
        TRY(add(list, models + i, 2000, 100));
    return GEMML_OK;
}

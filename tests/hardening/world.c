#include "world.h"

#include <zlib.h>

#include "isolated.h"

enum { TABLE_ROWS = 40 };

static void must(gemml_status status)
{
    if (status != GEMML_OK)
        isolated_fail("the world cannot be made: %s", gemml_last_error());
}

/* x uniform; y linear in x with noise; labels by the largest of three noisy scores. */
static void fill_data(struct world *world)
{
    uint64_t seed = 7;
    for (size_t i = 0; i < world->n; i++) {
        double *x = world->x + i * WORLD_FEATURES, best = -1e9;
        for (size_t j = 0; j < WORLD_FEATURES; j++)
            x[j] = test_random(&seed) + 0.5 * (double)j;
        for (size_t k = 0; k < WORLD_OUTPUTS; k++)
            world->y[i * WORLD_OUTPUTS + k] = 1 + (double)k * x[0] - x[1] + 2 * x[3] + 0.1 * test_random(&seed);
        for (size_t k = 0; k < WORLD_CLASSES; k++) {
            double score = x[k] - 0.5 * (double)k + test_random(&seed);
            if (score > best) {
                best = score;
                world->label[i] = (double)k;
            }
        }
        world->w[i] = 1.5 + test_random(&seed);
        world->binary[i] = x[0] - x[2] + 1 + test_random(&seed) > 0;
        world->separated[i] = x[0] > 0;
    }
}

static gemml_dataset dataset(const struct world *world, const double *y, size_t outputs, size_t rows)
{
    gemml_dataset data = GEMML_DATASET_INIT;
    data.x = gemml_view_f64(world->x, rows, WORLD_FEATURES);
    data.y = gemml_view_f64(y, rows, outputs);
    data.weight = gemml_view_f64(world->w, rows, 1);
    return data;
}

static void make_datasets(struct world *world)
{
    world->values = dataset(world, world->y, WORLD_OUTPUTS, world->n);
    world->classes = dataset(world, world->label, 1, world->n);
    world->two = dataset(world, world->binary, 1, world->n);
    world->apart = dataset(world, world->separated, 1, world->n);
    world->valid = dataset(world, world->y, WORLD_OUTPUTS, 60);
    world->valid_classes = dataset(world, world->label, 1, 60);
}

/* A column of numbers with a missing one, one of texts, one of classes. */
static size_t write_csv(const struct world *world, char *text)
{
    const char *const kinds[] = {"red", "green", "blue"};
    size_t used = (size_t)sprintf(text, "size;\"kind of \"\"it\"\"\";w;class;price\r\n");
    for (size_t i = 0; i < TABLE_ROWS; i++) {
        if (i == 7)
            used += (size_t)sprintf(text + used, "NA");
        else
            used += (size_t)sprintf(text + used, "%.3f", world->x[WORLD_FEATURES * i]);
        used += (size_t)sprintf(text + used, ";%s;1;%s;%.2f\r\n", kinds[i % 3], i % 2 ? "yes" : "no",
                                world->y[WORLD_OUTPUTS * i]);
    }
    return used;
}

static void write_gzip(const char *path, const char *text, size_t count)
{
    gzFile file = gzopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(gzwrite(file, text, (unsigned)count), count);
    assert_int_equal(gzclose(file), Z_OK);
}

static void write_tables(struct world *world)
{
    static char text[64 * TABLE_ROWS];
    static const char header[] =
        "\x93NUMPY\x01\x00\x76\x00{'descr': '<f8', 'fortran_order': False, 'shape': (40, 4), }";
    char npy[128 + sizeof(double) * WORLD_FEATURES * TABLE_ROWS];
    size_t count = write_csv(world, text);
    write_file("table.csv", text, count);
    write_gzip(world->gz, text, count);
    memset(npy, ' ', 128);
    memcpy(npy, header, sizeof header - 1);
    npy[127] = '\n';
    memcpy(npy + 128, world->x, sizeof npy - 128);
    write_file("table.npy", npy, sizeof npy);
}

static void make_tables(struct world *world)
{
    gemml_schema_options options = GEMML_SCHEMA_OPTIONS_INIT;
    options.target = "price";
    options.weight = "w";
    options.drop = "class";
    must(gemml_table_read(&world->table, world->csv));
    must(gemml_schema_create(&world->schema, world->table, &options));
    must(gemml_encode(&world->frame, world->schema, world->table, GEMML_ENCODE_LEARN));
}

/* The linear model has all that a saved model can have: a check, robust errors. */
static void fit_models(struct world *world)
{
    gemml_linear_options linear = GEMML_LINEAR_OPTIONS_INIT;
    linear.scaling = GEMML_SCALING_STANDARDIZE;
    must(gemml_linear_create(&world->linear, &linear));
    must(gemml_fit(world->linear, &world->values, NULL, NULL));
    must(gemml_robust_errors(world->linear, &world->values, GEMML_ERRORS_HC2, (gemml_matrix){0}));
    must(gemml_normal_equation_check(world->linear, &world->values, NULL));
    must(gemml_linear_create(&world->simple, NULL));
    must(gemml_fit(world->simple, &world->values, NULL, NULL));
    must(gemml_logistic_create(&world->logistic, NULL));
    must(gemml_fit(world->logistic, &world->classes, NULL, NULL));
    must(gemml_logistic_create(&world->binomial, NULL));
    must(gemml_fit(world->binomial, &world->two, NULL, NULL));

    const size_t hidden[] = {5};
    gemml_mlp_options network = GEMML_MLP_OPTIONS_INIT;
    gemml_fit_options fit = GEMML_FIT_OPTIONS_INIT;
    network.task = GEMML_TASK_CLASSIFICATION;
    network.hidden = hidden;
    network.hidden_count = 1;
    network.epochs = 2;
    fit.record = 1;
    must(gemml_mlp_create(&world->network, &network));
    must(gemml_fit(world->network, &world->classes, &fit, NULL));
    must(gemml_recall(world->network, 0));
}

static void name_files(struct world *world)
{
    world->csv = strdup(scratch_path("table.csv"));
    world->gz = strdup(scratch_path("table.csv.gz"));
    world->npy = strdup(scratch_path("table.npy"));
    world->model = strdup(scratch_path("model.gemml"));
    world->sums = strdup(scratch_path("sums.gemml"));
    world->checkpoint = strdup(scratch_path("checkpoint"));
    world->state = strdup(scratch_path("state"));
    world->target = strdup(scratch_path("target"));
}

struct world *world_begin(size_t n)
{
    static struct world made;
    struct world *world = &made;
    assert_true(n >= 100 && n <= WORLD_ROWS && world->n == 0);
    world->n = n;
    fill_data(world);
    make_datasets(world);
    name_files(world);
    return world;
}

void world_finish(struct world *world)
{
    fit_models(world);
    must(gemml_moments_create(&world->moments, WORLD_FEATURES, WORLD_OUTPUTS));
    must(gemml_moments_add(world->moments, &world->values));
    must(gemml_moments_create(&world->part, WORLD_FEATURES, WORLD_OUTPUTS));
    must(gemml_moments_add(world->part, &world->valid));
    write_tables(world);
    make_tables(world);
    must(gemml_save(world->linear, world->model));
    must(gemml_moments_save(world->moments, world->sums));
    world->bytes = (unsigned char *)read_file(world->model, &world->byte_count);
    world->scratch_bytes = gemml_predict_scratch_size(world->logistic, world->values.x);
    assert_int_equal(posix_memalign(&world->scratch, 64, world->scratch_bytes), 0);
}

void world_restore(struct world *world)
{
    if (!world->changed)
        return;
    gemml_moments_free(world->moments);
    world->moments = NULL;
    must(gemml_moments_load(&world->moments, world->sums));
    world->changed = false;
}

void world_note(struct world *world, const void *bytes, size_t count)
{
    const unsigned char *byte = bytes;
    for (size_t i = 0; i < count; i++)
        world->digest = (world->digest ^ byte[i]) * 0x100000001B3u;
}

void world_note_text(struct world *world, const char *text)
{
    world_note(world, text ? text : "", text ? strlen(text) : 0);
}

void world_note_out(struct world *world, size_t count)
{
    world_note(world, world->out, count * sizeof *world->out);
}

unsigned char *world_state(const struct world *world, size_t *count)
{
    if (world->subject)
        must(gemml_save(world->subject, world->state));
    else
        must(gemml_moments_save(world->moments, world->state));
    return (unsigned char *)read_file(world->state, count);
}

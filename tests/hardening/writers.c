#include "writers.h"

#include <fcntl.h>
#include <unistd.h>

enum { ROWS = 60, FEATURES = 3 };

static gemml_model *models[2], *network;
static gemml_moments *moments[2];
static gemml_dataset data;
static int current;

static void must(gemml_status status)
{
    if (status != GEMML_OK)
        fail_msg("%s", gemml_last_error());
}

void writers_begin(void)
{
    static double x[ROWS * FEATURES], y[ROWS];
    uint64_t seed = 11;
    for (size_t i = 0; i < ROWS * FEATURES; i++)
        x[i] = test_random(&seed);
    for (size_t i = 0; i < ROWS; i++)
        y[i] = x[FEATURES * i] - x[FEATURES * i + 1] + 0.1 * test_random(&seed);
    data = (gemml_dataset)GEMML_DATASET_INIT;
    data.y = gemml_view_f64(y, ROWS, 1);
    data.x = gemml_view_f64(x, ROWS, FEATURES);
    for (int i = 0; i < 2; i++) {
        gemml_linear_options options = GEMML_LINEAR_OPTIONS_INIT;
        options.l2 = i;
        must(gemml_linear_create(&models[i], &options));
        must(gemml_fit(models[i], &data, NULL, NULL));
        must(gemml_moments_create(&moments[i], FEATURES, 1));
        must(gemml_moments_add(moments[i], &data));
    }
    must(gemml_moments_add(moments[1], &data));
}

void writers_swap(void)
{
    current = !current;
}

/* ---- Safe ------------------------------------------------------------------------- */

static gemml_status save_model(const char *path)
{
    return gemml_save(models[current], path);
}

static gemml_status save_moments(const char *path)
{
    return gemml_moments_save(moments[current], path);
}

/* A run of two epochs, with a checkpoint after each. */
static gemml_status save_checkpoint(const char *path)
{
    const size_t hidden[] = {4};
    gemml_mlp_options options = GEMML_MLP_OPTIONS_INIT;
    gemml_fit_options fit = GEMML_FIT_OPTIONS_INIT;
    options.hidden = hidden;
    options.hidden_count = 1;
    options.epochs = 2;
    options.seed = (uint64_t)current;
    fit.checkpoint = path;
    gemml_model_free(network);
    network = NULL;
    must(gemml_mlp_create(&network, &options));
    return gemml_fit(network, &data, &fit, NULL);
}

const struct writer safe_writers[] = {
    {"gemml_save", save_model},
    {"gemml_moments_save", save_moments},
    {"a checkpoint", save_checkpoint},
};
const size_t safe_writer_count = sizeof safe_writers / sizeof *safe_writers;

/* ---- Unsafe: what people write ------------------------------------------------------- */

static const char text[] = "the new content, which is longer than what was there before";

/* Careful in what the flags say, and in nothing else. */
struct care {
    bool beside, synced, folder_synced, errors_heeded, cleaned_up;
};

static bool put(const char *path, struct care care)
{
    int file = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0666);
    bool good = file >= 0;
    for (size_t done = 0; good && done < sizeof text;) {
        ssize_t wrote = write(file, text + done, sizeof text - done);
        good = wrote >= 0;
        done += good ? (size_t)wrote : 0;
    }
    if (care.synced && good)
        good = fsync(file) == 0;
    if (file >= 0 && close(file) != 0)
        good = false;
    return good || !care.errors_heeded;
}

static bool sync_folder(const char *path)
{
    char folder[4096];
    snprintf(folder, sizeof folder, "%s", path);
    *strrchr(folder, '/') = '\0';
    int file = open(folder, O_RDONLY | O_DIRECTORY);
    bool good = file >= 0 && fsync(file) == 0;
    if (file >= 0)
        close(file);
    return good;
}

static gemml_status write_with(const char *path, struct care care)
{
    char temporary[4096];
    snprintf(temporary, sizeof temporary, care.beside ? "%s.tmp" : "%s", path);
    bool good = put(temporary, care);
    if (good && care.beside)
        good = rename(temporary, path) == 0;
    if (!good && care.cleaned_up)
        unlink(temporary);
    if (good && care.folder_synced)
        good = sync_folder(path);
    return good ? GEMML_OK : GEMML_ERROR_IO;
}

static gemml_status write_in_place(const char *path)
{
    return write_with(path, (struct care){false, true, true, true, false});
}

static gemml_status write_unsynced(const char *path)
{
    return write_with(path, (struct care){true, false, true, true, true});
}

static gemml_status write_and_forget_the_folder(const char *path)
{
    return write_with(path, (struct care){true, true, false, true, true});
}

static gemml_status write_deaf(const char *path)
{
    return write_with(path, (struct care){true, true, true, false, true});
}

static gemml_status write_and_leave(const char *path)
{
    return write_with(path, (struct care){true, true, true, true, false});
}

const struct writer unsafe_writers[] = {
    {"in place", write_in_place},
    {"without a sync", write_unsynced},
    {"without a sync of the folder", write_and_forget_the_folder},
    {"deaf to errors", write_deaf},
    {"leaving what it began", write_and_leave},
};
const size_t unsafe_writer_count = sizeof unsafe_writers / sizeof *unsafe_writers;

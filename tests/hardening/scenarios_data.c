/* Tables and schemas, moments, made-up data, and what concerns the library as a whole. */
#include "scenarios.h"

#include <unistd.h>

/* ---- Tables ----------------------------------------------------------------------- */

static gemml_status read_and_free(struct world *world, const char *path)
{
    gemml_table *table = NULL;
    TRY_CALL(CALL(gemml_table_read, &table, path));
    size_t shape[] = {CALL(gemml_table_rows, table), CALL(gemml_table_columns, table)};
    world_note(world, shape, sizeof shape);
    world_note_text(world, CALL(gemml_table_column_name, table, 1));
    CALL(gemml_table_free, table);
    return GEMML_OK;
}

static gemml_status read_csv(struct world *world)
{
    return read_and_free(world, world->csv);
}

static gemml_status read_gzip(struct world *world)
{
    return read_and_free(world, world->gz);
}

static gemml_status read_npy(struct world *world)
{
    return read_and_free(world, world->npy);
}

static gemml_status view_a_table(struct world *world)
{
    const char *const names[] = {"a", "b", "c", "d"};
    gemml_table *table = NULL;
    TRY_CALL(CALL(gemml_table_of_view, &table, world->values.x, names));
    world_note_text(world, CALL(gemml_table_column_name, table, 3));
    CALL(gemml_table_free, table);
    return GEMML_OK;
}

static gemml_status split_a_table(struct world *world)
{
    gemml_split_options options = GEMML_SPLIT_OPTIONS_INIT;
    gemml_table *train = NULL, *held = NULL;
    options.stratify = "class";
    TRY_CALL(CALL(gemml_table_split, &train, &held, world->table, &options));
    size_t rows = CALL(gemml_table_rows, held);
    world_note(world, &rows, sizeof rows);
    CALL(gemml_table_free, train);
    CALL(gemml_table_free, held);
    return GEMML_OK;
}

/* ---- Schemas ------------------------------------------------------------------------- */

static void note_schema(struct world *world, const gemml_schema *schema)
{
    gemml_column_info info = GEMML_COLUMN_INFO_INIT;
    size_t counts[] = {CALL(gemml_schema_inputs, schema),  CALL(gemml_schema_outputs, schema),
                       CALL(gemml_schema_classes, schema), CALL(gemml_schema_degree, schema),
                       CALL(gemml_schema_terms, schema),   CALL(gemml_schema_columns, schema)};
    world_note(world, counts, sizeof counts);
    for (size_t i = 0; i < counts[0]; i++)
        world_note_text(world, CALL(gemml_schema_input_name, schema, i));
    world_note_text(world, CALL(gemml_schema_output_name, schema, 0));
    world_note_text(world, CALL(gemml_schema_class, schema, 0));
    world_note_text(world, CALL(gemml_schema_notice, schema));
    world_note_text(world, CALL(gemml_schema_level, schema, 1, 1));
    if (CALL(gemml_schema_column, schema, 1, &info) == GEMML_OK)
        world_note_text(world, info.name);
}

static gemml_status create_schema(struct world *world)
{
    gemml_schema_options options = GEMML_SCHEMA_OPTIONS_INIT;
    gemml_schema *schema = NULL;
    options.target = "class";
    options.target_type = GEMML_TARGET_AUTO;
    options.weight = "w";
    options.numeric = "price,size";
    options.coding = GEMML_CODING_ONE_HOT;
    options.polynomial = 2;
    options.terms = GEMML_TERM_SIN;
    TRY_CALL(CALL(gemml_schema_create, &schema, world->table, &options));
    note_schema(world, schema);
    CALL(gemml_schema_free, schema);
    return GEMML_OK;
}

static gemml_status encode_a_table(struct world *world)
{
    gemml_frame *frame = NULL;
    TRY_CALL(CALL(gemml_encode, &frame, world->schema, world->table, GEMML_ENCODE_LEARN));
    gemml_dataset data = CALL(gemml_frame_dataset, frame);
    size_t counts[] = {data.x.rows, data.x.cols, CALL(gemml_frame_dropped, frame), CALL(gemml_frame_imputed, frame),
                       CALL(gemml_frame_unseen, frame)};
    world_note(world, counts, sizeof counts);
    world_note_text(world, CALL(gemml_frame_notice, frame));
    CALL(gemml_frame_free, frame);
    return GEMML_OK;
}

/* A model with a schema is fitted, saved and loaded with it. */
static gemml_status keep_a_schema(struct world *world)
{
    gemml_dataset data = gemml_frame_dataset(world->frame);
    gemml_model *model = NULL, *loaded = NULL;
    TRY_CALL(CALL(gemml_linear_create, &model, NULL));
    gemml_status status = CALL(gemml_model_set_schema, model, world->schema);
    if (status == GEMML_OK)
        status = CALL(gemml_fit, model, &data, NULL, NULL);
    if (status == GEMML_OK)
        status = CALL(gemml_save, model, world->target);
    CALL(gemml_model_free, model);
    TRY_CALL(status);
    TRY_CALL(CALL(gemml_load, &loaded, world->target));
    note_schema(world, CALL(gemml_model_schema, loaded));
    CALL(gemml_model_free, loaded);
    return GEMML_OK;
}

/* ---- Moments ---------------------------------------------------------------------------- */

static void note_moments(struct world *world, const gemml_moments *moments)
{
    gemml_moments_info info = GEMML_MOMENTS_INFO_INIT;
    if (CALL(gemml_moments_get_info, moments, &info) == GEMML_OK)
        world_note(world, &info.sum_weight, sizeof info.sum_weight);
}

static gemml_status create_moments(struct world *world)
{
    gemml_moments *moments = NULL;
    TRY_CALL(CALL(gemml_moments_create, &moments, 3, 1));
    note_moments(world, moments);
    CALL(gemml_moments_free, moments);
    return GEMML_OK;
}

static gemml_status add_moments(struct world *world)
{
    TRY_CALL(CALL(gemml_moments_add, world->moments, &world->valid));
    world->changed = true;
    note_moments(world, world->moments);
    return GEMML_OK;
}

static gemml_status merge_moments(struct world *world)
{
    TRY_CALL(CALL(gemml_moments_merge, world->moments, world->part));
    world->changed = true;
    note_moments(world, world->moments);
    return GEMML_OK;
}

static gemml_status subtract_moments(struct world *world)
{
    TRY_CALL(CALL(gemml_moments_subtract, world->moments, world->part));
    world->changed = true;
    note_moments(world, world->moments);
    return GEMML_OK;
}

static gemml_status look_at_moments(struct world *world)
{
    enum { ALL = WORLD_FEATURES + WORLD_OUTPUTS };
    TRY_CALL(CALL(gemml_moments_mean, world->moments, gemml_matrix_f64(world->out, 1, ALL)));
    TRY_CALL(CALL(gemml_moments_covariance, world->moments, gemml_matrix_f64(world->out + ALL, ALL, ALL)));
    world_note_out(world, ALL * (ALL + 1));
    return GEMML_OK;
}

static gemml_status solve_moments(struct world *world)
{
    const size_t columns[] = {2, 0};
    gemml_moments_options options = GEMML_MOMENTS_OPTIONS_INIT;
    gemml_moments_fit fit = GEMML_MOMENTS_FIT_INIT;
    options.l2 = 0.5;
    options.scaling = GEMML_SCALING_STANDARDIZE;
    fit.rss = world->out + 6;
    TRY_CALL(CALL(gemml_moments_solve, world->moments, columns, 2, &options, gemml_matrix_f64(world->out, 3, 2), &fit));
    world_note_out(world, 8);
    return GEMML_OK;
}

static gemml_status save_and_load_moments(struct world *world)
{
    gemml_moments *loaded = NULL;
    TRY_CALL(CALL(gemml_moments_save, world->moments, world->target));
    TRY_CALL(CALL(gemml_moments_load, &loaded, world->target));
    note_moments(world, loaded);
    CALL(gemml_moments_free, loaded);
    return GEMML_OK;
}

/* ---- Files of others ---------------------------------------------------------------------- */

static gemml_status write_whole(gemml_file *file)
{
    if (write(CALL(gemml_file_descriptor, file), "text", 4) != 4)
        return GEMML_ERROR_IO;
    TRY_CALL(CALL(gemml_file_finish, file));
    return CALL(gemml_file_publish, file);
}

static gemml_status replace_a_file(struct world *world)
{
    gemml_file *file = NULL;
    TRY_CALL(CALL(gemml_file_open, &file, world->target));
    bool beside = *CALL(gemml_file_temporary, file) != '\0';
    world_note(world, &beside, sizeof beside);
    gemml_status status = write_whole(file);
    CALL(gemml_file_free, file);
    return status;
}

/* ---- Made-up data ------------------------------------------------------------------------- */

static gemml_status generate_tables(struct world *world)
{
    size_t n = world->n;
    gemml_matrix x = gemml_matrix_f64(world->out, n, 3), y = gemml_matrix_f64(world->out + 3 * n, n, 2);
    TRY_CALL(CALL(gemml_generate_regression, NULL, x, y, gemml_matrix_f64(world->out + 5 * n, 3, 2)));
    world_note_out(world, 5 * n + 6);
    gemml_classification_options options = GEMML_CLASSIFICATION_OPTIONS_INIT;
    options.redundant = 1;
    y = gemml_matrix_f64(world->out + 3 * n, n, 1);
    TRY_CALL(CALL(gemml_generate_classification, &options, x, y));
    world_note_out(world, 4 * n);
    return GEMML_OK;
}

static gemml_status generate_pictures(struct world *world)
{
    size_t n = world->n;
    gemml_matrix x = gemml_matrix_f64(world->out, n, 2), y = gemml_matrix_f64(world->out + 2 * n, n, 1);
    TRY_CALL(CALL(gemml_generate_moons, NULL, x, y));
    world_note_out(world, 3 * n);
    TRY_CALL(CALL(gemml_generate_circles, NULL, x, y));
    world_note_out(world, 3 * n);
    x = gemml_matrix_f64(world->out, n, 1);
    TRY_CALL(CALL(gemml_generate_curve, NULL, x, y));
    world_note_out(world, 3 * n);
    return GEMML_OK;
}

/* ---- The library -------------------------------------------------------------------------------- */

static void run_in_order(void *host, size_t count, gemml_task task, void *context)
{
    (void)host;
    for (size_t i = 0; i < count; i++)
        task(context, i);
}

/* A host's own parallel_for, in whose place the pool comes again. */
static gemml_status lend_threads(struct world *world)
{
    size_t threads = CALL(gemml_threads);
    TRY_CALL(CALL(gemml_set_parallel_for, run_in_order, NULL, 3));
    gemml_status status =
        CALL(gemml_predict, world->linear, world->values.x, gemml_matrix_f64(world->out, world->n, WORLD_OUTPUTS));
    TRY_CALL(CALL(gemml_set_parallel_for, NULL, NULL, 0));
    TRY_CALL(CALL(gemml_set_threads, threads));
    TRY_CALL(status);
    world_note_out(world, world->n * WORLD_OUTPUTS);
    return GEMML_OK;
}

static gemml_status ask_the_library(struct world *world)
{
    world_note_text(world, CALL(gemml_version));
    world_note_text(world, CALL(gemml_status_string, GEMML_ERROR_SHAPE));
    return CALL(gemml_last_error) ? GEMML_OK : GEMML_ERROR_ARGUMENT;
}

const struct scenario data_scenarios[] = {
    {"read a CSV file", read_csv},
    {"read a gzip file", read_gzip},
    {"read a NPY file", read_npy},
    {"view a table", view_a_table},
    {"split a table", split_a_table},
    {"create a schema", create_schema},
    {"encode a table", encode_a_table},
    {"keep a schema", keep_a_schema},
    {"create moments", create_moments},
    {"add to moments", add_moments},
    {"merge moments", merge_moments},
    {"subtract moments", subtract_moments},
    {"look at moments", look_at_moments},
    {"solve moments", solve_moments},
    {"save and load moments", save_and_load_moments},
    {"replace a file", replace_a_file},
    {"generate tables", generate_tables},
    {"generate pictures", generate_pictures},
    {"lend threads", lend_threads},
    {"ask the library", ask_the_library},
};
const size_t data_scenario_count = sizeof data_scenarios / sizeof *data_scenarios;

/* Tables for predict and evaluate. */
#include "cli/input.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/status.h"

/* "-3,-2,-1": columns counted from the end, as a list that the library reads. */
static char *last_columns(size_t count)
{
    size_t capacity = 24 * count + 1, used = 0;
    char *list = malloc(capacity);
    if (!list)
        return NULL;
    list[0] = '\0';
    for (size_t i = count; i > 0; i--)
        used += (size_t)snprintf(list + used, capacity - used, "-%zu%s", i, i > 1 ? "," : "");
    return list;
}

/* A schema that takes the columns as they stand. */
static int bind_by_position(struct input *input, const gemml_model *model, const char *path,
                            gemml_encode_purpose purpose)
{
    gemml_model_info info = GEMML_MODEL_INFO_INIT;
    if (gemml_model_get_info(model, &info))
        return failed_library();
    size_t outputs = info.classes > 0 ? 1 : info.outputs;
    size_t targets = purpose == GEMML_ENCODE_LEARN ? outputs : 0, columns = gemml_table_columns(input->table);
    if (columns != info.inputs + targets)
        return failed("%s has %zu columns, but the model, which knows no column names, takes %zu inputs%s", path,
                      columns, info.inputs, targets ? " followed by its targets" : "");
    gemml_schema_options options = GEMML_SCHEMA_OPTIONS_INIT;
    char *target = last_columns(targets), *all = last_columns(columns);
    options.target = targets > 0 ? target : NULL;
    options.numeric = all;
    int status = EXIT_DONE;
    if (!target || !all)
        status = failed("not enough memory");
    else if (gemml_schema_create(&input->positions, input->table, &options))
        status = failed_library();
    free(target);
    free(all);
    return status;
}

/* Means come from training; here there are none. */
static int check_positions(const struct input *input, const char *path)
{
    size_t missing = gemml_frame_imputed(input->frame);
    if (!input->positions || missing == 0)
        return EXIT_DONE;
    return failed("%s has %zu missing value%s, and the model has no columns' means to put there", path, missing,
                  missing == 1 ? "" : "s");
}

int input_read(struct input *input, const gemml_model *model, const char *path, gemml_encode_purpose purpose,
               bool quiet)
{
    memset(input, 0, sizeof *input);
    if (gemml_table_read(&input->table, path))
        return failed_library();
    const gemml_schema *schema = gemml_model_schema(model);
    if (!schema) {
        int status = bind_by_position(input, model, path, purpose);
        if (status)
            return status;
        schema = input->positions;
    }
    if (gemml_encode(&input->frame, schema, input->table, purpose))
        return failed_library();
    if (!quiet)
        notify(gemml_frame_notice(input->frame));
    input->data = gemml_frame_dataset(input->frame);
    return check_positions(input, path);
}

void input_free(struct input *input)
{
    gemml_frame_free(input->frame);
    gemml_schema_free(input->positions);
    gemml_table_free(input->table);
}

int input_set_threads(size_t threads)
{
    return threads != SIZE_MAX && gemml_set_threads(threads) ? failed_library() : EXIT_DONE;
}

/* The whole road of a table, each allocation on it made to fail: a schema is learned, copied, written as JSON,
 * read back, and encodes the table. */
#ifndef GEMML_TESTS_DATA_ROAD_H
#define GEMML_TESTS_DATA_ROAD_H

#include "data/failing.h"
#include "data/tables.h"

struct road {
    const char *text; /* of the table: CSV */
    gemml_schema_options options;
};

static inline gemml_status walk_the_road(void *context)
{
    const struct road *road = context;
    gemml_table *table = NULL;
    gemml_schema *schema = NULL, *copy = NULL, *back = NULL;
    gemml_frame *frame = NULL;
    char *json = NULL;
    gemml_status status = table_read(&table, road->text);
    if (status == GEMML_OK)
        status = schema_fit(&schema, table, &road->options);
    if (status == GEMML_OK)
        status = schema_copy(&copy, schema);
    if (status == GEMML_OK)
        status = schema_to_json(&json, copy);
    if (status == GEMML_OK)
        status = schema_from_json(&back, json, SIZE_MAX, "t.gemml");
    if (status == GEMML_OK)
        status = frame_encode(&frame, back, table, GEMML_ENCODE_LEARN);
    frame_free(frame);
    memory_free(json);
    schema_free(schema);
    schema_free(copy);
    schema_free(back);
    table_free(table);
    return status;
}

static inline void fail_on_the_road(const char *text, gemml_schema_options options)
{
    struct road road = {write_text("road.csv", text), options};
    fail_each_allocation(walk_the_road, &road);
}

#endif

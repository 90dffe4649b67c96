/* Schemas as JSON texts. One that is accepted is written and read again, and is the same. */
#include <stdlib.h>
#include <string.h>

#include "data/schema.h"
#include "fuzz.h"
#include "util/alloc.h"

/* Of the file that the text would stand in. */
#define FILE_BYTES ((size_t)1 << 12)

static void check_round_trip(gemml_schema *schema)
{
    gemml_schema *copy = NULL;
    char *text, *again;
    REQUIRE(schema_to_json(&text, schema) == GEMML_OK);
    REQUIRE(schema_from_json(&copy, text, FILE_BYTES, FUZZ_NAME) == GEMML_OK);
    REQUIRE(copy->input_count == schema->input_count);
    REQUIRE(schema_to_json(&again, copy) == GEMML_OK);
    REQUIRE(strcmp(text, again) == 0);
    memory_free(text);
    memory_free(again);
    schema_free(copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count)
{
    gemml_schema *schema = NULL;
    char *text = malloc(count + 1);
    REQUIRE(text);
    if (count > 0)
        memcpy(text, bytes, count);
    text[count] = '\0';
    fuzz_watch_memory(FILE_BYTES, FUZZ_MODEL_MULTIPLE);
    gemml_status status = schema_from_json(&schema, text, FILE_BYTES, FUZZ_NAME);
    fuzz_check_memory();
    free(text);
    REQUIRE((status == GEMML_OK) == (schema != NULL));
    if (status == GEMML_OK) {
        check_round_trip(schema);
        schema_free(schema);
        fuzz_accepted++;
    } else {
        fuzz_check_error(status, GEMML_ERROR_FORMAT);
    }
    return 0;
}

/* JSON values of jansson as text in the library's memory, with its statuses. */
#include "util/json_text.h"

#include "util/alloc.h"

/* 17 digits give each double back to the bit. */
#define DUMP_FLAGS (JSON_COMPACT | JSON_REAL_PRECISION(17))

gemml_status json_text_memory(void)
{
    return error_set(GEMML_ERROR_MEMORY, "out of memory: a JSON value could not be allocated");
}

gemml_status json_text_make(char **text, size_t *length, const json_t *json)
{
    size_t needed = json ? json_dumpb(json, NULL, 0, DUMP_FLAGS) : 0;
    if (needed == 0)
        return json_text_memory();
    char *made;
    TRY(memory_alloc(&made, memory_sum(needed, 1), 1));
    if (json_dumpb(json, made, needed, DUMP_FLAGS) != needed) {
        memory_free(made);
        return json_text_memory();
    }
    made[needed] = '\0';
    *text = made;
    if (length)
        *length = needed;
    return GEMML_OK;
}

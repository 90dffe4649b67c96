/* JSON as text in the library's memory, with the library's statuses. */
#include "io/json_text.h"

#include <errno.h>

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

bool json_text_small(const char *text, size_t length, size_t most)
{
    size_t values = 1;
    bool inside = false; /* a string */
    for (size_t i = 0; i < length; i++) {
        char c = text[i];
        if (inside && c == '\\')
            i++;
        else if (c == '"')
            inside = !inside;
        else if (!inside && (c == ',' || c == '[' || c == '{'))
            values++;
    }
    return values <= most;
}

gemml_status json_text_parse(json_t **json, const char *text, size_t length, size_t most, const char *name,
                             const char *part)
{
    if (!json_text_small(text, length, most))
        return error_set(GEMML_ERROR_FORMAT, "%s: its %s has more than %zu values", name, part, most);
    json_error_t error;
    errno = 0;
    json_t *parsed = json_loadb(text, length, JSON_REJECT_DUPLICATES, &error);
    /* The parser does not always say that memory was out, and can lose a byte of a
     * long string without failing; the allocator's errno tells. */
    if (errno == ENOMEM ||
        (!parsed && (error.text[0] == '\0' || json_error_code(&error) == json_error_out_of_memory))) {
        json_decref(parsed);
        return json_text_memory();
    }
    if (!parsed)
        return error_set(GEMML_ERROR_FORMAT, "%s: its %s is not valid JSON at byte %d", name, part, error.position);
    *json = parsed;
    return GEMML_OK;
}

#include "util/error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* initial-exec: a dynamic TLS block is allocated on first use, and the process
 * is aborted when that fails, which is just when an error must be reported. */
static _Thread_local char last_error[ERROR_BYTES] __attribute__((tls_model("initial-exec")));

/* Removes a UTF-8 character that the buffer's end cut in two. */
static void trim_partial_character(char *text)
{
    size_t end = strlen(text), start = end;
    while (start > 0 && ((unsigned char)text[start - 1] & 0xC0) == 0x80)
        start--;
    if (start == 0)
        return;
    unsigned char lead = (unsigned char)text[start - 1];
    size_t wanted = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : lead >= 0xC0 ? 2 : 1;
    if (end - (start - 1) < wanted)
        text[start - 1] = '\0';
}

void error_write(const char *format, ...)
{
    char text[ERROR_BYTES]; /* the arguments may point into last_error */
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    trim_partial_character(text);
    memcpy(last_error, text, strlen(text) + 1);
}

gemml_status error_memory(size_t bytes)
{
    return error_set(GEMML_ERROR_MEMORY, "out of memory: %zu bytes could not be allocated", bytes);
}

gemml_status error_restore(gemml_status status, const char *text)
{
    return error_set(status, "%s", text);
}

const char *error_text(void)
{
    return last_error;
}

#include "chain/notice.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

gemml_status notice_add(struct fit_record *record, const char *format, ...)
{
    char sentence[256], *text;
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(sentence, sizeof sentence, format, arguments);
    va_end(arguments);
    size_t before = record->notice ? strlen(record->notice) + 1 : 0;
    TRY(memory_alloc(&text, before + strlen(sentence) + 1, 1));
    if (before > 0) {
        memcpy(text, record->notice, before);
        text[before - 1] = ' ';
    }
    strcpy(text + before, sentence);
    memory_free(record->notice);
    record->notice = text;
    return GEMML_OK;
}

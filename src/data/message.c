#include "data/message.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "util/alloc.h"

#define EXCERPT_TEXT 40
#define LIST_NAMES 10
#define LIST_NAME_TEXT 72 /* names in lists are there to be copied */
#define SENTENCE_BYTES 512
#define SHORTENED_EXTRA (EXCERPT_BYTES - EXCERPT_TEXT)

static bool continues(const unsigned char *byte)
{
    return (*byte & 0xC0) == 0x80;
}

size_t utf8_character(const char *text, size_t count)
{
    const unsigned char *byte = (const unsigned char *)text;
    if (count >= 1 && byte[0] < 0x80)
        return 1;
    if (count >= 2 && byte[0] >= 0xC2 && byte[0] <= 0xDF && continues(byte + 1))
        return 2;
    if (count >= 3 && (byte[0] & 0xF0) == 0xE0 && continues(byte + 1) && continues(byte + 2)) {
        bool overlong = byte[0] == 0xE0 && byte[1] < 0xA0, surrogate = byte[0] == 0xED && byte[1] > 0x9F;
        return overlong || surrogate ? 0 : 3;
    }
    if (count >= 4 && byte[0] >= 0xF0 && byte[0] <= 0xF4 && continues(byte + 1) && continues(byte + 2) &&
        continues(byte + 3)) {
        bool overlong = byte[0] == 0xF0 && byte[1] < 0x90, beyond = byte[0] == 0xF4 && byte[1] > 0x8F;
        return overlong || beyond ? 0 : 4;
    }
    return 0;
}

bool utf8_is(const char *text, size_t count)
{
    size_t bytes = 1;
    for (size_t i = 0; i < count && bytes > 0; i += bytes)
        bytes = utf8_character(text + i, count - i);
    return bytes > 0;
}

/* out = text cut behind `most` bytes or so; out has room for SHORTENED_EXTRA more. */
static void shorten(char *out, size_t most, const char *text, size_t count)
{
    size_t used = 0;
    for (size_t i = 0; i < count;) {
        if (used >= most) {
            memcpy(out + used, "...", 3);
            used += 3;
            break;
        }
        unsigned char byte = (unsigned char)text[i];
        size_t length = utf8_character(text + i, count - i);
        if (length == 0 || byte < 0x20 || byte == 0x7F) {
            used += (size_t)snprintf(out + used, 5, "\\x%02X", byte);
            i++;
        } else {
            memcpy(out + used, text + i, length);
            used += length;
            i += length;
        }
    }
    out[used] = '\0';
}

void excerpt(char out[EXCERPT_BYTES], const char *text, size_t count)
{
    shorten(out, EXCERPT_TEXT, text, count);
}

void name_list_add(struct name_list *list, const char *name)
{
    char shown[LIST_NAME_TEXT + SHORTENED_EXTRA];
    shorten(shown, LIST_NAME_TEXT, name, strlen(name));
    list->total++;
    size_t room = sizeof list->text - list->used, behind = sizeof " and 18446744073709551615 more";
    size_t wanted = strlen(shown) + 4;
    if (list->shown + 1 < list->total || list->shown == LIST_NAMES || wanted + behind > room)
        return;
    list->used += (size_t)snprintf(list->text + list->used, room, "%s\"%s\"", list->shown > 0 ? ", " : "", shown);
    list->shown++;
}

const char *name_list_text(struct name_list *list)
{
    if (list->shown < list->total)
        snprintf(list->text + list->used, sizeof list->text - list->used, " and %zu more", list->total - list->shown);
    return list->text;
}

gemml_status message_append(char **notice, const char *format, ...)
{
    char sentence[SENTENCE_BYTES], *text;
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(sentence, sizeof sentence, format, arguments);
    va_end(arguments);
    size_t before = *notice ? strlen(*notice) + 1 : 0;
    TRY(memory_alloc(&text, before + strlen(sentence) + 1, 1));
    if (before > 0) {
        memcpy(text, *notice, before);
        text[before - 1] = ' ';
    }
    strcpy(text + before, sentence);
    memory_free(*notice);
    *notice = text;
    return GEMML_OK;
}

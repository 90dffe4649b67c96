/* Line breaks at blanks, and names that cannot disturb a terminal. */
#include "cli/words.h"

#include <string.h>

#define WIDTH 80

static void put(FILE *file, char c)
{
    fputc((unsigned char)c < 0x20 || c == 0x7f ? '?' : c, file);
}

size_t words_write(FILE *file, const char *text, size_t at, size_t indent)
{
    while (*text) {
        size_t word = strcspn(text, " ");
        if (at > indent && at + 1 + word > WIDTH) {
            fprintf(file, "\n%*s", (int)indent, "");
            at = indent;
        } else if (at > indent) {
            fputc(' ', file);
            at++;
        }
        for (size_t i = 0; i < word; i++)
            put(file, text[i]);
        at += word;
        text += word;
        text += strspn(text, " ");
    }
    return at;
}

void words_part(FILE *file, const char *name, size_t bytes)
{
    for (size_t i = 0; i < bytes; i++)
        put(file, name[i]);
}

void words_name(FILE *file, const char *name)
{
    words_part(file, name, strlen(name));
}

int words_width(const char *text)
{
    int width = 0;
    for (; *text; text++)
        width += ((unsigned char)*text & 0xc0) != 0x80;
    return width;
}

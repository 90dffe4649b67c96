/* How a path is shown in a sentence. */
#include "io/path.h"

#include <string.h>

#define SHOWN_BYTES 300

const char *path_shown(const char *path)
{
    size_t length = strlen(path);
    if (length == 0)
        return "an empty path";
    if (length <= SHOWN_BYTES)
        return path;
    path += length - SHOWN_BYTES;
    while (((unsigned char)*path & 0xC0) == 0x80) /* not from inside a UTF-8 character */
        path++;
    return path;
}

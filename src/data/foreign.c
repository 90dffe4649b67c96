#include "data/foreign.h"

#include <stdbool.h>
#include <string.h>

#define TO_UTF8 ": convert it to UTF-8 (iconv -f UTF-16 -t UTF-8)"
#define EXPAND ": expand it first, or compress it with gzip"
#define EXPORT ": export the table as CSV"

static const struct {
    const char *magic;
    size_t count;
    const char *what;
} formats[] = {
    {"\xFF\xFE\0\0", 4, "a text in UTF-32: convert it to UTF-8 (iconv -f UTF-32 -t UTF-8)"},
    {"\xFF\xFE", 2, "a text in UTF-16" TO_UTF8},
    {"\xFE\xFF", 2, "a text in UTF-16" TO_UTF8},
    {"PK\3\4", 4, "a ZIP archive (a workbook, or several arrays)" EXPORT " or NPY"},
    {"\xD0\xCF\x11\xE0", 4, "an Office document" EXPORT},
    {"PAR1", 4, "a Parquet file" EXPORT},
    {"\x89HDF", 4, "a HDF5 file" EXPORT},
    {"%PDF-", 5, "a PDF document" EXPORT},
    {"\x28\xB5\x2F\xFD", 4, "compressed by Zstandard" EXPAND},
    {"\xFD\x37zXZ", 5, "compressed by xz" EXPAND},
};

/* UTF-16 without a mark: each letter of the first two has a NUL at its side. */
static bool alternates(const char *bytes, size_t count)
{
    bool little = count >= 4 && bytes[0] && !bytes[1] && bytes[2] && !bytes[3];
    bool big = count >= 4 && !bytes[0] && bytes[1] && !bytes[2] && bytes[3];
    return little || big;
}

const char *foreign_format(const char *bytes, size_t count)
{
    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++)
        if (count >= formats[i].count && memcmp(bytes, formats[i].magic, formats[i].count) == 0)
            return formats[i].what;
    return alternates(bytes, count) ? formats[1].what : NULL;
}

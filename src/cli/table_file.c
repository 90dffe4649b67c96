/* NPY 1.0: "\x93NUMPY", the version, the length of the header, the header as a
 * Python dictionary, padded so that the data begin at a multiple of 64. */
#include "cli/table_file.h"

#include <stdint.h>
#include <string.h>

#define ALIGNMENT 64
#define PREAMBLE 10

bool table_file_is_npy(const char *path)
{
    size_t length = strlen(path);
    return length > 4 && strcmp(path + length - 4, ".npy") == 0;
}

/* The header says which byte order the numbers have: this machine's. */
static char byte_order(void)
{
    const uint16_t one = 1;
    return *(const unsigned char *)&one == 1 ? '<' : '>';
}

void table_file_write_npy(FILE *file, const double *values, size_t rows, size_t cols)
{
    char header[2 * ALIGNMENT + PREAMBLE];
    int used = snprintf(header, sizeof header, "{'descr': '%cf8', 'fortran_order': False, 'shape': (%zu, %zu), }",
                        byte_order(), rows, cols);
    size_t length = (size_t)used, whole = PREAMBLE + length + 1;
    whole = (whole + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    memset(header + length, ' ', whole - PREAMBLE - length);
    header[whole - PREAMBLE - 1] = '\n';
    size_t bytes = whole - PREAMBLE;
    const unsigned char preamble[PREAMBLE] = {0x93, 'N', 'U', 'M',          'P',
                                              'Y',  1,   0,   bytes & 0xff, (unsigned char)(bytes >> 8)};
    fwrite(preamble, 1, PREAMBLE, file);
    fwrite(header, 1, bytes, file);
    fwrite(values, cols * sizeof *values, rows, file);
}

/* Resident memory from /proc: VmHWM, which a write to clear_refs begins anew, and VmRSS. */
#include "memory.h"

#include <malloc.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

static double marked;

/* A line of /proc/self/status, "NAME:  123 kB", in bytes; NaN where there is none. */
static double status_bytes(const char *name)
{
    char line[256];
    double kilobytes = NAN;
    size_t length = strlen(name);
    FILE *file = fopen("/proc/self/status", "r");
    while (file && fgets(line, sizeof line, file))
        if (strncmp(line, name, length) == 0)
            sscanf(line + length, "%lf", &kilobytes);
    if (file)
        fclose(file);
    return 1024 * kilobytes;
}

void memory_mark(void)
{
    malloc_trim(0);
    FILE *file = fopen("/proc/self/clear_refs", "w");
    if (file) {
        fputs("5", file);
        fclose(file);
    }
    marked = file ? status_bytes("VmRSS:") : (double)NAN;
}

double memory_beyond_mark(void)
{
    return status_bytes("VmHWM:") - marked;
}

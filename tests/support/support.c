#include "support.h"

#include <ftw.h>
#include <math.h>
#include <unistd.h>

#ifdef GEMML_COVERAGE
void __gcov_dump(void); /* of the compiler's library */
#endif

const char *data_path(const char *name)
{
    static char path[4096];
    const char *folder = getenv("GEMML_DATA");
    snprintf(path, sizeof path, "%s/%s", folder ? folder : "data", name);
    return path;
}

static char scratch[64];
static pid_t scratch_owner; /* not its children, which exit too */

static int remove_entry(const char *path, const struct stat *status, int type, struct FTW *walk)
{
    (void)status, (void)type, (void)walk;
    return remove(path);
}

static void remove_scratch(void)
{
    if (getpid() == scratch_owner)
        nftw(scratch, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
}

const char *scratch_directory(void)
{
    if (!scratch[0]) {
        strcpy(scratch, "/tmp/gemml-test-XXXXXX");
        if (!mkdtemp(scratch))
            fail_msg("no scratch folder");
        scratch_owner = getpid();
        atexit(remove_scratch);
    }
    return scratch;
}

const char *scratch_path(const char *name)
{
    static char paths[64][256]; /* a test names a few files; the oldest name is reused */
    static size_t next;
    char *path = paths[next++ % 64];
    snprintf(path, sizeof paths[0], "%s/%s", scratch_directory(), name);
    return path;
}

const char *write_file(const char *name, const void *bytes, size_t count)
{
    const char *path = scratch_path(name);
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, count, file), count);
    assert_int_equal(fclose(file), 0);
    return path;
}

const char *write_text(const char *name, const char *text)
{
    return write_file(name, text, strlen(text));
}

char *read_file(const char *path, size_t *count)
{
    FILE *file = fopen(path, "rb");
    if (!file)
        fail_msg("%s cannot be opened", path);
    size_t used = 0, capacity = 1 << 16;
    char *bytes = malloc(capacity + 1);
    for (size_t got; (got = fread(bytes + used, 1, capacity - used, file)) > 0;) {
        used += got;
        if (used == capacity)
            bytes = realloc(bytes, (capacity *= 2) + 1);
    }
    fclose(file);
    bytes[used] = '\0';
    if (count)
        *count = used;
    return bytes;
}

double digits(double value, double truth)
{
    if (value == truth)
        return 17;
    double error = fabs(value - truth);
    return -log10(truth == 0 ? error : error / fabs(truth));
}

void assert_near(double value, double truth, double tolerance)
{
    if (!(fabs(value - truth) <= tolerance * fmax(1, fabs(truth))))
        fail_msg("%.17g is not %.17g to %g", value, truth, tolerance);
}

double test_random(uint64_t *state)
{
    *state += 0x9E3779B97F4A7C15u; /* SplitMix64 (Steele, Lea, Flood 2014) */
    uint64_t z = *state;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    z ^= z >> 31;
    return (double)(z >> 11) * 0x1p-52 - 1;
}

void leave_process(int code)
{
#ifdef GEMML_COVERAGE
    __gcov_dump();
#endif
    _exit(code);
}

/* Runs a fuzz target on the files of a folder, whole and cut behind each byte: the
 * corpus stays green without libFuzzer. One of them at least must be accepted. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"

#define FILE_MOST ((size_t)1 << 16)

static void run(const uint8_t *bytes, size_t count)
{
    uint8_t *exact = malloc(count > 0 ? count : 1); /* so that a sanitizer sees its end */
    REQUIRE(exact);
    memcpy(exact, bytes, count);
    LLVMFuzzerTestOneInput(exact, count);
    free(exact);
}

static void run_file(const char *path)
{
    static uint8_t bytes[FILE_MOST];
    FILE *file = fopen(path, "rb");
    REQUIRE(file);
    size_t count = fread(bytes, 1, sizeof bytes, file);
    REQUIRE(count < sizeof bytes && !ferror(file));
    fclose(file);
    for (size_t cut = 0; cut <= count; cut++)
        run(bytes, cut);
}

int main(int count, char **arguments)
{
    size_t files = 0;
    REQUIRE(count == 2);
    DIR *folder = opendir(arguments[1]);
    REQUIRE(folder);
    for (struct dirent *entry; (entry = readdir(folder));) {
        char path[4096];
        if (entry->d_name[0] == '.')
            continue;
        snprintf(path, sizeof path, "%s/%s", arguments[1], entry->d_name);
        run_file(path);
        files++;
    }
    closedir(folder);
    printf("%zu files, %zu inputs accepted\n", files, fuzz_accepted);
    return files > 0 && fuzz_accepted > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

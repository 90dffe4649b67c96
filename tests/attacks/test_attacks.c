/* The attacks: each file is read by the library and by the program. Each must give the status, the
 * exit status and the words that stand in table.tsv; ask for no more memory than a multiple of its
 * size; and put nothing unprintable on a terminal. */
#include <dirent.h>
#include <gemml.h>
#include <sys/stat.h>

#include "cli/program.h"
#include "data/gzip.h"
#include "io/checkpoint.h"
#include "util/alloc.h"

/* Promised in docs/conventions.md: all blocks that a reader asks for together. */
#define MULTIPLE ((size_t)256)
#define MODEL_MULTIPLE ((size_t)1280) /* with the names of inputs, which a file does not hold one by one */
#define BASE ((size_t)1 << 16)
#define GZIP_MOST (8 * GZIP_UNASKED)

struct attack {
    char file[80], status[16], exit[4], words[200];
    char program_words[200]; /* where the program's differ */
};

static const char *folder;
static size_t asked;

static const char *path_of(const char *name)
{
    static char path[4096];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

static bool ends_with(const char *text, const char *end)
{
    size_t length = strlen(text), wanted = strlen(end);
    return length >= wanted && strcmp(text + length - wanted, end) == 0;
}

static gemml_status status_of(const struct attack *attack)
{
    static const struct {
        const char *name;
        gemml_status status;
    } names[] = {{"ok", GEMML_OK},
                 {"argument", GEMML_ERROR_ARGUMENT},
                 {"format", GEMML_ERROR_FORMAT},
                 {"unsupported", GEMML_ERROR_UNSUPPORTED}};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(attack->status, names[i].name) == 0)
            return names[i].status;
    fail_msg("%s: the table says %s", attack->file, attack->status);
    return GEMML_OK;
}

/* ---- By the library ---- */

static bool count_memory(size_t bytes)
{
    asked += bytes;
    return false;
}

static gemml_status read_table(const char *path)
{
    gemml_table *table = NULL;
    gemml_status status = gemml_table_read(&table, path);
    gemml_table_free(table);
    return status;
}

static gemml_status read_model(const char *path)
{
    gemml_model *model = NULL;
    gemml_status status = gemml_load(&model, path);
    gemml_model_free(model);
    return status;
}

static gemml_status read_moments(const char *path)
{
    gemml_moments *moments = NULL;
    gemml_status status = gemml_moments_load(&moments, path);
    gemml_moments_free(moments);
    return status;
}

/* Goes on from the checkpoint, with the network and the rows that the program made the good one of. */
static gemml_status resume(const char *path)
{
    const size_t hidden[] = {3};
    gemml_mlp_options options = GEMML_MLP_OPTIONS_INIT;
    gemml_schema_options columns = GEMML_SCHEMA_OPTIONS_INIT;
    gemml_fit_options fit = GEMML_FIT_OPTIONS_INIT;
    gemml_table *table = NULL;
    gemml_schema *schema = NULL;
    gemml_frame *frame = NULL;
    gemml_model *model = NULL;
    options.hidden = hidden, options.hidden_count = 1, options.epochs = 6;
    options.solver = GEMML_SOLVER_DESCENT;
    columns.target = "y", columns.coding = GEMML_CODING_ONE_HOT;
    fit.checkpoint = path, fit.resume = 1;
    assert_int_equal(gemml_table_read(&table, path_of("good.csv")), GEMML_OK);
    assert_int_equal(gemml_schema_create(&schema, table, &columns), GEMML_OK);
    assert_int_equal(gemml_encode(&frame, schema, table, GEMML_ENCODE_LEARN), GEMML_OK);
    assert_int_equal(gemml_mlp_create(&model, &options), GEMML_OK);
    assert_int_equal(gemml_model_set_schema(model, schema), GEMML_OK);
    gemml_dataset data = gemml_frame_dataset(frame);
    asked = 0; /* by the fit alone */
    gemml_status status = gemml_fit(model, &data, &fit, NULL);
    gemml_model_free(model);
    gemml_frame_free(frame);
    gemml_schema_free(schema);
    gemml_table_free(table);
    return status;
}

/* A copy of the same name, since a run that goes on writes to it. */
static const char *copy_of(const char *path)
{
    size_t count;
    char *bytes = read_file(path, &count);
    const char *copy = write_file(strrchr(path, '/') + 1, bytes, count);
    free(bytes);
    return copy;
}

static gemml_status read_attack(const struct attack *attack)
{
    char path[4096];
    snprintf(path, sizeof path, "%s", path_of(attack->file));
    asked = 0;
    memory_fails = count_memory;
    gemml_status status = ends_with(path, ".gemml")        ? read_model(path)
                          : ends_with(path, ".moments")    ? read_moments(path)
                          : ends_with(path, ".checkpoint") ? resume(copy_of(path))
                                                           : read_table(path);
    memory_fails = NULL;
    return status;
}

static void check_memory(const struct attack *attack)
{
    struct stat file;
    assert_int_equal(stat(path_of(attack->file), &file), 0);
    size_t multiple = ends_with(attack->file, ".gemml") ? MODEL_MULTIPLE : MULTIPLE;
    size_t most = ends_with(attack->file, ".gz") ? GZIP_MOST : multiple * (size_t)file.st_size + BASE;
    if (asked > most)
        fail_msg("%s of %zu bytes: %zu bytes asked for", attack->file, (size_t)file.st_size, asked);
}

static void check_printable(const char *name, const char *text)
{
    for (const char *at = text; *at; at++)
        if (((unsigned char)*at < ' ' && *at != '\n') || *at == 0x7F)
            fail_msg("%s: byte %d in \"%s\"", name, *at, text);
}

static void test_library(void **state)
{
    const struct attack *attack = *state;
    gemml_status status = read_attack(attack);
    if (status != status_of(attack))
        fail_msg("%s: status %d instead of %s: %s", attack->file, status, attack->status, gemml_last_error());
    check_memory(attack);
    if (status == GEMML_OK)
        return;
    check_printable(attack->file, gemml_last_error());
    if (!strstr(gemml_last_error(), attack->words))
        fail_msg("%s: \"%s\" does not say \"%s\"", attack->file, gemml_last_error(), attack->words);
    if (!strstr(gemml_last_error(), attack->file))
        fail_msg("%s: \"%s\" does not name the file", attack->file, gemml_last_error());
}

/* ---- By the program ---- */

static struct run run_attack(const struct attack *attack)
{
    char path[4096], good[4096];
    snprintf(path, sizeof path, "%s", path_of(attack->file));
    snprintf(good, sizeof good, "%s", path_of("good.csv"));
    if (ends_with(path, ".gemml") ||
        ends_with(path, ".moments")) /* moments are no model: refused, whatever they hold */
        return RUN("predict", path, good, "--output", "out.csv");
    if (ends_with(path, ".checkpoint"))
        return RUN("train", "mlp", good, "--target", "y", "--hidden", "3", "--epochs", "6", "--model", "m.gemml",
                   "--checkpoint", copy_of(path), "--resume", "--quiet");
    return RUN("train", "linear", path, "--target", "-1", "--model", "m.gemml", "--quiet");
}

/* What the program itself says: the address sanitizer's allocator has a line of its own, before, for what it refuses.
 */
static const char *own_words(const char *err)
{
    const char *end = strchr(err, '\n');
    return strncmp(err, "==", 2) == 0 && end ? end + 1 : err;
}

static void test_program(void **state)
{
    const struct attack *attack = *state;
    enter_folder();
    struct run run = run_attack(attack);
    if (run.status != atoi(attack->exit))
        fail_msg("%s: exit %d instead of %s: %s", attack->file, run.status, attack->exit, run.err);
    check_printable(attack->file, run.out);
    check_printable(attack->file, run.err);
    const char *words = attack->program_words[0] ? attack->program_words : attack->words;
    if (run.status != 0 && !strstr(run.err, words))
        fail_msg("%s: \"%s\" does not say \"%s\"", attack->file, run.err, words);
    if (run.status != 0 && !strstr(run.err, attack->file) && !strstr(words, "out of memory"))
        fail_msg("%s: \"%s\" does not name the file", attack->file, run.err);
    const char *said = own_words(run.err);
    if (run.status != 0 && strchr(said, '\n') != said + strlen(said) - 1)
        fail_msg("%s: not one line: \"%s\"", attack->file, run.err);
    assert_int_equal(folder_entries(), run.status == 0 ? 1 : 0);
    run_free(&run);
}

/* ---- The table ---- */

enum { MOST = 400 };
static struct attack attacks[MOST];
static size_t count;

/* A line is the file, the status, the exit status, words of the message, and others of the program's; by tabs. */
static void read_lines(const char *path)
{
    char line[1024];
    FILE *file = fopen(path, "r");
    if (!file)
        fail_msg("%s cannot be read", path);
    while (fgets(line, sizeof line, file)) {
        struct attack *attack = &attacks[count];
        if (line[0] == '#' || line[0] == '\n')
            continue;
        assert_true(count < MOST);
        int read = sscanf(line, "%79[^\t]\t%15[^\t]\t%3[^\t\n]\t%199[^\t\n]\t%199[^\n]", attack->file, attack->status,
                          attack->exit, attack->words, attack->program_words);
        if (read < 3)
            fail_msg("not a line of the table: %s", line);
        count++;
    }
    fclose(file);
}

/* Every file has a line. */
static void test_complete(void **state)
{
    (void)state;
    size_t files = 0;
    DIR *directory = opendir(folder);
    assert_non_null(directory);
    for (struct dirent *entry; (entry = readdir(directory));)
        files += entry->d_name[0] != '.';
    closedir(directory);
    assert_int_equal(files, count);
    assert_true(count >= 50);
}

int main(int arguments, char **argument)
{
    static struct CMUnitTest tests[2 * MOST + 1];
    if (arguments != 3)
        return EXIT_FAILURE;
    folder = argument[2];
    read_lines(argument[1]);
    for (size_t i = 0; i < count; i++) {
        tests[2 * i] = (struct CMUnitTest){attacks[i].file, test_library, NULL, NULL, &attacks[i]};
        tests[2 * i + 1] = (struct CMUnitTest){attacks[i].file, test_program, NULL, NULL, &attacks[i]};
    }
    tests[2 * count] = (struct CMUnitTest)cmocka_unit_test(test_complete);
    return _cmocka_run_group_tests("attacks", tests, 2 * count + 1, NULL, NULL);
}

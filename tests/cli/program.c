#include "program.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

/* In the child: stream `number` becomes `path`, or the open file `captured`. */
static void redirect(int number, const char *path, int captured)
{
    int descriptor = path ? open(path, number == 0 ? O_RDONLY : O_RDWR | O_CREAT, 0600) : captured;
    if (descriptor < 0 || dup2(descriptor, number) < 0)
        _exit(126);
}

static pid_t start(struct streams streams, int out, int err, const char *const arguments[])
{
    const char *program = getenv("GEMML_CLI");
    if (!program)
        fail_msg("GEMML_CLI does not say where the program is");
    pid_t process = fork();
    if (process == 0) {
        redirect(0, streams.in ? streams.in : "/dev/null", -1);
        redirect(1, streams.out, out);
        redirect(2, streams.err, err);
        signal(SIGPIPE, SIG_DFL);
        execv(program, (char *const *)(uintptr_t)arguments);
        _exit(127);
    }
    assert_true(process > 0);
    return process;
}

pid_t start_program(struct streams streams, const char *const arguments[])
{
    return start(streams, -1, -1, arguments);
}

int wait_program(pid_t process)
{
    int status;
    while (waitpid(process, &status, 0) < 0)
        assert_int_equal(errno, EINTR);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static char *read_captured(FILE *file)
{
    long bytes = (fseek(file, 0, SEEK_END), ftell(file));
    char *text = malloc((size_t)bytes + 1);
    rewind(file);
    assert_int_equal(fread(text, 1, (size_t)bytes, file), bytes);
    text[bytes] = '\0';
    fclose(file);
    return text;
}

struct run run_program(struct streams streams, const char *const arguments[])
{
    FILE *out = tmpfile(), *err = tmpfile();
    assert_true(out && err);
    struct run run;
    run.status = wait_program(start(streams, fileno(out), fileno(err), arguments));
    run.out = read_captured(out);
    run.err = read_captured(err);
    return run;
}

void run_free(struct run *run)
{
    free(run->out);
    free(run->err);
}

char *run_ok(const char *const arguments[])
{
    struct run run = run_program((struct streams){NULL, NULL, NULL}, arguments);
    if (run.status != 0 || run.err[0])
        fail_msg("gemml %s gives status %d and says: %s", arguments[1], run.status, run.err);
    free(run.err);
    return run.out;
}

json_t *run_json(const char *const arguments[])
{
    char *text = run_ok(arguments);
    json_error_t error;
    json_t *object = json_loads(text, 0, &error);
    if (!object)
        fail_msg("not JSON: %s in %s", error.text, text);
    free(text);
    return object;
}

void make_file(const char *path, const void *bytes, size_t count)
{
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, count, file), count);
    assert_int_equal(fclose(file), 0);
}

void make_text(const char *path, const char *text)
{
    make_file(path, text, strlen(text));
}

void enter_folder(void)
{
    static unsigned count;
    char name[32];
    snprintf(name, sizeof name, "folder-%u", count++);
    const char *path = scratch_path(name);
    char *command[] = {"mkdir", "-p", (char *)(uintptr_t)path, NULL};
    pid_t process = fork();
    if (process == 0) {
        execvp("mkdir", command);
        _exit(127);
    }
    assert_int_equal(wait_program(process), 0);
    assert_int_equal(chdir(path), 0);
}

size_t folder_entries(void)
{
    DIR *folder = opendir(".");
    assert_non_null(folder);
    size_t count = 0;
    while (readdir(folder))
        count++;
    closedir(folder);
    return count - 2; /* . and .. */
}

struct numbers parse_csv(const char *text)
{
    struct numbers numbers = {NULL, 0, 1};
    const char *c = text;
    for (; *c != '\n'; c++)
        numbers.cols += *c == ',';
    size_t lines = 0;
    for (const char *d = c + 1; *d; d++)
        lines += *d == '\n';
    numbers.values = malloc((lines + 1) * numbers.cols * sizeof(double));
    size_t count = 0;
    for (c++; *c; c++) {
        char *end;
        assert_true(count < (lines + 1) * numbers.cols);
        numbers.values[count++] = strtod(c, &end);
        assert_true(end > c && (*end == ',' || *end == '\n' || *end == '\0'));
        c = end;
        if (!*c)
            break;
    }
    assert_int_equal(count % numbers.cols, 0);
    numbers.rows = count / numbers.cols;
    return numbers;
}

double json_double(const json_t *object, const char *key)
{
    json_t *value = json_object_get(object, key);
    if (!json_is_number(value))
        fail_msg("%s is no number", key);
    return json_number_value(value);
}

const char *json_string_of(const json_t *object, const char *key)
{
    json_t *value = json_object_get(object, key);
    if (!json_is_string(value))
        fail_msg("%s is no string", key);
    return json_string_value(value);
}

json_t *json_of_file(const char *path)
{
    json_error_t error;
    json_t *object = json_load_file(path, 0, &error);
    if (!object)
        fail_msg("%s: %s", path, error.text);
    return object;
}

double estimate_of(const json_t *inspect, const char *name, const char *output)
{
    size_t i;
    json_t *entry;
    json_array_foreach(json_object_get(inspect, "coefficients"), i, entry)
    {
        if (strcmp(json_string_of(entry, "name"), name) != 0)
            continue;
        if (!output || strcmp(json_string_of(entry, "output"), output) == 0)
            return json_double(entry, "estimate");
    }
    fail_msg("no coefficient %s", name);
    return 0;
}

void write_npy(const char *path, const double *values, size_t rows, size_t cols)
{
    char header[128];
    int used =
        snprintf(header, sizeof header,
                 "\x93NUMPY%c%cXX{'descr': '<f8', 'fortran_order': False, 'shape': (%zu, %zu), }", 1, 0, rows, cols);
    memset(header + used, ' ', sizeof header - (size_t)used);
    header[sizeof header - 1] = '\n';
    header[8] = (char)(sizeof header - 10);
    header[9] = 0;
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(header, 1, sizeof header, file), sizeof header);
    assert_int_equal(fwrite(values, sizeof(double), rows * cols, file), rows * cols);
    assert_int_equal(fclose(file), 0);
}

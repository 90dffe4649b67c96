/* The script comes from an unnamed temporary file that is gnuplot's standard input,
 * and the picture leaves by its standard output: no path and no name of a column ever
 * is part of a command. It is opened by its name: what gnuplot reads as "-" it reads byte
 * by byte. */
#include "cli/gnuplot.h"

#include <errno.h>
#include <spawn.h>
#include <stdbool.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli/status.h"

extern char **environ;

/* The typographic one. Gnuplot's own way to have a quote in a string, two of them, does not
 * work at its beginning: it would end the string there. */
#define APOSTROPHE "\xE2\x80\x99"

/* Runs gnuplot with these standard streams; the exit status of wait() in *status.
 * Gives errno's number: 0 when it ran. */
static int run(char *const arguments[], int in, int out, int err, int *status)
{
    posix_spawn_file_actions_t actions;
    pid_t process;
    int reason = posix_spawn_file_actions_init(&actions);
    if (reason)
        return reason;
    const int streams[] = {in, out, err};
    for (int i = 0; i < 3 && !reason; i++)
        reason = posix_spawn_file_actions_adddup2(&actions, streams[i], i);
    if (!reason)
        reason = posix_spawnp(&process, arguments[0], &actions, NULL, arguments, environ);
    posix_spawn_file_actions_destroy(&actions);
    if (reason)
        return reason;
    while (waitpid(process, status, 0) < 0)
        if (errno != EINTR)
            return errno;
    return 0;
}

static int error_missing(int reason)
{
    if (reason == ENOENT)
        return failed("pictures are drawn by gnuplot, which is not there: install it (on Debian the package "
                      "gnuplot-nox)");
    return failed("gnuplot: %s", strerror(reason));
}

int gnuplot_check(void)
{
    char name[] = "gnuplot", version[] = "--version";
    char *const arguments[] = {name, version, NULL};
    FILE *nowhere = fopen("/dev/null", "r+");
    int status = 0, stream = nowhere ? fileno(nowhere) : -1;
    int reason = nowhere ? run(arguments, stream, stream, stream, &status) : errno;
    if (nowhere)
        fclose(nowhere);
    if (!reason && WIFEXITED(status) && WEXITSTATUS(status) == 127)
        reason = ENOENT; /* how posix_spawnp tells it where it cannot do so at once */
    return reason ? error_missing(reason) : EXIT_DONE;
}

/* What gnuplot complained of: the last line that says something. */
static void read_complaint(FILE *errors, char *line, size_t bytes)
{
    char next[256];
    line[0] = '\0';
    rewind(errors);
    while (fgets(next, sizeof next, errors)) {
        next[strcspn(next, "\n")] = '\0';
        const char *said = next + strspn(next, " \t^");
        if (*said)
            snprintf(line, bytes, "%s", said);
    }
}

static int draw(FILE *script, FILE *image, FILE *errors)
{
    char name[] = "gnuplot", defaults[] = "-d", standard_input[] = "/dev/stdin", complaint[256];
    char *const arguments[] = {name, defaults, standard_input, NULL};
    int status = 0;
    if (fflush(script) != 0 || ferror(script) || fseek(script, 0, SEEK_SET) != 0 ||
        lseek(fileno(script), 0, SEEK_SET) < 0)
        return failed("the temporary file for gnuplot: %s", strerror(errno));
    int reason = run(arguments, fileno(script), fileno(image), fileno(errors), &status);
    if (reason)
        return error_missing(reason);
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0 && lseek(fileno(image), 0, SEEK_END) != 0)
        return EXIT_DONE;
    read_complaint(errors, complaint, sizeof complaint);
    return failed("gnuplot failed%s%s", *complaint ? ": " : "", complaint);
}

int gnuplot_draw(FILE *script, FILE *image)
{
    FILE *errors = tmpfile();
    if (!errors)
        return failed("a temporary file for gnuplot: %s", strerror(errno));
    int status = draw(script, image, errors);
    fclose(errors);
    return status;
}

/* How wide a character is, by its first byte in UTF-8, where an average letter has 1: 0 for
 * the bytes that follow. Those of East Asia and pictograms are nearly twice as wide. */
static double width_of(unsigned char byte)
{
    if ((byte & 0xC0) == 0x80)
        return 0;
    if (byte >= 0x80)
        return byte >= 0xE3 ? 1.8 : 1.1;
    if (strchr("WM@%mw", byte) && byte)
        return 1.8;
    if (strchr("ijl.,:;'|!`", byte) && byte)
        return 0.6;
    return byte >= 'A' && byte <= 'Z' ? 1.2 : 1;
}

double gnuplot_width(const char *text)
{
    double width = 0;
    for (; *text; text++)
        width += width_of((unsigned char)*text);
    return width;
}

static void write_text(FILE *script, const char *text, size_t most, bool tick)
{
    double left = (double)most;
    bool fits = gnuplot_width(text) <= left;
    fputc('\'', script);
    for (; *text; text++) {
        unsigned char byte = (unsigned char)*text;
        left -= width_of(byte);
        if (!fits && left < 1 && width_of(byte) > 0) {
            fputs("\xE2\x80\xA6", script);
            break;
        }
        if (byte == '\'')
            fputs(APOSTROPHE, script);
        else
            fputc(byte < 0x20 || byte == 0x7F ? ' ' : byte, script);
        if (byte == '%' && tick)
            fputc(byte, script);
    }
    fputc('\'', script);
}

void gnuplot_text(FILE *script, const char *text, size_t most)
{
    write_text(script, text, most, false);
}

void gnuplot_tick(FILE *script, const char *text, size_t most)
{
    write_text(script, text, most, true);
}

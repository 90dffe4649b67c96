/* A bar is redrawn at most ten times a second and kept within the width of the
 * terminal; lines come at epochs 1, 2, 5, 10, 20, 50, ... and once a minute. */
#include "cli/progress.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "cli/interrupt.h"

#define REDRAW_SECONDS 0.1
#define LINE_SECONDS 60.0
#define BAR_MIN 10
#define BAR_MAX 40

struct progress progress_make(bool quiet)
{
    const char *term = getenv("TERM"), *no_colour = getenv("NO_COLOR");
    bool plain = !term || strcmp(term, "dumb") == 0;
    struct progress progress = {.quiet = quiet, .next_epoch = 1};
    progress.terminal = isatty(STDERR_FILENO) && !plain;
    progress.colour = progress.terminal && !(no_colour && *no_colour);
    return progress;
}

static size_t terminal_width(void)
{
    struct winsize size;
    if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
        return size.ws_col;
    return 80;
}

/* "3 s", "2:05 min", "1:00:30 h". */
static void format_duration(char *text, size_t bytes, double seconds)
{
    unsigned long whole = seconds < 1e9 ? (unsigned long)(seconds + 0.5) : 1000000000ul;
    unsigned long hours = whole / 3600, minutes = whole / 60 % 60;
    if (hours > 0)
        snprintf(text, bytes, "%lu:%02lu:%02lu h", hours, minutes, whole % 60);
    else if (minutes > 0)
        snprintf(text, bytes, "%lu:%02lu min", minutes, whole % 60);
    else
        snprintf(text, bytes, "%lu s", whole);
}

static double share_done(const gemml_progress *state)
{
    return state->epochs > 0 ? (double)state->epoch / (double)state->epochs : 0.0;
}

/* "[=====>    ]" of `width` characters between the brackets. */
static void draw_bar(const struct progress *progress, double share, size_t width)
{
    size_t filled = (size_t)(share * (double)width);
    fputs(progress->colour ? " [\033[32m" : " [", stderr);
    for (size_t i = 0; i < width; i++)
        fputc(i < filled ? '=' : i == filled ? '>' : ' ', stderr);
    fputs(progress->colour ? "\033[0m] " : "] ", stderr);
}

/* The loss, with a validation its loss and the rate; `always`: the rate without one too, where there is one. */
static void format_losses(char *text, size_t bytes, const gemml_progress *state, bool always)
{
    if (isnan(state->valid_loss) && always && state->rate > 0)
        snprintf(text, bytes, "loss %.6g, rate %.3g", state->loss, state->rate);
    else if (isnan(state->valid_loss))
        snprintf(text, bytes, "loss %.6g", state->loss);
    else
        snprintf(text, bytes, "loss %.6g, validation %.6g, rate %.3g", state->loss, state->valid_loss, state->rate);
}

static void draw(struct progress *progress, const gemml_progress *state)
{
    char head[96], losses[128], tail[192], left[32];
    double share = share_done(state);
    format_duration(left, sizeof left, share > 0 ? state->seconds * (1 - share) / share : 0.0);
    size_t head_length = (size_t)snprintf(head, sizeof head, "epoch %zu/%zu", state->epoch, state->epochs);
    format_losses(losses, sizeof losses, state, true);
    size_t tail_length = (size_t)snprintf(tail, sizeof tail, "%s, at most %s left", losses, left);
    size_t width = terminal_width(), used = head_length + tail_length + 5; /* " [", "] " and a free last column */
    fputs("\r\033[K", stderr);
    if (used + BAR_MIN <= width) {
        fputs(head, stderr);
        draw_bar(progress, share, width - used < BAR_MAX ? width - used : BAR_MAX);
        fputs(tail, stderr);
    } else {
        char line[256];
        snprintf(line, sizeof line, "%s %s", head, losses);
        fprintf(stderr, "%.*s", (int)(width - 1), line);
    }
    fflush(stderr);
    progress->drawn = true;
}

/* 1, 2, 5, 10, 20, ...: the first of them above `epoch`. */
static size_t next_round(size_t epoch)
{
    size_t round = 1;
    for (size_t i = 0; round <= epoch && round < SIZE_MAX / 10; i++)
        round = i % 3 == 1 ? round / 2 * 5 : round * 2;
    return round;
}

static void write_line(struct progress *progress, const gemml_progress *state)
{
    char losses[128];
    format_losses(losses, sizeof losses, state, false);
    fprintf(stderr, "epoch %zu of %zu: %s\n", state->epoch, state->epochs, losses);
    progress->next_epoch = next_round(state->epoch);
}

int progress_report(const gemml_progress *state, void *data)
{
    struct progress *progress = data;
    double since = state->seconds - progress->time;
    if (!progress->quiet && progress->terminal && since >= REDRAW_SECONDS) {
        draw(progress, state);
        progress->time = state->seconds;
    } else if (!progress->quiet && !progress->terminal && state->seconds >= progress->patience &&
               (state->epoch >= progress->next_epoch || since >= LINE_SECONDS)) {
        write_line(progress, state);
        progress->time = state->seconds;
    }
    return interrupt_requested();
}

void progress_end(struct progress *progress)
{
    if (progress->drawn)
        fputs("\r\033[K", stderr);
    progress->drawn = false;
}

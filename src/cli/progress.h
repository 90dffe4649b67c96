/* Progress of a fit on stderr: a bar on a terminal, sparse lines elsewhere. */
#ifndef GEMML_CLI_PROGRESS_H
#define GEMML_CLI_PROGRESS_H

#include <gemml.h>
#include <stdbool.h>

struct progress {
    bool quiet, terminal, colour;
    bool drawn;        /* a bar is on the screen */
    double time;       /* of the last bar or line, seconds since the fit began */
    size_t next_epoch; /* of the next line: 1, 2, 5, 10, 20, ... */
    double patience;   /* seconds before the first line: fits that are done by then need none */
};

struct progress progress_make(bool quiet);

/* A gemml_progress_callback whose data is a struct progress; asks to stop once
 * Ctrl-C was pressed. */
int progress_report(const gemml_progress *state, void *data);

/* Clears the bar. */
void progress_end(struct progress *progress);

#endif

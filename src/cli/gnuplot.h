/* Gnuplot, which draws: scripts in which every text is a quoted string, and its process. */
#ifndef GEMML_CLI_GNUPLOT_H
#define GEMML_CLI_GNUPLOT_H

#include <stddef.h>
#include <stdio.h>

/* Looks whether gnuplot can be run, and says what to do when not. Gives an exit status. */
int gnuplot_check(void);

/* Runs gnuplot on a script, from its beginning; the picture goes to `image`. Gives an exit status. */
int gnuplot_draw(FILE *script, FILE *image);

/* How wide a text is about, in average letters. */
double gnuplot_width(const char *text);

/* Writes `text` as a string of gnuplot's that says just that, as much of it as is not wider
 * than `most` average letters, with an ellipsis where something is left out. It stands in single quotes, in which
 * nothing is expanded or run; a quote in it becomes the typographic apostrophe, and control characters, which would end
 * the line, become blanks. The terminal must be `noenhanced`. */
void gnuplot_text(FILE *script, const char *text, size_t most);

/* The same for a label in `set xtics (...)`, where % begins a format and is doubled. */
void gnuplot_tick(FILE *script, const char *text, size_t most);

#endif

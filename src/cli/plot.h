/* What the pictures share: options, the model with its data, themes, parts of scripts. */
#ifndef GEMML_CLI_PLOT_H
#define GEMML_CLI_PLOT_H

#include <gemml.h>
#include <stdbool.h>
#include <stdio.h>

#include "cli/input.h"

/* --axis, in the order of its list. */
enum plot_axis { AXIS_BOTH, AXIS_LINEAR, AXIS_LOGARITHMIC };

enum plot_format { PLOT_PNG, PLOT_SVG, PLOT_GIF };

struct plot_options {
    const char *output, *features, *title;
    int theme, axis;
    size_t width, height, points, top, frames, threads;
    bool quiet;
};

#define PLOT_COLOURS ((size_t)10)

/* Colours "#rrggbb". Those of series can be told apart by people who are colour-blind
 * (Okabe and Ito, Color Universal Design, 2008; Tol, Colour schemes, 2021). */
struct theme {
    const char *background, *text, *muted, *grid;
    const char *series[PLOT_COLOURS];
};

struct plot {
    const struct plot_options *options;
    const struct theme *theme;
    gemml_model *model;
    const gemml_schema *schema; /* of the model, or of the data's positions; NULL without data and schema */
    gemml_model_info info;
    struct input input; /* of kinds with data */
    FILE *script;
    bool gif;
    bool animated; /* the script has frames: this is number `frame`, of the model after `epoch` epochs */
    size_t frame, epoch;
};

extern const struct theme plot_themes[];

/* The format that a path's name asks for; false when it is none. */
bool plot_format_of(const char *path, enum plot_format *format);

/* ---- Parts of scripts ------------------------------------------------------------- */

/* The terminal (of an animation before its first frame only), fonts, colours of frames and texts. */
void plot_begin(struct plot *plot);

/* The title (the option's, where given) and a line below. */
void plot_title(struct plot *plot, const char *title, const char *below);

/* "set xlabel 'text'", not wider than `most` letters. */
void plot_label(struct plot *plot, const char *axis, const char *text, size_t most);
#define PLOT_LABEL ((size_t)52) /* along a side of the picture */

/* The same for the y axis, at the picture's edge however wide the numbers are; `height` is that of
 * the text's middle, as a fraction of the picture's. */
void plot_label_side(struct plot *plot, const char *text, double height);
#define PLOT_MIDDLE 0.525 /* of plot_frame */

/* Margins of a picture of one panel, a legend below the axis. */
void plot_frame(struct plot *plot);

/* The legend: at the bottom in one line, with so many letters more (or less, where gnuplot's
 * guess of the width must be lowered) between entries; or beside the picture, one line for each. */
void plot_legend(struct plot *plot, double room);
void plot_legend_beside(struct plot *plot);

/* "#rrggbb" thinned: `share` of it on the picture's ground. */
void plot_blend(const struct plot *plot, const char *text, double share, int colour[3]);

/* The size of points when so many are drawn. */
double plot_point_size(const struct plot *plot, size_t drawn);

/* ---- Numbers ---------------------------------------------------------------------- */

/* Element of an f64 or f32 matrix, or of a view of any dtype. */
double plot_element(const gemml_view *view, size_t row, size_t col);

/* A matrix of doubles in new memory (free() its data). Gives an exit status. */
int plot_matrix(gemml_matrix *matrix, size_t rows, size_t cols);

/* Predictions for x: rows x outputs, or rows x 1 classes; and probabilities, rows x classes. */
int plot_predict(const struct plot *plot, gemml_view x, gemml_matrix *out);
int plot_proba(const struct plot *plot, gemml_view x, gemml_matrix *out);

/* Names of a class, of the target. */
#define PLOT_NAME 32
const char *plot_class(const struct plot *plot, size_t class, char plain[PLOT_NAME]);
const char *plot_target(const struct plot *plot);

/* "5 steps" and kin: how the model was trained, for the line below the title. */
void plot_describe(const struct plot *plot, char *text, size_t bytes);

/* ---- Features --------------------------------------------------------------------- */

/* A column of numbers among the features. */
struct plot_feature {
    size_t column; /* of the schema */
    size_t input;  /* its place among the encoded inputs */
    const char *name;
    double least, most; /* in the data */
    double low, high;   /* those, with a margin: the axis */
};

/* Finds the `count` features that --features names, or the first ones. Gives an exit status. */
int plot_features(const struct plot *plot, struct plot_feature *features, size_t count);

/* How many columns of numbers, and of anything, the model has. */
size_t plot_numbers(const struct plot *plot);

/* Rows of inputs made from a few features. */
struct plot_rows {
    double *cells;
    gemml_table *table;
    gemml_frame *frame;
    gemml_view x; /* encoded */
};

/* Makes rows in which all columns stand at their means (categories at their base) but
 * those of the features: value[i * count + k] is feature k's in row i. */
int plot_grid(const struct plot *plot, const struct plot_feature *features, size_t count, const double *value,
              size_t rows, struct plot_rows *grid);
void plot_grid_free(struct plot_rows *grid);

/* The step at which rows are drawn, so that there are no more than --points. */
size_t plot_stride(const struct plot *plot);

/* ---- Kinds: each writes its script. Gives an exit status. ------------------------- */

int plot_history(struct plot *plot);
int plot_regions(struct plot *plot);
int plot_fit(struct plot *plot);
int plot_scatter(struct plot *plot);
int plot_coefficients(struct plot *plot);
int plot_confusion(struct plot *plot);
int plot_roc(struct plot *plot);
int plot_calibration(struct plot *plot);
int plot_animation(struct plot *plot);

#endif

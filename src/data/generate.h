/* Generators: what they share, and the work of each on checked options. */
#ifndef GEMML_DATA_GENERATE_H
#define GEMML_DATA_GENERATE_H

#include <gemml/generate.h>

#include <stdbool.h>

#include "util/error.h"
#include "util/rng.h"

/* What the streams of a seed are for: RNG_STREAM_GENERATE + one of these. */
enum draw {
    DRAW_FEATURE,
    DRAW_COEFFICIENT,
    DRAW_NOISE,
    DRAW_ROW_ORDER,
    DRAW_COLUMN_ORDER,
    DRAW_CORNER,
    DRAW_CLUSTER_MATRIX,
    DRAW_REDUNDANT_MATRIX,
    DRAW_REPEATED,
    DRAW_FLIP,
    DRAW_POLYTOPE,
    DRAW_SHIFT,
    DRAW_SCALE,
    DRAW_LEFT,
    DRAW_RIGHT
};

/* Number `index` of a purpose: two numbers of its stream, one block of the generator, each. */
struct rng draw_at(uint64_t seed, enum draw draw, uint64_t index);
double draw_normal(uint64_t seed, enum draw draw, uint64_t index);
double draw_uniform(uint64_t seed, enum draw draw, uint64_t index); /* on [0, 1) */

/* *order = a permutation of 0 .. n - 1, random where `shuffle`, else the identity.
 * To be freed by memory_free. Errors: MEMORY. */
gemml_status draw_order(size_t **order, uint64_t seed, enum draw draw, size_t n, bool shuffle);

#define GENERATE_ROWS ((size_t)256)

/* Calls block(context, index, scratch) for each index below `count`, on several threads, with
 * `doubles` doubles of scratch. Errors: MEMORY, and those of block. */
typedef gemml_status (*generate_block)(const void *context, size_t index, double *scratch);
gemml_status generate_blocks(size_t count, size_t doubles, generate_block block, const void *context);

/* See gemml/generate.h. `options` are in range and complete, the matrices of fitting shapes. */
gemml_status generate_regression(const gemml_regression_options *options, gemml_matrix x, gemml_matrix y,
                                 gemml_matrix coefficients);
gemml_status generate_classification(const gemml_classification_options *options, gemml_matrix x, gemml_matrix y);
gemml_status generate_moons(const gemml_shape_options *options, gemml_matrix x, gemml_matrix y);
gemml_status generate_circles(const gemml_shape_options *options, gemml_matrix x, gemml_matrix y);
void generate_curve(const gemml_curve_options *options, gemml_matrix x, gemml_matrix y);

#endif

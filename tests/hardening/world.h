/* A world for the scenarios: data, fitted models of each kind, moments, a table, a
 * schema and files, all made beforehand, and room for results; so that what a
 * scenario allocates is what the library allocates. Public headers only. */
#ifndef GEMML_TESTS_HARDENING_WORLD_H
#define GEMML_TESTS_HARDENING_WORLD_H

#include "support/support.h"

#include <gemml.h>

enum { WORLD_FEATURES = 4, WORLD_OUTPUTS = 2, WORLD_CLASSES = 3, WORLD_ROWS = 6000 };

struct world {
    size_t n;
    double x[WORLD_ROWS * WORLD_FEATURES], y[WORLD_ROWS * WORLD_OUTPUTS], w[WORLD_ROWS];
    double label[WORLD_ROWS], binary[WORLD_ROWS], separated[WORLD_ROWS];
    gemml_dataset values, classes, two, apart; /* y; label; binary; separated */
    gemml_dataset valid;                       /* the first rows of values, and of classes */
    gemml_dataset valid_classes;

    gemml_model *simple, *linear, *logistic, *binomial, *network; /* linear: with robust errors; network: recorded */
    gemml_moments *moments, *part;
    gemml_table *table;
    gemml_schema *schema;
    gemml_frame *frame;

    const char *csv, *gz, *npy, *model, *checkpoint, *sums, *target; /* files; `target` is written by scenarios */
    const char *state;
    unsigned char *bytes; /* of `model` */
    size_t byte_count;

    double out[WORLD_ROWS * 8];
    float out32[WORLD_ROWS * 8];
    void *scratch; /* aligned to 64 bytes */
    size_t scratch_bytes;

    /* What a scenario says of itself. */
    gemml_model *subject; /* the model it works on; NULL: none */
    bool changed;         /* the moments are not what they were */
    uint64_t digest;      /* of what came out */
};

/* A world of n rows, at most WORLD_ROWS: its data and the names of its files. Nothing
 * has computed yet. One per process. */
struct world *world_begin(size_t n);

/* Makes the models, the tables, the files. */
void world_finish(struct world *world);

/* Moments as they were before a scenario changed them. */
void world_restore(struct world *world);

/* Adds what came out of a call to the digest (FNV-1a). */
void world_note(struct world *world, const void *bytes, size_t count);
void world_note_text(struct world *world, const char *text);
void world_note_out(struct world *world, size_t count);

/* The bytes that the subject, or without one the moments, are saved as; free() them. */
unsigned char *world_state(const struct world *world, size_t *count);

#endif

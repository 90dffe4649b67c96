/* Encoding: a table's columns as the numbers that a model takes. */
#ifndef GEMML_DATA_FRAME_H
#define GEMML_DATA_FRAME_H

#include "data/schema.h"
#include "data/table.h"

struct gemml_frame {
    gemml_dataset data;                   /* views into the table, or into what follows */
    double *x, *x_low, *targets, *weight; /* NULL: not copied; x_low: all zero */
    size_t dropped;                       /* rows without target or weight */
    size_t imputed, unseen;               /* values */
    char *notice;                         /* NULL: none */
};

gemml_status frame_encode(gemml_frame **frame, const gemml_schema *schema, const gemml_table *table,
                          gemml_encode_purpose purpose);
void frame_free(gemml_frame *frame);

#endif

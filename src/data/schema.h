/* The schema's own side: what io stores, and what encoding reads. */
#ifndef GEMML_DATA_SCHEMA_H
#define GEMML_DATA_SCHEMA_H

#include <gemml/table.h>

#include "data/levels.h"
#include "data/monomials.h"
#include "data/waves.h"

/* All bits of gemml_term. */
#define SCHEMA_TERMS 63u

/* What a column was in training.
 *
 * A numeric column is one encoded input, x. A category of k levels is k - 1
 * inputs, of which the j-th is 1 where the value is level j and 0 elsewhere, so
 * that the first level, the base, is all zeros (treatment coding). The levels are
 * the texts in byte order and, behind them, the missing values. One-hot coding has
 * an input for the first level too.
 *
 * A target of classes is a category whose levels are the classes. */
struct schema_column {
    char *name;
    gemml_column_type type;
    double mean;          /* of a numeric feature: what stands for a missing value */
    struct levels levels; /* of a category */
    bool missing_level;   /* missing values are one more level */
    size_t *class_level;  /* of a target: the level of each class, and behind them the class of each level */
};

/* An encoded input. */
struct schema_input {
    const char *name; /* the column's, or into input_names */
    bool dummy;       /* of a category */
};

struct gemml_schema {
    struct schema_column *features, *targets;
    size_t feature_count, target_count;
    gemml_coding coding;
    size_t degree;  /* of the numbers' powers and products; 1: none */
    unsigned terms; /* bits of gemml_term */
    char *weight;   /* the column of weights; NULL: none */
    bool header;    /* false: names were given by position, x0, x1, ... */
    /* Made by schema_finish(): */
    size_t input_count; /* columns' inputs, then the monomials, then the waves */
    struct schema_input *input;
    char *input_names;
    struct monomials monomials;
    struct waves waves;
    char *notice; /* what was left out in training; NULL: nothing; not stored */
};

/* A schema with room for so many columns, all zero: numeric, of mean 0; of degree 1. */
gemml_status schema_new(gemml_schema **schema, size_t features, size_t targets);
void schema_free(gemml_schema *schema);

/* Levels of a category, with the one of missing values. */
size_t schema_level_count(const struct schema_column *column);

/* The first level that has an input, and how many inputs a column has. */
size_t schema_first_level(const gemml_schema *schema);
size_t schema_column_inputs(const gemml_schema *schema, const struct schema_column *column);

/* Whether the target is one of classes. */
bool schema_has_classes(const gemml_schema *schema);

/* Lists the encoded inputs and orders the classes, once the columns are known.
 * Errors: UNSUPPORTED (more than 2^20 inputs), MEMORY. */
gemml_status schema_finish(gemml_schema *schema);

/* The same within these limits: UNSUPPORTED beyond them, before memory is asked for. */
gemml_status schema_finish_within(gemml_schema *schema, size_t most_inputs, size_t most_bytes);

/* Whether input j is 0 or 1 for a level; a NULL schema has no such inputs. */
bool schema_input_is_dummy(const gemml_schema *schema, size_t input);

gemml_status schema_copy(gemml_schema **copy, const gemml_schema *schema);

/* Fits a schema to a table. */
gemml_status schema_fit(gemml_schema **schema, const gemml_table *table, const gemml_schema_options *options);

/* The schema as one JSON text (memory_free it), and back. In messages `name`
 * stands for the file that the text comes from, which may come from anyone and has
 * `bytes` bytes: that a few of them are a million inputs, or gigabytes of names, is
 * not believed. FORMAT: the text is not a schema, or not one of such a file;
 * UNSUPPORTED: a schema of another version; MEMORY. */
gemml_status schema_to_json(char **json, const gemml_schema *schema);
gemml_status schema_from_json(gemml_schema **schema, const char *json, size_t bytes, const char *name);

#endif

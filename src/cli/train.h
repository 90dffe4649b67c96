/* One training, from a table to a model file: what its steps share. */
#ifndef GEMML_CLI_TRAIN_H
#define GEMML_CLI_TRAIN_H

#include "cli/description.h"
#include "cli/metrics.h"
#include "cli/train_options.h"

struct training {
    enum train_verb verb;
    const struct train_options *options;
    const char *data_path;
    gemml_table *table, *valid_table; /* as read */
    gemml_table *learnt, *held;       /* parts of the table, with --holdout */
    gemml_schema *schema;
    gemml_frame *frame, *valid_frame;
    gemml_dataset data, valid; /* valid.x.rows 0: none */
    gemml_model *model;
    gemml_fit_info fit;
    gemml_normal_equations check;
    struct evaluation evaluation; /* on the validation rows */
    struct description description;
    double seconds_load;
};

/* The verb's work: parses its arguments, trains, and writes the model. */
int train_run(const struct verb *verb, int argc, char **argv);

/* Reads, splits and encodes the data. Each function gives an exit status. */
int train_load(struct training *training);
void train_release_data(struct training *training);

/* Writes the report, whole but not yet in its place. */
struct output;
int train_write_report(const struct training *training, struct output *report);

/* With --plot, train_plot.c: refuses what cannot be drawn, before anything is read; and draws,
 * when the model is written. */
int train_plot_check(const struct verb *verb, const struct train_options *values, const char *data);
int train_plot(const struct training *training);

/* Whether there are rows to judge the model on. */
static inline bool train_has_valid(const struct training *training)
{
    return training->valid.x.rows > 0;
}

#endif

/* The data of a training: the table, the rows that are held out, the schema of
 * those that are learnt from, and the numbers. */
#include <math.h>
#include <time.h>

#include "cli/status.h"
#include "cli/train.h"

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

/* Whether the target is one of classes: as the schema of the whole table sees it. */
static int target_is_classes(const struct training *training, bool *classes)
{
    gemml_schema_options options = train_schema_options(training->options, training->verb);
    gemml_schema *whole = NULL;
    *classes = false;
    if (options.target_type == GEMML_TARGET_NUMBERS)
        return EXIT_DONE;
    if (gemml_schema_create(&whole, training->table, &options))
        return failed_library();
    *classes = gemml_schema_classes(whole) > 0;
    gemml_schema_free(whole);
    return EXIT_DONE;
}

/* With --holdout, a share of the table's rows; classes are spread over both parts. */
static int split(struct training *training)
{
    gemml_split_options options = GEMML_SPLIT_OPTIONS_INIT;
    bool classes;
    if (isnan(training->options->holdout))
        return EXIT_DONE;
    int status = target_is_classes(training, &classes);
    options.share = training->options->holdout;
    options.seed = training->options->seed;
    options.stratify = classes ? training->options->target : NULL;
    if (!status && gemml_table_split(&training->learnt, &training->held, training->table, &options))
        status = failed_library();
    return status;
}

static void tell(const struct training *training, const char *notice)
{
    if (!training->options->quiet)
        notify(notice);
}

static int encode(struct training *training)
{
    const gemml_table *learnt = training->learnt ? training->learnt : training->table;
    const gemml_table *judged = training->held ? training->held : training->valid_table;
    gemml_schema_options options = train_schema_options(training->options, training->verb);
    if (gemml_schema_create(&training->schema, learnt, &options) ||
        gemml_encode(&training->frame, training->schema, learnt, GEMML_ENCODE_LEARN))
        return failed_library();
    tell(training, gemml_schema_notice(training->schema));
    tell(training, gemml_frame_notice(training->frame));
    training->data = gemml_frame_dataset(training->frame);
    if (!judged)
        return EXIT_DONE;
    if (gemml_encode(&training->valid_frame, training->schema, judged, GEMML_ENCODE_LEARN))
        return failed_library();
    tell(training, gemml_frame_notice(training->valid_frame));
    training->valid = gemml_frame_dataset(training->valid_frame);
    return EXIT_DONE;
}

int train_load(struct training *training)
{
    double start = now();
    if (gemml_table_read(&training->table, training->data_path) ||
        (training->options->valid && gemml_table_read(&training->valid_table, training->options->valid)))
        return failed_library();
    int status = split(training);
    if (!status)
        status = encode(training);
    training->seconds_load = now() - start;
    return status;
}

void train_release_data(struct training *training)
{
    gemml_frame_free(training->frame);
    gemml_frame_free(training->valid_frame);
    gemml_schema_free(training->schema);
    gemml_table_free(training->learnt);
    gemml_table_free(training->held);
    gemml_table_free(training->table);
    gemml_table_free(training->valid_table);
}

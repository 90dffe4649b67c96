/* Logistic regression with progress: who survived the Titanic? A callback tells how far the
 * fit is, and ends it when it has gone on for long enough.
 *
 *     logistic SHIP.csv     (such as data/tabular/titanic.csv) */
#include <gemml.h>
#include <stdio.h>

/* What the callback wants to know and to remember. */
struct watch {
    double seconds; /* the longest that the fit may take */
    size_t calls;
};

/* After each step. What it gives back ends the fit, unless it is 0. */
static int tell(const gemml_progress *progress, void *data)
{
    struct watch *watch = (struct watch *)data;
    watch->calls++;
    if (watch->calls == 1 || watch->calls % 50 == 0)
        printf("step %4zu: loss %.6f\n", progress->epoch, progress->loss);
    return progress->seconds > watch->seconds;
}

static int train(gemml_model **model, const gemml_dataset *data, size_t classes)
{
    struct watch watch = {30, 0};
    gemml_logistic_options options = GEMML_LOGISTIC_OPTIONS_INIT;
    options.classes = classes;
    options.solver = GEMML_SOLVER_DESCENT; /* AUTO is done in a handful of steps */
    options.epochs = 300;
    gemml_fit_options call = GEMML_FIT_OPTIONS_INIT;
    call.progress = tell;
    call.progress_data = &watch;
    gemml_fit_info info = GEMML_FIT_INFO_INIT;
    if (gemml_logistic_create(model, &options) || gemml_fit(*model, data, &call, &info))
        return 1;
    printf("%s after %zu steps, %zu calls: loss %.6f\n", gemml_outcome_string(info.outcome), info.iterations,
           watch.calls, info.loss);
    return 0;
}

static int run(const char *ship, gemml_table **table, gemml_schema **schema, gemml_frame **frame, gemml_model **model)
{
    gemml_schema_options columns = GEMML_SCHEMA_OPTIONS_INIT;
    columns.target = "Survived";
    columns.target_type = GEMML_TARGET_CLASSES;
    columns.features = "Pclass,Sex,Age,SibSp"; /* texts become categories, missing ages the mean */
    if (gemml_table_read(table, ship) || gemml_schema_create(schema, *table, &columns) ||
        gemml_encode(frame, *schema, *table, GEMML_ENCODE_LEARN))
        return 1;
    gemml_dataset data = gemml_frame_dataset(*frame);
    gemml_metrics metrics = GEMML_METRICS_INIT;
    if (train(model, &data, gemml_schema_classes(*schema)) || gemml_score(*model, &data, &metrics))
        return 1;
    printf("%zu passengers: accuracy %.4f, area under the ROC curve %.4f\n", metrics.rows, metrics.accuracy,
           metrics.auc);
    return 0;
}

int main(int argc, char **argv)
{
    gemml_table *table = NULL;
    gemml_schema *schema = NULL;
    gemml_frame *frame = NULL;
    gemml_model *model = NULL;
    int failed = argc != 2 || run(argv[1], &table, &schema, &frame, &model);
    if (failed)
        fprintf(stderr, "%s\n", argc != 2 ? "usage: logistic SHIP.csv" : gemml_last_error());
    gemml_model_free(model);
    gemml_frame_free(frame);
    gemml_schema_free(schema);
    gemml_table_free(table);
    return failed;
}

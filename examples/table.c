/* A real table from file to predictions: read, split, encode, fit, save; and, as
 * another program would, load, read, predict.
 *
 *     table CARS.csv MODEL.gemml     (such as data/tabular/auto-mpg.csv) */
#include <gemml.h>
#include <stdio.h>
#include <stdlib.h>

/* Learns `mpg` from four fifths of the rows, and tells how well it predicts the others. */
static int learn(const char *cars, const char *path)
{
    gemml_table *table = NULL, *train = NULL, *held = NULL;
    gemml_schema *schema = NULL;
    gemml_frame *seen = NULL, *unseen = NULL;
    gemml_model *model = NULL;
    gemml_metrics metrics = GEMML_METRICS_INIT;
    gemml_schema_options columns = GEMML_SCHEMA_OPTIONS_INIT;
    columns.target = "mpg";
    columns.drop = "name";

    int failed = gemml_table_read(&table, cars) || gemml_table_split(&train, &held, table, NULL) ||
                 gemml_schema_create(&schema, train, &columns) ||
                 gemml_encode(&seen, schema, train, GEMML_ENCODE_LEARN) ||
                 gemml_encode(&unseen, schema, held, GEMML_ENCODE_LEARN);
    gemml_dataset data = gemml_frame_dataset(seen), rest = gemml_frame_dataset(unseen);
    failed = failed || gemml_linear_create(&model, NULL) || gemml_model_set_schema(model, schema) ||
             gemml_fit(model, &data, NULL, NULL) || gemml_score(model, &rest, &metrics) || gemml_save(model, path);
    if (!failed)
        printf("%zu cars held out: R^2 %.3f\n", metrics.rows, metrics.r2);

    gemml_model_free(model);
    gemml_frame_free(seen);
    gemml_frame_free(unseen);
    gemml_schema_free(schema);
    gemml_table_free(train);
    gemml_table_free(held);
    gemml_table_free(table);
    return failed;
}

/* Predicts the rows of a file by a model that remembers its columns. */
static int predict(const char *path, const char *cars)
{
    gemml_model *model = NULL;
    gemml_table *table = NULL;
    gemml_frame *frame = NULL;
    int failed = gemml_load(&model, path) || gemml_table_read(&table, cars) ||
                 gemml_encode(&frame, gemml_model_schema(model), table, GEMML_ENCODE_PREDICT);
    gemml_view x = gemml_frame_dataset(frame).x;
    double *mpg = (double *)calloc(x.rows + 1, sizeof *mpg);
    failed = failed || !mpg || gemml_predict(model, x, gemml_matrix_f64(mpg, x.rows, 1));
    for (size_t i = 0; !failed && i < x.rows && i < 3; i++)
        printf("car %zu: %.1f miles a gallon\n", i + 1, mpg[i]);
    free(mpg);
    gemml_frame_free(frame);
    gemml_table_free(table);
    gemml_model_free(model);
    return failed;
}

int main(int argc, char **argv)
{
    if (argc != 3) {
        fprintf(stderr, "usage: table CARS.csv MODEL.gemml\n");
        return 2;
    }
    int failed = learn(argv[1], argv[2]) || predict(argv[2], argv[1]);
    if (failed)
        fprintf(stderr, "%s\n", gemml_last_error());
    return failed;
}

/* A threaded server: one model, loaded once, answers requests on several threads at a time. A
 * request is a line "id x0 x1 ..." of the standard input, its answer a line "id prediction".
 * Each thread has its own scratch, so that predictions allocate nothing.
 *
 *     server MODEL.gemml < requests */
#include <gemml.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

enum { THREADS = 4, INPUTS_MAX = 64, LINE_BYTES = 4096 };

struct server {
    const gemml_model *model; /* predictions do not change it: no lock */
    size_t inputs, scratch_bytes;
};

/* Reads "id x0 x1 ...". */
static int parse(const char *line, size_t inputs, long *id, double *x)
{
    char *rest;
    *id = strtol(line, &rest, 10);
    for (size_t j = 0; j < inputs; j++) {
        const char *from = rest;
        x[j] = strtod(from, &rest);
        if (rest == from)
            return 0;
    }
    return 1;
}

/* One line after the other, whichever thread is free; stdio locks its streams. */
static void *work(void *data)
{
    const struct server *server = (const struct server *)data;
    void *scratch = aligned_alloc(64, (server->scratch_bytes + 63) / 64 * 64 + 64);
    char line[LINE_BYTES];
    double x[INPUTS_MAX], prediction;
    long id;
    gemml_view row = gemml_view_f64(x, 1, server->inputs);
    while (scratch && fgets(line, sizeof line, stdin)) {
        if (!parse(line, server->inputs, &id, x))
            fprintf(stderr, "%ld: a request has an id and %zu numbers\n", id, server->inputs);
        else if (gemml_predict_scratch(server->model, row, gemml_matrix_f64(&prediction, 1, 1), scratch,
                                       server->scratch_bytes))
            fprintf(stderr, "%ld: %s\n", id, gemml_last_error()); /* of this thread */
        else
            printf("%ld %.17g\n", id, prediction);
    }
    free(scratch);
    return NULL;
}

int main(int argc, char **argv)
{
    gemml_model *model = NULL;
    gemml_model_info info = GEMML_MODEL_INFO_INIT;
    if (argc != 2 || gemml_load(&model, argv[1]) || gemml_model_get_info(model, &info) || info.inputs > INPUTS_MAX) {
        fprintf(stderr, "%s\n",
                argc != 2 ? "usage: server MODEL.gemml"
                : model   ? "too many inputs"
                          : gemml_last_error());
        gemml_model_free(model);
        return 1;
    }
    const double some[INPUTS_MAX] = {0};
    struct server server = {model, info.inputs,
                            gemml_predict_scratch_size(model, gemml_view_f64(some, 1, info.inputs))};
    pthread_t thread[THREADS];
    int running = 0;
    while (running < THREADS && pthread_create(&thread[running], NULL, work, &server) == 0)
        running++;
    for (int i = 0; i < running; i++)
        pthread_join(thread[i], NULL);
    gemml_model_free(model);
    return running == 0;
}

/* Model files whose digest fits. One that is accepted passes all checks, describes itself, and
 * predicts; see fuzz_container.c for the digest itself. */
#include <stdlib.h>

#include <gemml.h>

#include "fuzz.h"
#include "io/model_file.h"
#include "io/model_format.h"

enum { PREDICTED_ROWS = 2, WIDEST = 256 };

static void check_prediction(const gemml_model *model)
{
    const struct chain *chain = &model->fitted->chain;
    size_t p = chain_inputs(chain), K = chain_outputs(chain);
    double *x = calloc(PREDICTED_ROWS * p, sizeof *x), *out = calloc(PREDICTED_ROWS * (K + 1), sizeof *out);
    REQUIRE(x && out);
    for (size_t i = 0; i < PREDICTED_ROWS * p; i++)
        x[i] = (double)i - 1;
    size_t columns = chain_classes(chain) > 0 ? 1 : K;
    gemml_status status =
        gemml_predict(model, gemml_view_f64(x, PREDICTED_ROWS, p), gemml_matrix_f64(out, PREDICTED_ROWS, columns));
    REQUIRE(status == GEMML_OK || status == GEMML_ERROR_NONFINITE);
    for (size_t i = 0; status == GEMML_OK && i < PREDICTED_ROWS && chain_classes(chain) > 0; i++)
        REQUIRE(out[i] >= 0 && out[i] < (double)chain_classes(chain));
    free(x);
    free(out);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count)
{
    struct gemml_model *model = NULL;
    fuzz_begin();
    uint8_t *file = fuzz_mend(bytes, &count);
    fuzz_watch_memory(count, FUZZ_MODEL_MULTIPLE);
    gemml_status status = model_file_parse(&model, file, count, FUZZ_NAME);
    fuzz_check_memory();
    free(file);
    REQUIRE((status == GEMML_OK) == (model != NULL));
    if (status == GEMML_OK) {
        REQUIRE(model_check(model, FUZZ_NAME) == GEMML_OK);
        if (chain_inputs(&model->fitted->chain) <= WIDEST && chain_outputs(&model->fitted->chain) <= WIDEST)
            check_prediction(model);
        gemml_model_free(model);
        fuzz_accepted++;
    } else {
        fuzz_check_error(status, GEMML_ERROR_FORMAT);
    }
    return 0;
}

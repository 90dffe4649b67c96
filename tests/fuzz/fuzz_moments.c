/* Files of moments whose digest fits. Of those that are accepted a fit is made, and they are taken
 * from themselves and merged: refusals, or numbers that are finite. */
#include <math.h>
#include <stdlib.h>

#include <gemml.h>

#include "fuzz.h"
#include "io/moments_file.h"

enum { SOLVED_MOST = 16 };

static void check_solution(const struct gemml_moments *moments)
{
    size_t p = moments->gram.features, K = moments->gram.outputs;
    double out[(SOLVED_MOST + 1) * SOLVED_MOST];
    if (p > SOLVED_MOST || K > SOLVED_MOST)
        return;
    gemml_status status = gemml_moments_solve(moments, NULL, 0, NULL, gemml_matrix_f64(out, p + 1, K), NULL);
    REQUIRE(status == GEMML_OK || status == GEMML_ERROR_NONFINITE || status == GEMML_ERROR_UNFITTED);
    for (size_t i = 0; status == GEMML_OK && i < (p + 1) * K; i++)
        REQUIRE(isfinite(out[i]));
}

static void check_sums(struct gemml_moments *moments)
{
    gemml_status status = gemml_moments_merge(moments, moments);
    REQUIRE(status == GEMML_OK || status == GEMML_ERROR_NONFINITE);
    status = gemml_moments_subtract(moments, moments);
    REQUIRE(status == GEMML_OK || status == GEMML_ERROR_UNSUPPORTED || status == GEMML_ERROR_ARGUMENT);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count)
{
    struct gemml_moments *moments = NULL;
    fuzz_begin();
    uint8_t *file = fuzz_mend(bytes, &count);
    fuzz_watch_memory(count, FUZZ_MULTIPLE);
    gemml_status status = moments_file_parse(&moments, file, count, FUZZ_NAME);
    fuzz_check_memory();
    free(file);
    REQUIRE((status == GEMML_OK) == (moments != NULL));
    if (status == GEMML_OK) {
        check_solution(moments);
        check_sums(moments);
        gemml_moments_free(moments);
        fuzz_accepted++;
    } else {
        fuzz_check_error(status, GEMML_ERROR_FORMAT);
    }
    return 0;
}

/* Files as they come, nothing mended, to the readers of models and of moments: the container's first
 * bytes and its digest. The targets of each reader make the digest right and look behind it. */
#include "fuzz.h"
#include "io/model_file.h"
#include "io/moments_file.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count)
{
    struct gemml_model *model = NULL;
    struct gemml_moments *moments = NULL;
    fuzz_watch_memory(count, FUZZ_MODEL_MULTIPLE);
    gemml_status status = model_file_parse(&model, bytes, count, FUZZ_NAME);
    if (status != GEMML_OK)
        fuzz_check_error(status, GEMML_ERROR_FORMAT);
    gemml_status other = moments_file_parse(&moments, bytes, count, FUZZ_NAME);
    if (other != GEMML_OK)
        fuzz_check_error(other, GEMML_ERROR_FORMAT);
    fuzz_check_memory();
    REQUIRE(!model || !moments);
    fuzz_accepted += model || moments;
    gemml_model_free(model);
    gemml_moments_free(moments);
    return 0;
}

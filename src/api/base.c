/* Status codes, the version, the last error, and threads. */
#include <gemml/base.h>

#include "util/error.h"
#include "util/parallel.h"

#define TEXT(number) #number
#define VERSION(major, minor, patch) TEXT(major) "." TEXT(minor) "." TEXT(patch)

const char *gemml_version(void)
{
    return VERSION(GEMML_VERSION_MAJOR, GEMML_VERSION_MINOR, GEMML_VERSION_PATCH);
}

const char *gemml_status_string(gemml_status status)
{
    switch (status) {
    case GEMML_OK:
        return "success";
    case GEMML_ERROR_ARGUMENT:
        return "argument error";
    case GEMML_ERROR_SHAPE:
        return "shape error";
    case GEMML_ERROR_NONFINITE:
        return "non-finite number";
    case GEMML_ERROR_MEMORY:
        return "out of memory";
    case GEMML_ERROR_IO:
        return "input/output error";
    case GEMML_ERROR_FORMAT:
        return "format error";
    case GEMML_ERROR_UNFITTED:
        return "unfitted model";
    case GEMML_ERROR_UNSUPPORTED:
        return "unsupported request";
    }
    return "unknown status";
}

const char *gemml_last_error(void)
{
    return error_text();
}

gemml_status gemml_set_threads(size_t threads)
{
    return parallel_set_threads(threads);
}

size_t gemml_threads(void)
{
    return parallel_threads();
}

gemml_status gemml_set_parallel_for(gemml_parallel_for run, void *host, size_t concurrency)
{
    return parallel_set_host(run, host, concurrency);
}

/* A number that tells data sets apart. */
#ifndef GEMML_SOLVE_DIGEST_H
#define GEMML_SOLVE_DIGEST_H

#include <stdint.h>

#include <gemml/matrix.h>

/* XXH64 of the statistics of all columns of x and y, weights counted. One pass, between
 * linalg_enter and linalg_leave. Errors: MEMORY. */
gemml_status data_digest(const gemml_dataset *data, uint64_t *digest);

#endif

/* malloc and its relatives, and pthread_create, in the place of the C library's, for
 * this process and all that it links: gemml, jansson, zlib, OpenBLAS and the C library itself.
 * Each can be made to fail, and what is live is counted. Under a sanitizer or
 * valgrind, which have their own, nothing stands here: see malloc_is_ours. */
#ifndef GEMML_TESTS_HARDENING_FAILING_MALLOC_H
#define GEMML_TESTS_HARDENING_FAILING_MALLOC_H

#include <stdbool.h>
#include <stddef.h>

/* While armed, allocation number k (from 1) fails; with for_ever all behind it too. */
void malloc_arm(size_t k, bool for_ever);

/* Ends that, and gives the number of allocations that were asked for meanwhile. */
size_t malloc_disarm(void);

/* Blocks that were allocated and not freed. */
long malloc_live(void);

/* Do the functions here stand in for the C library's in this process? */
bool malloc_is_ours(void);

#endif

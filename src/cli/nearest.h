/* What did the user mean? */
#ifndef GEMML_CLI_NEAREST_H
#define GEMML_CLI_NEAREST_H

#include <stddef.h>

/* How far `written` is from `name`: the edits (insertions, deletions,
 * replacements, swaps of neighbours) that make one of the other; 0 or 1 when
 * one is the other's beginning. SIZE_MAX when they have little in common. */
size_t nearest_distance(const char *written, const char *name);

#endif

/* What a file of a picture says of itself. */
#ifndef GEMML_TESTS_CLI_PICTURES_H
#define GEMML_TESTS_CLI_PICTURES_H

#include <stddef.h>

/* Fails unless the file begins with these bytes and is more than a header. */
void assert_begins(const char *path, const char *magic, size_t bytes);

/* Fails unless it is a PNG of that size in pixels. */
void assert_png(const char *path, unsigned width, unsigned height);

/* Fails unless it is a GIF of that size in pixels; gives how many frames it has. */
size_t gif_frames(const char *path, unsigned width, unsigned height);

#endif

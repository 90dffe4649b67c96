/* How a path is shown in a sentence. */
#ifndef GEMML_IO_PATH_H
#define GEMML_IO_PATH_H

/* `path`, or its last part when it is so long that it would push the reason out
 * of the error's buffer, or "an empty path". */
const char *path_shown(const char *path);

#endif

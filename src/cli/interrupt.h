/* Ctrl-C: a request to stop, and the temporary file that a signal removes. */
#ifndef GEMML_CLI_INTERRUPT_H
#define GEMML_CLI_INTERRUPT_H

#include <stdbool.h>

/* From now on the first SIGINT only raises the flag that interrupt_requested()
 * reads; a second one kills as usual. A SIGINT that was ignored stays so. */
void interrupt_watch(void);

/* SIGINT kills again. */
void interrupt_unwatch(void);

bool interrupt_requested(void);

/* Until interrupt_keep(), a SIGINT, SIGTERM or SIGHUP removes the file `path`
 * (borrowed) before it kills. */
void interrupt_remove(const char *path);
void interrupt_keep(void);

#endif

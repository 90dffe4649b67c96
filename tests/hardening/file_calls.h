/* The file system's calls, in the place of the C library's, for this process and what
 * it links: each can fail, be cut short or be the last thing that the process does.
 * While armed they are counted, from 1.
 *
 * A power cut is modelled too: what was written to a file and not synced is lost,
 * and a rename is undone, or not, as long as its folder was not synced (Pillai et
 * al., "All file systems are not created equal", OSDI 2014). */
#ifndef GEMML_TESTS_HARDENING_FILE_CALLS_H
#define GEMML_TESTS_HARDENING_FILE_CALLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What happens at call number k. */
enum happening {
    HAPPENS_NOTHING,
    HAPPENS_ERROR,            /* it fails with `error` */
    HAPPENS_SHORT,            /* a write, or a read, does half of it; others fail with EINTR */
    HAPPENS_KILL,             /* the process is killed in it: half of what is written has been */
    HAPPENS_POWER_CUT,        /* and what is not synced is lost; renames are not */
    HAPPENS_POWER_CUT_RENAMES /* renames too */
};

struct plan {
    enum happening happening;
    size_t k;
    int error;
};

void file_calls_arm(struct plan plan);

/* Ends that, and gives how many calls there were. */
size_t file_calls_disarm(void);

/* Now, as in HAPPENS_POWER_CUT or HAPPENS_POWER_CUT_RENAMES. Does not return. */
void file_calls_cut_power(enum happening happening) __attribute__((noreturn));

/* What was called since it was armed, a letter each: w(rite), s(ync of a file), d(irectory synced),
 * r(ename), c(lose), u(nlink), other calls '.'. */
const char *file_calls_trace(void);

/* The digests of the contents of files as they were renamed. */
size_t file_calls_renamed(const uint64_t **digests);

/* FNV-1a; 0: there is no such file. */
uint64_t file_digest(const char *path);

#endif

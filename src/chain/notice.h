/* Notices: sentences that a fit leaves for the user, in its record. */
#ifndef GEMML_CHAIN_NOTICE_H
#define GEMML_CHAIN_NOTICE_H

#include "chain/model.h"

/* Appends a sentence, after a blank. Errors: MEMORY; the record stays as it was. */
gemml_status notice_add(struct fit_record *record, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif

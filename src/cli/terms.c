#include "cli/terms.h"

#include <gemml.h>
#include <string.h>

static const struct {
    const char *name;
    gemml_term term;
} names[] = {
    {"square", GEMML_TERM_SQUARE},
    {"sin", GEMML_TERM_SIN},
    {"cos", GEMML_TERM_COS},
    {"sin-square", GEMML_TERM_SIN_SQUARE},
    {"cos-square", GEMML_TERM_COS_SQUARE},
    {"interactions", GEMML_TERM_INTERACTIONS},
};

bool terms_read(const char *list, unsigned *terms)
{
    *terms = 0;
    for (size_t length; list; list = list[length] == ',' ? list + length + 1 : NULL) {
        size_t i = 0;
        length = strcspn(list, ",");
        while (i < sizeof names / sizeof names[0] &&
               (strlen(names[i].name) != length || memcmp(names[i].name, list, length) != 0))
            i++;
        if (i == sizeof names / sizeof names[0])
            return false;
        *terms |= (unsigned)names[i].term;
    }
    return true;
}

/* Metrics, as people and machines read them. */
#ifndef GEMML_CLI_METRICS_H
#define GEMML_CLI_METRICS_H

#include <gemml.h>
#include <jansson.h>
#include <stdio.h>

/* A line for each. */
void metrics_print(FILE *file, const gemml_metrics *metrics);

/* The most telling ones in one line. */
void metrics_print_line(FILE *file, const gemml_metrics *metrics);

/* The members of evaluate --json; NULL when memory is out. */
json_t *metrics_json(const gemml_metrics *metrics);

#endif

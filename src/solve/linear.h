/* What the solvers of a linear regression share: in double only. */
#ifndef GEMML_SOLVE_LINEAR_H
#define GEMML_SOLVE_LINEAR_H

#include "fold/columns.h"
#include "fold/gram.h"
#include "fold/triangle.h"
#include "solve/least_squares.h"
#include "solve/solvers.h"

/* The problem's data as a source in double. */
struct view_source linear_source(const struct linear_problem *problem);

/* The Gram matrix; NONFINITE, with the place, when the data are not finite. */
gemml_status linear_gram(struct gram *gram, const struct view_source *source);

/* The columns' statistics; likewise. */
gemml_status linear_columns(struct columns *columns, const struct view_source *source);

/* Fits the input map and the output map by the problem's scaling. */
gemml_status linear_maps(struct fitted *fitted, const struct linear_problem *problem, const struct view_source *source);

/* Parameters for the targets as they are become those of the chain, whose targets
 * went through the output map: W_k t_k and (b_k - a_k) t_k, with its shift a and
 * scale t. A penalty does not mind: F of output k is only multiplied by t_k^2. */
void linear_scale_parameters(const struct layer *layer, const struct output_map *map, double *theta);

/* The other way. */
void linear_unscale_parameters(const struct layer *layer, const struct output_map *map, double *theta);

/* The triangle of QR; likewise. */
gemml_status linear_triangle(struct triangle *triangle, const struct view_source *source);

/* Factor by the problem's solver (AUTO's choice for AUTO and DESCENT) and solution, refined where that pays or where
 * `refine` says so. On failure nothing is left to free. */
gemml_status linear_solve(struct normal_equations *equations, struct solution *solution,
                          const struct view_source *source, const struct input_map *map,
                          const struct linear_problem *problem, bool refine);

/* rank_notes.c: rank and aliased columns into the summary, and what the user should know of
 * them into the notice; rows are those of positive weight. Errors: MEMORY. */
gemml_status rank_store_aliased(struct summary_record *summary, const bool *aliased, size_t p);
gemml_status rank_note_aliased(struct fitted *fitted, size_t count, const double *equilibration);
gemml_status linear_rank(struct fitted *fitted, const struct normal_equations *equations, size_t rows);

/* direct.c: the chain's parameters; a notice where one is too small for the model's dtype. Errors: NONFINITE,
 * where one is beyond it; MEMORY. */
gemml_status linear_store_parameters(struct fitted *fitted, const double *theta);

/* descent.c: the summary of a fit by steps, from its residuals; where it converged without a
 * penalty, with standard errors and what else a factor tells, which costs a pass. Errors: NONFINITE, MEMORY. */
gemml_status linear_iterated_summary(struct fitted *fitted, const struct linear_problem *problem);

/* Allocates the summary's arrays, NaN, and fills rows and sum of weights. */
gemml_status linear_summary(struct summary_record *summary, const struct linear_problem *problem);

/* Standard errors, F, likelihood, and the root of the inverse, into the summary, whose
 * rank, freedom, r2 and sigma are there; rss and tss of each output in original units.
 * `source` gives the data again. Errors: MEMORY. */
gemml_status linear_statistics(struct fitted *fitted, struct normal_equations *equations,
                               const struct linear_problem *problem, const struct source *source, const double *rss,
                               const double *tss);

#endif

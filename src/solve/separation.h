/* Separation: whether the likelihood has a maximum at all.
 *
 * Without a penalty it has none exactly when there is a direction d of the parameters
 * along which no row's own class loses and some row's gains (Albert and Anderson 1984):
 *
 *   margin_ik(d) = z_i,y(d) - z_ik(d) >= 0 for all rows i and classes k != y_i, > 0 for some
 *
 * (two classes: margin_i(d) = +-z_i(d)). Perfect separation: all margins of the answer
 * itself are positive. Quasi-separation: near the end of its run the step d of
 * Newton's method is such a direction, up to what the finite part of the answer
 * still moves: it raises the margins of the rows that can be separated by about 1 a
 * step, and those of the others by almost nothing. With B the pairs (i, k) of the
 * latter, d is projected to the null space of the rows of B, and the other margins
 * are looked at again: no step of this is a guess, and what passes is a proof up
 * to rounding. A direction that is found is a proof; none being found is not one
 * of the contrary, which is why probabilities that are 0 or 1 in practice get a
 * notice of their own. */
#ifndef GEMML_SOLVE_SEPARATION_H
#define GEMML_SOLVE_SEPARATION_H

#include "solve/newton.h"

/* Looks at the answer theta of an unpenalised fit: on separation the outcome
 * becomes GEMML_SEPARATED, and a notice names the columns. `newton` has the direction at
 * theta, and is overwritten;
 * NULL: only perfect separation is looked for. Errors: MEMORY. */
gemml_status separation_look(struct fitted *fitted, const struct logistic_function *function, const double *theta,
                             struct newton *newton);

/* separation_notice.c: the sentence. Where a column separates two classes alone
 * (all values of one class on one side of the other's, touching at most), such
 * columns are named, else those of weight in the direction. Errors: MEMORY. */
gemml_status separation_notice(struct fitted *fitted, const struct logistic_function *function, const double *direction,
                               bool perfect);

#endif

/* Logistic regression by gradient descent: the step length, and the other settings of the trainer. */
#include <math.h>

#include "solve/linear.h"
#include "solve/logistic.h"

/* The Hessian of a row's loss over z is at most `bound` times the identity: p (1 - p) of
 * two classes is 1/4 at most, diag(p) - p p' of a softmax has no eigenvalue above 1/2
 * (Bohning 1992). So F's Hessian / W has none above bound * that of the second
 * moments, plus lambda / W. */
static gemml_status choose_rate(double *rate, const struct fitted *fitted, const struct logistic_problem *problem)
{
    struct view_source source = view_source_f64(problem->data.x, problem->data.y, problem->data.weight);
    double bound = chain_outputs(&fitted->chain) == 1 ? 0.25 : 0.5, largest = 0;
    struct gram gram;
    TRY(linear_gram(&gram, &source));
    gemml_status status = normal_equations_largest_eigenvalue(&gram, &fitted->map, problem->options->intercept != 0,
                                                              problem->options->l2 / bound, &largest);
    gram_free(&gram);
    *rate = largest > 0 ? 1 / (bound * largest) : 1;
    return status;
}

gemml_status logistic_descent_settings(struct training *training, const struct fitted *fitted,
                                       const struct logistic_problem *problem)
{
    const gemml_logistic_options *options = problem->options;
    size_t n = problem->data.x.rows;
    training->rate = options->rate;
    if (isnan(options->rate))
        TRY(choose_rate(&training->rate, fitted, problem));
    training->tolerance = options->tolerance;
    training->patience = options->patience == GEMML_AUTO_COUNT ? 1 : options->patience;
    training->epochs = options->epochs == GEMML_AUTO_COUNT
                           ? descent_default_epochs((double)n * (double)fitted->chain.parameters)
                           : options->epochs;
    training->iterations = options->max_iterations;
    training->batch = options->batch < n ? options->batch : n;
    training->lambda = options->l2;
    training->sum_weight = problem->sum_weight;
    training->seed = options->seed;
    return GEMML_OK;
}

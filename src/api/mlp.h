/* What a network is fitted to, from data that have been checked. */
#ifndef GEMML_API_MLP_H
#define GEMML_API_MLP_H

#include "api/classes.h"
#include "solve/network.h"

struct mlp_problem {
    struct network_problem network; /* its weights are those of the rows times those of the classes */
    struct classes classes;         /* zeroed: values */
};

/* Borrows the model's options and the data. Errors: as classes_weigh; nothing is left to free. */
gemml_status mlp_problem_make(struct mlp_problem *problem, const gemml_model *model,
                              const struct linear_problem *checked);
void mlp_problem_free(struct mlp_problem *problem);

#endif

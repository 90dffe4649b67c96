/* The verbs, each in its own file. */
#ifndef GEMML_CLI_VERBS_H
#define GEMML_CLI_VERBS_H

#include "cli/options.h"

extern const struct verb verb_train_linear;
extern const struct verb verb_train_logistic;
extern const struct verb verb_train_mlp;
extern const struct verb verb_predict;
extern const struct verb verb_evaluate;
extern const struct verb verb_inspect;
extern const struct verb verb_generate_regression;
extern const struct verb verb_generate_classification;
extern const struct verb verb_generate_moons;
extern const struct verb verb_generate_circles;
extern const struct verb verb_generate_curve;
extern const struct verb verb_plot_history;
extern const struct verb verb_plot_regions;
extern const struct verb verb_plot_fit;
extern const struct verb verb_plot_scatter;
extern const struct verb verb_plot_coefficients;
extern const struct verb verb_plot_confusion;
extern const struct verb verb_plot_roc;
extern const struct verb verb_plot_calibration;
extern const struct verb verb_plot_animation;
extern const struct verb verb_demo_linear;
extern const struct verb verb_demo_logistic;
extern const struct verb verb_demo_network_classification;
extern const struct verb verb_demo_network_regression;
extern const struct verb verb_demo_all;

#endif

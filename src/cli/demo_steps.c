/* The demonstrations, command by command. */
#include "cli/demo.h"
#include "cli/verbs.h"

const struct demo_step demo_steps[] = {
    {.demo = DEMO_LINEAR,
     .says = "A plane with noise. The coefficients that made it are written beside it.",
     .verb = &verb_generate_regression,
     .arguments = "--rows 1000 --columns 2 --noise 15 --bias 20 --seed 1 --output plane.csv "
                  "--coefficients plane-truth.csv"},
    {.demo = DEMO_LINEAR,
     .says = "Gradient descent finds them again. The check tells how close to zero the gradient is, and how many "
             "digits agree with the solution of the normal equations.",
     .verb = &verb_train_linear,
     .arguments = "plane.csv --target y --solver descent --rate 0.1 --epochs 400 --model plane.gemml",
     .finding = {.tell = finding_truth, .model = "plane.gemml", .other = "plane-truth.csv"}},
    {.demo = DEMO_LINEAR, .verb = &verb_plot_scatter, .arguments = "plane.gemml plane.csv --output plane.png"},
    {.demo = DEMO_LINEAR, .verb = &verb_plot_history, .arguments = "plane.gemml --output plane-history.png"},
    {.demo = DEMO_LINEAR, .verb = &verb_plot_coefficients, .arguments = "plane.gemml --output plane-coefficients.png"},

    {.demo = DEMO_LOGISTIC,
     .says = "Two clusters that overlap.",
     .verb = &verb_generate_classification,
     .arguments = "--rows 400 --columns 2 --redundant 0 --clusters-per-class 1 --flip 0 --seed 5 "
                  "--output clusters.csv"},
    {.demo = DEMO_LOGISTIC,
     .says = "The first epochs of a logistic regression that learns to tell them apart, as an animation.",
     .verb = &verb_train_logistic,
     .arguments = "clusters.csv --target y --solver descent --rate 0.3 --epochs 60 --record 3 --model early.gemml "
                  "--quiet"},
    {.demo = DEMO_LOGISTIC,
     .verb = &verb_plot_animation,
     .arguments = "early.gemml clusters.csv --output clusters.gif --width 640 --height 480"},
    {.demo = DEMO_LOGISTIC,
     .says = "Given more epochs, descent arrives where Newton's method does.",
     .verb = &verb_train_logistic,
     .arguments = "clusters.csv --target y --solver newton --model newton.gemml --quiet"},
    {.demo = DEMO_LOGISTIC,
     .verb = &verb_train_logistic,
     .arguments = "clusters.csv --target y --solver descent --rate 10 --epochs 1000 --model clusters.gemml",
     .finding = {.tell = finding_optimum, .model = "clusters.gemml", .other = "newton.gemml"}},
    {.demo = DEMO_LOGISTIC, .verb = &verb_evaluate, .arguments = "clusters.gemml clusters.csv"},
    {.demo = DEMO_LOGISTIC, .verb = &verb_plot_history, .arguments = "clusters.gemml --output clusters-history.png"},
    {.demo = DEMO_LOGISTIC,
     .verb = &verb_plot_roc,
     .arguments = "clusters.gemml clusters.csv --output clusters-roc.png"},
    {.demo = DEMO_LOGISTIC,
     .says = "With powers of the columns the border of a logistic regression is curved: here it is a ring.",
     .verb = &verb_generate_circles,
     .arguments = "--rows 500 --noise 0.1 --factor 0.5 --seed 2 --output circles.csv"},
    {.demo = DEMO_LOGISTIC,
     .verb = &verb_train_logistic,
     .arguments = "circles.csv --target y --polynomial 6 --l2 0.01 --solver descent --epochs 1000 "
                  "--model circles.gemml --quiet",
     .finding = {.tell = finding_accuracy, .model = "circles.gemml", .other = "circles.csv", .expected = 0.98}},
    {.demo = DEMO_LOGISTIC, .verb = &verb_plot_regions, .arguments = "circles.gemml circles.csv --output circles.png"},

    {.demo = DEMO_CLASSES,
     .says = "Ten thousand points of four classes.",
     .verb = &verb_generate_classification,
     .arguments = "--rows 10000 --columns 2 --redundant 0 --classes 4 --clusters-per-class 1 --separation 2.5 "
                  "--flip 0 --seed 11 --output four.csv"},
    {.demo = DEMO_CLASSES,
     .says = "A network on twelve inputs: the two columns, their squares, and sines and cosines of both. A fifth of "
             "the rows is held out.",
     .verb = &verb_train_mlp,
     .arguments = "four.csv --target y --task classification --hidden 4,10,6 --batch 100 --epochs 30 "
                  "--features-add square,sin,cos,sin-square,cos-square --holdout 0.2 --seed 3 --model four.gemml",
     .finding = {.tell = finding_accuracy, .model = "four.gemml", .other = "four.csv", .expected = 0.983}},
    {.demo = DEMO_CLASSES, .verb = &verb_plot_regions, .arguments = "four.gemml four.csv --output four.png"},
    {.demo = DEMO_CLASSES, .verb = &verb_plot_history, .arguments = "four.gemml --output four-history.png"},
    {.demo = DEMO_CLASSES,
     .verb = &verb_plot_confusion,
     .arguments = "four.gemml four.csv --output four-confusion.png"},

    {.demo = DEMO_CURVE,
     .says = "A curve that bends ever faster, with a little noise.",
     .verb = &verb_generate_curve,
     .arguments = "--rows 5000 --noise 0.05 --seed 5 --output curve.csv"},
    {.demo = DEMO_CURVE,
     .says = "A network on six inputs: x, its square, and sines and cosines of both.",
     .verb = &verb_train_mlp,
     .arguments = "curve.csv --target y --task regression --hidden 4,10,6 --activation tanh --batch 100 --epochs 400 "
                  "--rate 0.01 --schedule one-cycle --features-add square,sin,cos,sin-square,cos-square "
                  "--scale-target none --record 20 --seed 1 --model curve.gemml",
     .finding = {.tell = finding_error, .model = "curve.gemml", .other = "curve.csv", .expected = 0.05 * 0.05 / 2}},
    {.demo = DEMO_CURVE, .verb = &verb_plot_fit, .arguments = "curve.gemml curve.csv --output curve.png"},
    {.demo = DEMO_CURVE,
     .verb = &verb_plot_animation,
     .arguments = "curve.gemml curve.csv --output curve.gif --width 640 --height 480"},
    {.demo = DEMO_CURVE, .verb = &verb_plot_history, .arguments = "curve.gemml --output curve-history.png"},
};

const size_t demo_step_count = sizeof demo_steps / sizeof demo_steps[0];

/* The verbs train linear and kin, and the table of options that they share. */
#include <assert.h>

#include "cli/terms.h"
#include "cli/train.h"
#include "cli/verbs.h"

#define AT(member) .offset = offsetof(struct train_options, member)

/* Options of networks alone. */
#define MLP_ROW(option, kind, member, shown) \
    .name = option, .type = kind, AT(member), .value = shown, .verbs = TRAIN_MLP
#define MLP_GROUP(option, kind, member, shown, first, heading, text)                           \
    {                                                                                          \
        MLP_ROW(option, kind, member, shown), .initial = first, .group = heading, .help = text \
    }
#define MLP_CHOICE(option, member, list, first, text)                                \
    {                                                                                \
        MLP_ROW(option, OPTION_CHOICE, member, list), .initial = first, .help = text \
    }
#define MLP_TEXT(option, member, shown, standard, text)                                  \
    {                                                                                    \
        MLP_ROW(option, OPTION_TEXT, member, shown), .automatic = standard, .help = text \
    }
#define MLP_FLAG(option, member, text)                           \
    {                                                            \
        MLP_ROW(option, OPTION_FLAG, member, NULL), .help = text \
    }
#define MLP_COUNT(option, member, standard, text)                                                 \
    {                                                                                             \
        MLP_ROW(option, OPTION_COUNT, member, "N"), .automatic = standard, .low = 1, .help = text \
    }
#define MLP_POSITIVE(option, member, standard, text)                                                  \
    {                                                                                                 \
        MLP_ROW(option, OPTION_REAL, member, "X"), .automatic = standard, .above = true, .help = text \
    }
#define MLP_SHARE(option, member, standard, text)                                                           \
    {                                                                                                       \
        MLP_ROW(option, OPTION_REAL, member, "X"), .automatic = standard, .high = 0.999999999, .help = text \
    }

/* The list of dtypes is in the order of this enumeration. */
static_assert(GEMML_F64 == 0 && GEMML_F32 == 1, "order of dtypes");

static const struct option_spec table[] = {
    {.name = "target",
     .type = OPTION_TEXT,
     AT(target),
     .value = "COLUMN",
     .required = true,
     .group = "Files and columns",
     .verbs = TRAIN_LINEAR | TRAIN_MLP,
     .help = "what to predict: a column by name or index (-1 is the last); a,b gives several outputs"},
    {.name = "target",
     .type = OPTION_TEXT,
     AT(target),
     .value = "COLUMN",
     .required = true,
     .group = "Files and columns",
     .verbs = TRAIN_LOGISTIC,
     .help = "what to predict: a column of texts, or of integers, by name or index (-1 is the last)"},
    {.name = "model",
     .type = OPTION_TEXT,
     AT(model),
     .value = "FILE",
     .required = true,
     .help = "where the trained model goes"},
    {.name = "features",
     .type = OPTION_TEXT,
     AT(features),
     .value = "LIST",
     .automatic = "all but target, weight and dropped ones",
     .help = "columns to learn from, separated by commas"},
    {.name = "drop",
     .type = OPTION_TEXT,
     AT(drop),
     .value = "LIST",
     .automatic = "none",
     .help = "columns to leave out"},
    {.name = "categorical",
     .type = OPTION_TEXT,
     AT(categorical),
     .value = "LIST",
     .automatic = "the columns of texts",
     .help = "columns of numbers that are categories"},
    {.name = "numeric",
     .type = OPTION_TEXT,
     AT(numeric),
     .value = "LIST",
     .automatic = "none",
     .help = "columns in which a text is an error, not a category"},
    {.name = "weight",
     .type = OPTION_TEXT,
     AT(weight),
     .value = "COLUMN",
     .automatic = "all rows weigh 1",
     .help = "column with the weights of the rows, >= 0"},
    {.name = "valid",
     .type = OPTION_TEXT,
     AT(valid),
     .value = "FILE",
     .automatic = "none",
     .help = "a second table, on which the model is judged"},
    {.name = "holdout",
     .type = OPTION_REAL,
     AT(holdout),
     .value = "X",
     .above = true,
     .high = 0.999999,
     .automatic = "none",
     .help = "judge the model on this share of the rows, drawn at random, and learn from the others; classes keep "
             "their shares"},
    {.name = "report",
     .type = OPTION_TEXT,
     AT(report),
     .value = "FILE.json",
     .automatic = "none",
     .help = "write how the training went as JSON"},
    {.name = "plot",
     .type = OPTION_TEXT,
     AT(plot),
     .value = "FILE",
     .automatic = "none",
     .help = "draw the training when it has ended, as .png, .svg or .gif: its learning curve; an animation as .gif "
             "with --record; of an exact solution the fitted line, or the coefficients"},
    OPTION_QUIET(struct train_options, "no progress, no notices, no table; errors remain"),

    {.name = "solver",
     .type = OPTION_CHOICE,
     AT(solver),
     .value = "auto|cholesky|qr|svd|lbfgs|descent",
     .initial = "auto",
     .group = "Model",
     .verbs = TRAIN_LINEAR,
     .help = "cholesky: from the normal equations; qr: three times the work, for columns nearly dependent; "
             "svd: for dependent ones, least norm; auto: what the columns ask for; lbfgs: quasi-Newton; "
             "descent: gradient descent"},
    {.name = "solver",
     .type = OPTION_CHOICE,
     AT(solver),
     .value = "auto|lbfgs|newton|descent",
     .initial = "auto",
     .group = "Model",
     .verbs = TRAIN_LOGISTIC,
     .help = "newton: few inputs; lbfgs: many; auto: the one that suits their number; descent: gradient descent"},
    {.name = "l2",
     .type = OPTION_REAL,
     AT(l2),
     .value = "X",
     .initial = "0",
     .verbs = TRAIN_LOGISTIC | TRAIN_MLP,
     .help = "penalty: adds X/2 times the sum of squared weights to the sum of losses, after scaling; the intercept "
             "is free"},
    {.name = "class-weight",
     .type = OPTION_TEXT,
     AT(class_weight),
     .value = "balanced|LABEL=X,...",
     .automatic = "all classes count alike",
     .verbs = TRAIN_LOGISTIC | TRAIN_MLP,
     .help = "balanced: rare classes count as much as frequent ones; or how much the rows of each class count, those "
             "that are not named 1"},
    {.name = "l2",
     .type = OPTION_REAL,
     AT(l2),
     .value = "X|auto",
     .initial = "0",
     .word = "auto",
     .verbs = TRAIN_LINEAR,
     .help = "penalty: adds X/2 times the sum of squared weights to the sum of half squared errors, after scaling; "
             "the intercept is free; auto: the one of least leave-one-out error"},
    {.name = "robust",
     .type = OPTION_CHOICE,
     AT(robust),
     .value = "none|hc0|hc1|hc2|hc3",
     .initial = "none",
     .verbs = TRAIN_LINEAR,
     .help = "standard errors that hold when the errors' variance is not the same for all rows"},
    {.name = "standardize", .type = OPTION_FLAG, AT(standardize), .help = "scale inputs to mean 0, deviation 1"},
    {.name = "minmax", .type = OPTION_FLAG, AT(minmax), .help = "scale each input to 0 .. 1, or to --range"},
    {.name = "minmax-all",
     .type = OPTION_FLAG,
     AT(minmax_all),
     .help = "the same with one minimum and one maximum, those of all inputs"},
    {.name = "range",
     .type = OPTION_TEXT,
     AT(range),
     .value = "LOW,HIGH",
     .automatic = "0,1",
     .help = "where --minmax and --minmax-all bring the inputs"},
    {.name = "no-scale",
     .type = OPTION_FLAG,
     AT(no_scale),
     .verbs = TRAIN_LINEAR,
     .help = "leave inputs as they are; this is the default"},
    {.name = "no-scale",
     .type = OPTION_FLAG,
     AT(no_scale),
     .verbs = TRAIN_LOGISTIC | TRAIN_MLP,
     .help = "leave inputs as they are; the default is --standardize"},
    {.name = "scale-target",
     .type = OPTION_CHOICE,
     AT(target_scaling),
     .value = "none|standardize|minmax|minmax-all",
     .initial = "none",
     .verbs = TRAIN_LINEAR,
     .help = "scale the target too; predictions undo it, but the loss and l2 are in its scaled units"},
    {.name = "polynomial",
     .type = OPTION_COUNT,
     AT(polynomial),
     .value = "D",
     .low = 1,
     .automatic = "1, none",
     .help = "inputs are also the powers and products of the columns of numbers, up to degree D"},
    {.name = "features-add",
     .type = OPTION_TEXT,
     AT(features_add),
     .value = "LIST",
     .automatic = "none",
     .help = "inputs are also these of the columns of numbers: " TERMS_NAMES " (products of two)"},
    {.name = "no-intercept",
     .type = OPTION_FLAG,
     AT(no_intercept),
     .verbs = TRAIN_LINEAR | TRAIN_LOGISTIC,
     .help = "a model without a constant term"},
    {.name = "dtype",
     .type = OPTION_CHOICE,
     AT(dtype),
     .value = "f64|f32",
     .initial = "f64",
     .verbs = TRAIN_LINEAR | TRAIN_LOGISTIC,
     .help = "precision of the parameters, and of the arithmetic of gradients"},
    OPTION_THREADS(struct train_options),
    {.name = "seed",
     .type = OPTION_SEED,
     AT(seed),
     .value = "N",
     .initial = "0",
     .help = "for all that is random: the rows that are held out, the order of rows in batches"},

    {.name = "epochs",
     .type = OPTION_COUNT,
     AT(epochs),
     .value = "N",
     .low = 1,
     .automatic = "10000 to 300000, the more the smaller the table",
     .verbs = TRAIN_LINEAR | TRAIN_LOGISTIC,
     .mark = MARK_DESCENT,
     .group = "Gradient descent (with --solver descent)",
     .help = "passes over the rows at most"},
    {.name = "batch",
     .type = OPTION_COUNT,
     AT(batch),
     .value = "N",
     .low = 1,
     .automatic = "all",
     .verbs = TRAIN_LINEAR | TRAIN_LOGISTIC,
     .mark = MARK_DESCENT,
     .help = "rows in a step, drawn shuffled"},
    {.name = "rate",
     .type = OPTION_REAL,
     AT(rate),
     .value = "X",
     .above = true,
     .verbs = TRAIN_LINEAR | TRAIN_LOGISTIC,
     .mark = MARK_DESCENT,
     .automatic = "1 / the largest eigenvalue of the Hessian, or a bound of it",
     .help = "length of a step"},
    {.name = "tolerance",
     .type = OPTION_REAL,
     AT(tolerance),
     .value = "X",
     .mark = MARK_DESCENT,
     .automatic = "only when the gradient is zero",
     .verbs = TRAIN_LINEAR,
     .help = "stop when an epoch improves the loss by less"},
    {.name = "tolerance",
     .type = OPTION_REAL,
     AT(tolerance),
     .value = "X",
     .automatic = "1e-8 or, with f32, 1e-5; descent: only when the gradient is zero",
     .verbs = TRAIN_LOGISTIC,
     .help = "newton, lbfgs: stop at a largest component of the gradient, over the sum of weights, of X; descent: when "
             "an epoch improves the loss by less"},
    {.name = "record",
     .type = OPTION_COUNT,
     AT(record),
     .value = "N",
     .low = 1,
     .automatic = "none",
     .mark = MARK_DESCENT,
     .help = "keep the parameters of every N epochs, in the model and in the report"},
    {.name = "patience",
     .type = OPTION_COUNT,
     AT(patience),
     .value = "N",
     .low = 1,
     .automatic = "1",
     .verbs = TRAIN_LINEAR | TRAIN_LOGISTIC,
     .mark = MARK_DESCENT,
     .help = "... in N epochs in a row"},
    {.name = "max-iterations",
     .type = OPTION_COUNT,
     AT(max_iterations),
     .value = "N",
     .low = 1,
     .automatic = "no limit",
     .mark = MARK_DESCENT,
     .verbs = TRAIN_LINEAR,
     .help = "steps over all epochs at most"},
    {.name = "max-iterations",
     .type = OPTION_COUNT,
     AT(max_iterations),
     .value = "N",
     .low = 1,
     .automatic = "newton 100, lbfgs 1000, descent no limit",
     .verbs = TRAIN_LOGISTIC,
     .help = "steps at most"},

    MLP_GROUP("task", OPTION_CHOICE, task, "auto|regression|classification", "auto", "The network",
              "what is learnt; auto: classes where the target holds texts, else numbers"),
    MLP_TEXT("hidden", hidden, "LIST", "64,32", "units of each hidden layer, separated by commas; 0: no hidden layer"),
    MLP_TEXT("activation", activation, "NAME|LIST", "relu",
             "of the hidden layers, or of each: relu, leaky_relu, gelu, sigmoid, tanh, identity"),
    MLP_TEXT("output-activation", output_activation, "NAME", "identity", "of the outputs of a regression"),
    MLP_FLAG("no-bias", no_intercept, "layers without a bias"),
    MLP_TEXT("biases", biases, "LIST", "yes", "yes or no for each layer of --hidden and, as the last, for the outputs"),
    MLP_CHOICE("init", initialisation, "auto|zero|normal|xavier-uniform|xavier-normal|he-uniform|he-normal", "auto",
               "the first weights; auto: he-normal before rectifiers, else xavier-uniform"),
    MLP_CHOICE("scale-target", target_scaling, "none|standardize|minmax|minmax-all", "standardize",
               "scale the target of a regression too; predictions undo it, but the loss and l2 are in its units"),
    MLP_CHOICE("dtype", mlp_dtype, "f32|f64", "f32", "precision of the parameters and of the arithmetic"),

    MLP_GROUP("solver", OPTION_CHOICE, mlp_solver, "descent|lbfgs", "descent", "Training",
              "descent: steps of the optimizer on batches; lbfgs: quasi-Newton on all rows, for small networks"),
    MLP_CHOICE("optimizer", optimizer, "sgd|momentum|nesterov|rmsprop|adam|adamw", "adam",
               "how a gradient moves weights"),
    MLP_POSITIVE("rate", rate, "0.001; sgd, momentum and nesterov 0.01", "length of a step"),
    MLP_SHARE("momentum", momentum, "0.9", "of momentum and nesterov"),
    MLP_SHARE("beta1", beta1, "0.9", "of adam: decay of the mean gradient"),
    MLP_SHARE("beta2", beta2, "0.999", "of adam, and of rmsprop (0.99): decay of the mean square"),
    MLP_POSITIVE("epsilon", epsilon, "1e-8", "of rmsprop, adam and adamw: added to the root of the mean square"),
    MLP_POSITIVE("weight-decay", weight_decay, "0.01", "of adamw"),
    MLP_CHOICE("schedule", schedule, "constant|step|exponential|cosine|one-cycle", "constant",
               "how the rate changes over the epochs"),
    MLP_POSITIVE("schedule-factor", schedule_factor, "step 0.1, exponential 0.95", "what the rate is multiplied by"),
    MLP_COUNT("schedule-every", schedule_every, "a third of the epochs", "of step: epochs between two of them"),
    MLP_POSITIVE("schedule-floor", schedule_floor, "0", "of cosine: the rate at the end"),
    MLP_SHARE("warmup", warmup, "0.3", "of one-cycle: the share of the steps in which the rate rises"),
    MLP_COUNT("batch", batch, "a hundredth of the rows, within 32 and 256", "rows in a step, drawn shuffled"),
    MLP_COUNT("accumulate", accumulate, "1", "batches whose gradients are summed for a step"),
    MLP_POSITIVE("clip", clip, "none", "the largest norm of a gradient: what is longer is shortened"),
    MLP_SHARE("dropout", dropout, "0", "share of hidden units left out at random in each step"),
    MLP_COUNT("epochs", epochs, "those of 20000 steps, within 20 and 2000", "passes over the rows at most"),
    MLP_COUNT("max-iterations", max_iterations, "no limit", "steps over all epochs at most"),
    MLP_POSITIVE("time-budget", time_budget, "none", "seconds of training at most"),
    MLP_COUNT("patience", patience, "20 with --valid or --holdout, else never",
              "stop when the loss (of the validation, if there is one) has not improved in N epochs in a row"),
    {.name = "tolerance",
     .type = OPTION_REAL,
     AT(tolerance),
     .value = "X",
     .automatic = "0; lbfgs 1e-5",
     .verbs = TRAIN_MLP,
     .help = "... by X; lbfgs: stop at a largest component of the gradient of X"},
    MLP_TEXT("checkpoint", checkpoint, "FILE", "none",
             "keep the whole state of the training here, so that it can go on when it was killed"),
    MLP_COUNT("checkpoint-every", checkpoint_every, "none", "epochs from one checkpoint to the next"),
    MLP_POSITIVE("checkpoint-seconds", checkpoint_seconds, "10 without --checkpoint-every, else none",
                 "... or seconds, so that writing costs little; one is written at the end too"),
    MLP_FLAG("resume", resume, "go on from --checkpoint, if it is there; the result is that of a run not interrupted"),
    MLP_COUNT("valid-every", valid_every, "1", "epochs from one validation to the next"),
};

#define TABLE_COUNT (sizeof table / sizeof table[0])

const struct verb verb_train_linear = {
    .name = "train linear",
    .positions = {"DATA"},
    .usage = " --target COLUMN --model FILE [options]",
    .summary = "fit a linear regression to a table",
    .examples = "  gemml train linear cars.csv --target mpg --model cars.gemml\n"
                "  gemml train linear cars.csv --target mpg --features wt,hp --l2 0.5 \\\n"
                "      --standardize --model cars.gemml\n"
                "  gemml train linear cars.csv --target mpg --solver descent --standardize \\\n"
                "      --epochs 5000 --model cars.gemml --report cars.json\n"
                "  gemml train linear cars.csv --target mpg --l2 auto --standardize --model cars.gemml\n",
    .details = "Fits the target by a weighted sum of the other columns of DATA (CSV or NPY; - is the standard input) "
               "and writes the model. A NPY file's columns are x0, x1, ... Columns of texts are categories, one input "
               "for each level but the first; missing numbers get the mean; rows without target are dropped. Ctrl-C "
               "ends gradient descent and keeps "
               "the best parameters so far.",
    .options = table,
    .option_count = TABLE_COUNT,
    .bit = TRAIN_LINEAR,
    .run = train_run,
};

const struct verb verb_train_logistic = {
    .name = "train logistic",
    .positions = {"DATA"},
    .usage = " --target COLUMN --model FILE [options]",
    .summary = "fit a logistic regression, which tells classes apart, to a table",
    .examples = "  gemml train logistic ship.csv --target Survived --drop Name,Ticket --model ship.gemml\n"
                "  gemml train logistic iris.csv --target species --l2 1 --holdout 0.2 --model iris.gemml\n"
                "  gemml train logistic bank.csv --target y --class-weight balanced --model bank.gemml\n",
    .details =
        "Fits the probability of each class of the target by a weighted sum of the other columns of DATA (CSV or "
        "NPY; - is the standard input) and writes the model: binary for two classes, multinomial (softmax) for "
        "more. Classes are texts, or up to 1000 distinct integers. Columns of texts are categories, one input "
        "for each level but the first; missing numbers get the mean; rows without target are dropped; inputs "
        "are standardised unless you say otherwise. Ctrl-C ends the fit and keeps the best parameters so far.",
    .options = table,
    .option_count = TABLE_COUNT,
    .bit = TRAIN_LOGISTIC,
    .run = train_run,
};

const struct verb verb_train_mlp = {
    .name = "train mlp",
    .positions = {"DATA"},
    .usage = " --target COLUMN --model FILE [options]",
    .summary = "train a neural network on a table",
    .examples = "  gemml train mlp cars.csv --target mpg --model cars.gemml\n"
                "  gemml train mlp iris.csv --target species --hidden 16 --activation tanh \\\n"
                "      --holdout 0.2 --model iris.gemml\n"
                "  gemml train mlp digits.csv --task classification --target digit --optimizer adamw \\\n"
                "      --schedule one-cycle --epochs 30 --dropout 0.1 --model digits.gemml\n",
    .details = "Trains a fully connected network on the columns of DATA (CSV or NPY; - is the standard input) and "
               "writes the model. Columns of texts are categories, one input for each level; missing numbers get the "
               "mean; rows without target are dropped; inputs are standardised unless you say otherwise. With --valid "
               "or --holdout the parameters of the best validation loss are kept, and training stops when it no "
               "longer improves. Ctrl-C ends the training and keeps the best parameters so far.",
    .options = table,
    .option_count = TABLE_COUNT,
    .bit = TRAIN_MLP,
    .run = train_run,
};

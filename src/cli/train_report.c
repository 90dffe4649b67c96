/* The report of a training, as JSON. */
#include <gemml.h>

#include "cli/json.h"
#include "cli/output.h"
#include "cli/status.h"
#include "cli/train.h"

static json_t *counts(const size_t *values, size_t count)
{
    json_t *list = json_array();
    for (size_t i = 0; i < count; i++)
        json_append(&list, json_count(values[i]));
    return list;
}

/* The parameters that were kept: {"epoch", "parameters"}, in the chain's coordinates. */
static json_t *recorded(const struct training *training)
{
    const gemml_fit_info *fit = &training->fit;
    size_t parameters = training->description.info.parameters;
    json_t *list = json_array();
    for (size_t i = 0; i < fit->recorded_count; i++) {
        json_t *object = json_object();
        json_put(&object, "epoch", json_count(fit->recorded_epochs[i]));
        json_put(&object, "parameters", json_numbers(fit->recorded + i * parameters, parameters));
        json_append(&list, object);
    }
    return list;
}

static json_t *history(const struct training *training)
{
    const gemml_fit_info *fit = &training->fit;
    json_t *object = json_object();
    json_put(&object, "loss", json_numbers(fit->loss_history, fit->loss_history_count));
    if (fit->valid_history_count > 0) {
        json_put(&object, "valid_loss", json_numbers(fit->valid_loss_history, fit->valid_history_count));
        json_put(&object, "valid_score", json_numbers(fit->score_history, fit->valid_history_count));
        json_put(&object, "valid_epochs", counts(fit->valid_epochs, fit->valid_history_count));
    }
    if (fit->recorded_count > 0)
        json_put(&object, "recorded", recorded(training));
    return object;
}

static void put_fit(json_t **object, const struct training *training)
{
    const struct description *description = &training->description;
    json_put(object, "kind", json_string(kind_name(description->info.kind)));
    json_put(object, "outcome", json_string(gemml_outcome_string(training->fit.outcome)));
    json_put(object, "solver", json_string(solver_name(training->fit.solver)));
    json_put(object, "iterations", json_count(training->fit.iterations));
    json_put(object, "epochs", json_count(training->fit.epochs));
    json_put(object, "best_epoch", json_count(training->fit.best_epoch));
    json_put(object, "objective", json_number(training->fit.objective));
    json_put(object, "loss", json_number(training->fit.loss));
    json_put(object, "history", history(training));
    json_put(object, "seconds_load", json_number(training->seconds_load));
    json_put(object, "seconds_fit", json_number(training->fit.seconds));
    json_put(object, "threads", json_count(gemml_threads()));
    json_put(object, "dtype", json_string(dtype_name(description->info.dtype)));
    json_put(object, "scaling", json_string(scaling_name(description->info.scaling)));
    json_put(object, "l2", json_number(description->info.l2));
    json_put(object, "intercept", json_boolean(description->info.intercept));
    json_put(object, "notice", json_string(training->fit.notice ? training->fit.notice : ""));
}

static json_t *report_json(const struct training *training)
{
    const gemml_summary *summary = &training->description.summary;
    json_t *object = json_object();
    put_fit(&object, training);
    json_put(&object, "rows", json_count(summary->rows));
    json_put(&object, "rows_dropped", json_count(gemml_frame_dropped(training->frame)));
    json_put(&object, "values_imputed", json_count(gemml_frame_imputed(training->frame)));
    json_put(&object, "n_inputs", json_count(training->description.info.inputs));
    json_put(&object, "n_outputs", json_count(training->description.info.outputs));
    json_put(&object, "parameters", json_count(training->description.info.parameters));
    if (train_has_valid(training))
        json_put(&object, "valid", evaluation_json(&training->evaluation));
    description_put_statistics(&object, &training->description);
    json_put(&object, "closed_form_digits", json_number(training->check.digits));
    return object;
}

int train_write_report(const struct training *training, struct output *report)
{
    int status = output_open(report, training->options->report);
    if (status)
        return status;
    status = json_write(report->file, report_json(training));
    if (!status)
        return output_close(report);
    output_abandon(report);
    return status;
}

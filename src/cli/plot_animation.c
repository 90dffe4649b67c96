/* How the model came to predict what it does: a frame for each of the parameters that
 * were recorded while it was trained (train --record). */
#include "cli/plot.h"
#include "cli/status.h"

/* Frame f of `frames` shows recorded parameters number f (count - 1) / (frames - 1). */
static size_t recorded_at(size_t frame, size_t frames, size_t count)
{
    return frames > 1 ? frame * (count - 1) / (frames - 1) : count - 1;
}

int plot_animation(struct plot *plot)
{
    gemml_fit_info fit = GEMML_FIT_INFO_INIT;
    if (gemml_get_fit_info(plot->model, &fit))
        return failed_library();
    size_t count = fit.recorded_count, frames = count < plot->options->frames ? count : plot->options->frames;
    if (count == 0)
        return failed("the model has no recorded parameters: train it epoch by epoch with --record N");
    bool plane = plot->info.classes > 0 && plot_numbers(plot) >= 2;
    plot->animated = true;
    for (size_t f = 0; f < frames; f++) {
        size_t index = recorded_at(f, frames, count);
        plot->frame = f;
        plot->epoch = fit.recorded_epochs[index];
        if (gemml_recall(plot->model, index))
            return failed_library();
        int status = plane ? plot_regions(plot) : plot_fit(plot);
        if (status)
            return status;
    }
    return EXIT_DONE;
}

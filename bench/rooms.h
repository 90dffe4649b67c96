/* Where the cases come from: each room adds its own to the list. */
#ifndef GEMML_BENCH_ROOMS_H
#define GEMML_BENCH_ROOMS_H

#include "runner.h"

/* `quick` leaves the longest out, or makes them smaller. */
typedef gemml_status (*bench_room)(struct bench_list *list, bool quick);

/* All of them, then NULL. */
extern const bench_room bench_rooms[];

gemml_status bench_kernel_f32(struct bench_list *list, bool quick);
gemml_status bench_kernel_f64(struct bench_list *list, bool quick);
gemml_status bench_lapack(struct bench_list *list, bool quick);
gemml_status bench_linear(struct bench_list *list, bool quick);
gemml_status bench_logistic(struct bench_list *list, bool quick);
gemml_status bench_network(struct bench_list *list, bool quick);
gemml_status bench_predict(struct bench_list *list, bool quick);
gemml_status bench_predict_network(struct bench_list *list, bool quick);
gemml_status bench_files(struct bench_list *list, bool quick);
gemml_status bench_scaling(struct bench_list *list, bool quick);
gemml_status bench_growth(struct bench_list *list, bool quick);

#endif

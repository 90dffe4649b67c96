/* The rooms of gemml-bench. */
#include "rooms.h"

const bench_room bench_rooms[] = {bench_kernel_f32,      bench_kernel_f64, bench_lapack,  bench_linear,
                                  bench_logistic,        bench_network,    bench_predict, bench_files,
                                  bench_predict_network, bench_scaling,    bench_growth,  NULL};

/* gemml: linear regression, logistic regression and neural networks on dense
 * tables, with all matrix arithmetic on CBLAS. This is the only header that
 * users include. */
#ifndef GEMML_H
#define GEMML_H

#include "gemml/base.h"
#include "gemml/fit.h"
#include "gemml/generate.h"
#include "gemml/io.h"
#include "gemml/matrix.h"
#include "gemml/metrics.h"
#include "gemml/mlp.h"
#include "gemml/model.h"
#include "gemml/moments.h"
#include "gemml/summary.h"
#include "gemml/table.h"
#include "gemml/trainer.h"
#include "gemml/transform.h"

#endif

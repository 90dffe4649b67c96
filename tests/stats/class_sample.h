/* Small classifications whose scores scikit-learn 1.2.1 has computed, and random ones. */
#ifndef GEMML_TESTS_STATS_CLASS_SAMPLE_H
#define GEMML_TESTS_STATS_CLASS_SAMPLE_H

#include "stats/classification.h"
#include "support/support.h"

enum { THREE_ROWS = 10, TWO_ROWS = 12, RANDOM_ROWS = 400, MOST_CLASSES = 10 };

static const size_t three_truth[THREE_ROWS] = {0, 2, 1, 1, 0, 2, 2, 0, 1, 0};
static const double three_weights[THREE_ROWS] = {1, 2, 0.5, 1, 3, 1, 0.25, 1, 2, 1};
static const double three_scores[THREE_ROWS][3] = {
    {0.7, 0.2, 0.1}, {0.1, 0.3, 0.6},   {0.2, 0.5, 0.3}, {0.6, 0.3, 0.1},   {0.4, 0.35, 0.25},
    {0.2, 0.2, 0.6}, {0.5, 0.25, 0.25}, {0.3, 0.4, 0.3}, {0.05, 0.9, 0.05}, {0.9, 0.05, 0.05},
};

static const size_t two_truth[TWO_ROWS] = {0, 1, 1, 1, 0, 0, 1, 0, 1, 0, 1, 1};
static const double two_weights[TWO_ROWS] = {1, 2, 0.5, 1, 3, 1, 0.25, 1, 2, 1, 4, 0.5};
static const double two_scores[TWO_ROWS][2] = {
    {0.9, 0.1}, {0.65, 0.35}, {0.5, 0.5},   {0.5, 0.5},   {0.5, 0.5}, {0.8, 0.2},
    {0.2, 0.8}, {0.35, 0.65}, {0.05, 0.95}, {0.65, 0.35}, {0.5, 0.5}, {0, 1},
};

static inline struct class_rows three_classes(bool weighted)
{
    return (struct class_rows){.rows = THREE_ROWS,
                               .classes = 3,
                               .scores = three_scores[0],
                               .stride = 3,
                               .truth = three_truth,
                               .weights = weighted ? three_weights : NULL};
}

static inline struct class_rows two_classes(bool weighted)
{
    return (struct class_rows){.rows = TWO_ROWS,
                               .classes = 2,
                               .scores = two_scores[0],
                               .stride = 2,
                               .truth = two_truth,
                               .weights = weighted ? two_weights : NULL};
}

/* Rows of random probabilities with many ties (multiples of 1/8 before they are scaled), a stride wider than
 * K, and weights of which some are 0. In static memory. */
static inline struct class_rows random_classes(uint64_t *random, size_t classes, bool weighted)
{
    static double scores[RANDOM_ROWS * (MOST_CLASSES + 2)], weights[RANDOM_ROWS];
    static size_t truth[RANDOM_ROWS];
    size_t stride = classes + 2;
    for (size_t i = 0; i < RANDOM_ROWS; i++) {
        double sum = 0, *p = scores + i * stride;
        for (size_t k = 0; k < stride; k++)
            p[k] = (double)(1 + (int)(4 + 4 * test_random(random))) / 8;
        for (size_t k = 0; k < classes; k++)
            sum += p[k];
        for (size_t k = 0; k < classes; k++)
            p[k] /= sum;
        truth[i] = (size_t)((1 + test_random(random)) / 2 * (double)classes);
        weights[i] = i % 7 == 3 ? 0 : 1 + test_random(random);
    }
    return (struct class_rows){.rows = RANDOM_ROWS,
                               .classes = classes,
                               .scores = scores,
                               .stride = stride,
                               .truth = truth,
                               .weights = weighted ? weights : NULL,
                               .first = 1000};
}

static inline double class_weight(const struct class_rows *rows, size_t i)
{
    return rows->weights ? rows->weights[i] : 1;
}

#endif

#include "chain/losses.h"

#include "kernel/vector.h"

/* Rows, or elements, whose losses are computed before they are added up. */
enum { CHUNK = 256 };

/* Rows between whose exponentials as many lines are asked for. */
enum { ASKING_ROWS = 16, ASKED_LINES = 24 };

static double sum_of_weights(const struct block *block, size_t first, size_t count)
{
    return block->w ? R(vector_sum)(count, block->w + first) : (double)count;
}

/* The targets of elements first .. first + count - 1 of a block's rows x K ones: where they stand, or copied. */
static const real *targets(const struct block *block, size_t K, size_t first, size_t count, real *copy)
{
    if (block->ldy == K)
        return block->Y + first;
    for (size_t e = 0; e < count; e++)
        copy[e] = block->Y[(first + e) / K * block->ldy + (first + e) % K];
    return copy;
}

/* sum w d^2, in the order of vector_difference: weights of 1 are as none. d becomes w d. */
static double weigh(const struct block *block, size_t K, size_t first, size_t count, real *d)
{
    double sum[8] = {0};
    for (size_t e = 0; e < count; e++) {
        real w = block->w[(first + e) / K];
        sum[e % 8] += (double)w * ((double)d[e] * (double)d[e]);
        d[e] *= w;
    }
    return ((sum[0] + sum[1]) + (sum[2] + sum[3])) + ((sum[4] + sum[5]) + (sum[6] + sum[7]));
}

static void squared_error(struct losses *losses, size_t K, const struct block *block, const real *Z, real *delta)
{
    real copy[CHUNK], unused[CHUNK];
    size_t elements = block->rows * K;
    for (size_t first = 0; first < elements; first += CHUNK) {
        size_t count = elements - first < CHUNK ? elements - first : CHUNK;
        real *d = delta ? delta + first : unused;
        double squares = R(vector_difference)(count, Z + first, targets(block, K, first, count, copy), d);
        losses->loss += 0.5 * (block->w ? weigh(block, K, first, count, d) : squares);
    }
    losses->sum_weight += sum_of_weights(block, 0, block->rows);
}

static void add_chunk(struct losses *losses, const struct block *block, size_t first, size_t count, const real *loss)
{
    losses->loss += block->w ? R(vector_weighted_sum)(count, block->w + first, loss) : R(vector_sum)(count, loss);
    losses->sum_weight += sum_of_weights(block, first, count);
}

/* The losses of s, and their derivatives in its place. */
static void logistic_chunk(size_t count, real *s, real *loss, struct ahead *ahead)
{
    size_t rows = ahead->rows > 0 ? ASKING_ROWS : count;
    for (size_t i = 0; i < count; i += rows) {
        ahead_ask(ahead, ASKED_LINES);
        R(vector_logistic_loss)(count - i < rows ? count - i : rows, s + i, loss + i, s + i);
    }
}

static void logistic(struct losses *losses, const struct block *block, const real *Z, real *delta, struct ahead *ahead)
{
    real copy[CHUNK], s[CHUNK], loss[CHUNK];
    for (size_t first = 0; first < block->rows; first += CHUNK) {
        size_t count = block->rows - first < CHUNK ? block->rows - first : CHUNK;
        const real *y = targets(block, 1, first, count, copy);
        R(vector_turn)(count, y, Z + first, s);
        logistic_chunk(count, s, loss, ahead);
        add_chunk(losses, block, first, count, loss);
        if (!delta)
            continue;
        R(vector_turn)(count, y, s, delta + first);
        for (size_t i = 0; block->w && i < count; i++)
            delta[first + i] *= block->w[first + i];
    }
}

static void softmax(struct losses *losses, size_t K, const struct block *block, real *Z, real *delta)
{
    real loss[CHUNK];
    for (size_t first = 0; first < block->rows; first += CHUNK) {
        size_t count = block->rows - first < CHUNK ? block->rows - first : CHUNK;
        const real *y = block->Y + first * block->ldy;
        real *P = (delta ? delta : Z) + first * K;
        R(vector_softmax_loss)(count, K, Z + first * K, K, y, block->ldy, P, K, loss);
        add_chunk(losses, block, first, count, loss);
        for (size_t i = 0; delta && i < count; i++) {
            real *row = P + i * K;
            row[(size_t)y[i * block->ldy]] -= 1;
            for (size_t k = 0; block->w && k < K; k++)
                row[k] *= block->w[first + i];
        }
    }
}

void R(losses_add)(struct losses *losses, const struct chain *chain, const struct block *block, real *Z, real *delta,
                   struct ahead *ahead)
{
    size_t K = chain_outputs(chain);
    if (chain->loss == LOSS_SQUARED_ERROR)
        squared_error(losses, K, block, Z, delta);
    else if (K == 1)
        logistic(losses, block, Z, delta, ahead);
    else
        softmax(losses, K, block, Z, delta);
}

#include "fold/fold.h"

#include <pthread.h>
#include <string.h>

#include "util/alloc.h"
#include "util/parallel.h"
#include "util/task_error.h"

/* The fold of blocks [index << level, (index + 1) << level). In one allocation
 * with its state, which follows at the next aligned address. */
struct node {
    struct node *next;
    size_t level, index;
};

struct fold_job {
    const struct accumulator *accumulator;
    const void *job;
    size_t first, rows, block_rows;
    struct task_error error;
    pthread_mutex_t mutex; /* guards the lists */
    struct node *waiting;  /* for their neighbours */
    struct node *spare;    /* free nodes */
    struct node *scratch;  /* free scratch memory, with the same head */
};

static void *payload(struct node *node)
{
    return (char *)node + memory_round(sizeof *node);
}

static void push(struct node **list, struct node *node)
{
    node->next = *list;
    *list = node;
}

static void give(struct fold_job *job, struct node **list, struct node *node)
{
    pthread_mutex_lock(&job->mutex);
    push(list, node);
    pthread_mutex_unlock(&job->mutex);
}

/* A free node of a list, or a new one with `bytes` of payload. */
static gemml_status take(struct fold_job *job, struct node **list, size_t bytes, struct node **node)
{
    pthread_mutex_lock(&job->mutex);
    *node = *list;
    if (*node)
        *list = (*node)->next;
    pthread_mutex_unlock(&job->mutex);
    return *node ? GEMML_OK : memory_alloc(node, 1, memory_sum(memory_round(sizeof **node), bytes));
}

/* Takes the neighbour of `node` off the waiting list; else puts `node` there. */
static struct node *neighbour_or_wait(struct fold_job *job, struct node *node)
{
    pthread_mutex_lock(&job->mutex);
    struct node **link = &job->waiting;
    while (*link && !((*link)->level == node->level && (*link)->index == (node->index ^ 1)))
        link = &(*link)->next;
    struct node *neighbour = *link;
    if (neighbour)
        *link = neighbour->next;
    else
        push(&job->waiting, node);
    pthread_mutex_unlock(&job->mutex);
    return neighbour;
}

/* One step of the binary counter after another, as far as neighbours are there. */
static void merge_upwards(struct fold_job *job, struct node *node)
{
    for (struct node *other; (other = neighbour_or_wait(job, node));) {
        struct node *low = node->index < other->index ? node : other;
        struct node *high = low == node ? other : node;
        job->accumulator->merge(job->job, payload(low), payload(high));
        give(job, &job->spare, high);
        node = low;
        node->level++;
        node->index >>= 1;
    }
}

static gemml_status add_strips(const struct accumulator *accumulator, const void *job, void *state, size_t first,
                               size_t count, void *scratch)
{
    size_t most = accumulator->strip_rows > 0 ? accumulator->strip_rows : count;
    for (size_t done = 0; done < count; done += most)
        TRY(accumulator->add(job, state, first + done, count - done < most ? count - done : most, scratch));
    return GEMML_OK;
}

static gemml_status add_block(struct fold_job *job, size_t index, struct node *node, void *scratch)
{
    size_t offset = index * job->block_rows, left = job->rows - offset;
    node->level = 0;
    node->index = index;
    job->accumulator->init(job->job, payload(node));
    return add_strips(job->accumulator, job->job, payload(node), job->first + offset,
                      left < job->block_rows ? left : job->block_rows, scratch);
}

static gemml_status fold_block(struct fold_job *job, size_t index)
{
    struct node *node, *scratch;
    TRY(take(job, &job->spare, job->accumulator->state_bytes, &node));
    gemml_status status = take(job, &job->scratch, job->accumulator->scratch_bytes, &scratch);
    if (status == GEMML_OK) {
        status = add_block(job, index, node, payload(scratch));
        give(job, &job->scratch, scratch);
    }
    if (status == GEMML_OK)
        merge_upwards(job, node);
    else
        give(job, &job->spare, node);
    return status;
}

static void fold_task(void *context, size_t index)
{
    struct fold_job *job = context;
    if (!task_error_failed(&job->error, index))
        task_error_note(&job->error, index, fold_block(job, index));
}

/* The waiting node whose rows come first: the largest, since what is left of a
 * binary counter descends in size. */
static struct node *take_lowest(struct fold_job *job)
{
    struct node **lowest = &job->waiting;
    for (struct node **link = &job->waiting; *link; link = &(*link)->next)
        if ((*link)->level > (*lowest)->level)
            lowest = link;
    struct node *node = *lowest;
    *lowest = node->next;
    return node;
}

static void merge_rest(struct fold_job *job, void *state)
{
    struct node *node = take_lowest(job);
    memcpy(state, payload(node), job->accumulator->state_bytes);
    push(&job->spare, node);
    while (job->waiting) {
        node = take_lowest(job);
        job->accumulator->merge(job->job, state, payload(node));
        push(&job->spare, node);
    }
}

static void free_nodes(struct node *list)
{
    while (list) {
        struct node *next = list->next;
        memory_free(list);
        list = next;
    }
}

/* Without threads, lists or copies: the common case of small data. */
static gemml_status fold_single(const struct accumulator *accumulator, const void *job, size_t first, size_t rows,
                                void *state)
{
    void *scratch;
    accumulator->init(job, state);
    if (rows == 0)
        return GEMML_OK;
    TRY(memory_alloc(&scratch, accumulator->scratch_bytes, 1));
    gemml_status status = add_strips(accumulator, job, state, first, rows, scratch);
    memory_free(scratch);
    return status;
}

gemml_status fold(const struct accumulator *accumulator, const void *context, size_t first, size_t rows,
                  size_t block_rows, void *state)
{
    if (rows <= block_rows)
        return fold_single(accumulator, context, first, rows, state);
    struct fold_job job = {
        .accumulator = accumulator, .job = context, .first = first, .rows = rows, .block_rows = block_rows};
    task_error_init(&job.error);
    pthread_mutex_init(&job.mutex, NULL);
    parallel_for((rows - 1) / block_rows + 1, fold_task, &job);
    gemml_status status = task_error_finish(&job.error);
    if (status == GEMML_OK)
        merge_rest(&job, state);
    free_nodes(job.waiting);
    free_nodes(job.spare);
    free_nodes(job.scratch);
    pthread_mutex_destroy(&job.mutex);
    return status;
}

static void no_init(const void *job, void *state)
{
    (void)job;
    (void)state;
}

static void no_merge(const void *job, void *into, const void *from)
{
    (void)job;
    (void)into;
    (void)from;
}

gemml_status fold_each(gemml_status (*add)(const void *job, void *state, size_t first, size_t count, void *scratch),
                       const void *job, size_t rows, size_t block_rows, size_t strip_rows, size_t scratch_bytes)
{
    struct accumulator accumulator = {
        .scratch_bytes = scratch_bytes, .strip_rows = strip_rows, .init = no_init, .add = add, .merge = no_merge};
    char state;
    return fold(&accumulator, job, 0, rows, block_rows, &state);
}

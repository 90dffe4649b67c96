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
    struct fold_workspace *workspace;
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

static gemml_status make_node(size_t bytes, struct node **node)
{
    return memory_alloc(node, 1, memory_sum(memory_round(sizeof **node), bytes));
}

/* A free node of a list, or a new one with `bytes` of payload. */
static gemml_status take(struct fold_job *job, struct node **list, size_t bytes, struct node **node)
{
    pthread_mutex_lock(&job->mutex);
    *node = *list;
    if (*node)
        *list = (*node)->next;
    pthread_mutex_unlock(&job->mutex);
    return *node ? GEMML_OK : make_node(bytes, node);
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
        give(job, &job->workspace->states, high);
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
    struct fold_workspace *workspace = job->workspace;
    TRY(take(job, &workspace->states, workspace->state_bytes, &node));
    gemml_status status = take(job, &workspace->scratches, workspace->scratch_bytes, &scratch);
    if (status == GEMML_OK) {
        status = add_block(job, index, node, payload(scratch));
        give(job, &workspace->scratches, scratch);
    }
    if (status == GEMML_OK)
        merge_upwards(job, node);
    else
        give(job, &workspace->states, node);
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
    push(&job->workspace->states, node);
    while (job->waiting) {
        node = take_lowest(job);
        job->accumulator->merge(job->job, state, payload(node));
        push(&job->workspace->states, node);
    }
}

static void free_nodes(struct node **list)
{
    while (*list) {
        struct node *next = (*list)->next;
        memory_free(*list);
        *list = next;
    }
}

/* Nodes that are too small for this fold make way for new ones. */
static void fit_nodes(struct node **list, size_t *bytes, size_t wanted)
{
    if (wanted > *bytes) {
        free_nodes(list);
        *bytes = wanted;
    }
}

static void fit_workspace(struct fold_workspace *workspace, const struct accumulator *accumulator)
{
    fit_nodes(&workspace->states, &workspace->state_bytes, accumulator->state_bytes);
    fit_nodes(&workspace->scratches, &workspace->scratch_bytes, accumulator->scratch_bytes);
}

void fold_workspace_free(struct fold_workspace *workspace)
{
    free_nodes(&workspace->states);
    free_nodes(&workspace->scratches);
    *workspace = (struct fold_workspace){0};
}

/* Has a list at least `count` nodes? Makes those that it lacks. */
static gemml_status reserve(struct node **list, size_t bytes, size_t count)
{
    for (struct node *node = *list; node && count > 0; node = node->next)
        count--;
    for (struct node *node; count > 0; count--) {
        TRY(make_node(bytes, &node));
        push(list, node);
    }
    return GEMML_OK;
}

/* A waiting state's neighbour has a block that is under way, or it has the first
 * one that is not: threads + 1 blocks, with one neighbour on each level. */
static size_t most_states(size_t blocks, size_t threads)
{
    size_t levels = 0;
    while ((blocks - 1) >> levels > 0)
        levels++;
    size_t most = threads + (threads + 1) * levels;
    return blocks == 1 ? 0 : blocks < most ? blocks : most;
}

gemml_status fold_reserve(struct fold_workspace *workspace, const struct accumulator *accumulator, size_t rows,
                          size_t block_rows)
{
    size_t blocks = rows > 0 ? (rows - 1) / block_rows + 1 : 1, threads = parallel_threads();
    threads = blocks < threads ? blocks : threads;
    fit_workspace(workspace, accumulator);
    TRY(reserve(&workspace->states, workspace->state_bytes, most_states(blocks, threads)));
    return reserve(&workspace->scratches, workspace->scratch_bytes, threads);
}

/* One block, on this thread: the common case of small data. */
static gemml_status fold_single(struct fold_job *job, void *state)
{
    struct node *scratch;
    job->accumulator->init(job->job, state);
    if (job->rows == 0)
        return GEMML_OK;
    TRY(take(job, &job->workspace->scratches, job->workspace->scratch_bytes, &scratch));
    gemml_status status = add_strips(job->accumulator, job->job, state, job->first, job->rows, payload(scratch));
    give(job, &job->workspace->scratches, scratch);
    return status;
}

static gemml_status fold_blocks(struct fold_job *job, void *state)
{
    task_error_init(&job->error);
    parallel_for((job->rows - 1) / job->block_rows + 1, fold_task, job);
    gemml_status status = task_error_finish(&job->error);
    if (status == GEMML_OK)
        merge_rest(job, state);
    while (job->waiting) {
        struct node *node = job->waiting;
        job->waiting = node->next;
        push(&job->workspace->states, node);
    }
    return status;
}

gemml_status fold_in(struct fold_workspace *workspace, const struct accumulator *accumulator, const void *context,
                     size_t first, size_t rows, size_t block_rows, void *state)
{
    struct fold_job job = {.accumulator = accumulator,
                           .job = context,
                           .first = first,
                           .rows = rows,
                           .block_rows = block_rows,
                           .workspace = workspace};
    fit_workspace(workspace, accumulator);
    pthread_mutex_init(&job.mutex, NULL);
    gemml_status status = rows <= block_rows ? fold_single(&job, state) : fold_blocks(&job, state);
    pthread_mutex_destroy(&job.mutex);
    return status;
}

gemml_status fold(const struct accumulator *accumulator, const void *job, size_t first, size_t rows, size_t block_rows,
                  void *state)
{
    struct fold_workspace workspace = {0};
    gemml_status status = fold_in(&workspace, accumulator, job, first, rows, block_rows, state);
    fold_workspace_free(&workspace);
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

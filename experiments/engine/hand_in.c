// A ring of records in which trials wait for their turn.
#include "experiments/engine/hand_in.h"

#include <pthread.h>
#include <stdlib.h>

enum { RECORDS = 3 };                ///< for each thread
static const size_t most = 16 << 20; ///< bytes of a thread's records, if they are more than one

typedef struct slot {
    pp_record *record; ///< made by the thread that first needs it, so that its memory is near
    pp_status status;
    pp_error cause;
    bool done;
} slot;

/// Trial i has slot i % n_slots, from when it is taken until its turn is over. A slot is its
/// thread's while the trial is run, the turn-taker's once it is done.
struct pp_hand_in {
    const pp_results_layout *layout;
    pp_hand_in_turn turn;
    void *context;
    pthread_mutex_t mutex;
    pthread_cond_t room; ///< a slot has become free, or all is over
    int64_t next;        ///< trial to be taken
    int64_t due;         ///< trial whose turn it is
    int64_t end;
    bool taking; ///< a thread is taking turns
    size_t n_slots;
    slot *slots;
};

size_t pp_hand_in_records(size_t record_bytes, int threads)
{
    size_t each = record_bytes ? most / record_bytes : RECORDS;
    each = each < 1 ? 1 : each > RECORDS ? RECORDS : each;
    return each * (size_t)threads;
}

static slot *slot_of(const pp_hand_in *h, int64_t trial)
{
    return &h->slots[(size_t)trial % h->n_slots];
}

pp_status pp_hand_in_create(const pp_results_layout *layout, int64_t first, int64_t end,
                            int threads, pp_hand_in_turn turn, void *context, pp_hand_in **hand_in,
                            pp_error *error)
{
    pp_hand_in *h = *hand_in = calloc(1, sizeof *h);
    if (!h)
        return pp_error_memory(error, "records");
    *h = (pp_hand_in){.layout = layout,
                      .turn = turn,
                      .context = context,
                      .next = first,
                      .due = first,
                      .end = end,
                      .n_slots = pp_hand_in_records(pp_record_bytes(layout), threads)};
    pthread_mutex_init(&h->mutex, NULL);
    pthread_cond_init(&h->room, NULL);
    h->slots = calloc(h->n_slots, sizeof *h->slots);
    if (h->slots)
        return PP_OK;
    pp_status status = pp_error_memory(error, "%zu records", h->n_slots);
    pp_hand_in_destroy(h);
    *hand_in = NULL;
    return status;
}

void pp_hand_in_destroy(pp_hand_in *hand_in)
{
    if (!hand_in)
        return;
    for (size_t i = 0; hand_in->slots && i < hand_in->n_slots; i++)
        pp_record_destroy(hand_in->slots[i].record);
    pthread_cond_destroy(&hand_in->room);
    pthread_mutex_destroy(&hand_in->mutex);
    free(hand_in->slots);
    free(hand_in);
}

bool pp_hand_in_take(pp_hand_in *hand_in, int64_t *trial, pp_record **record, pp_error *error)
{
    pp_hand_in *h = hand_in;
    pthread_mutex_lock(&h->mutex);
    while (h->next < h->end && h->next >= h->due + (int64_t)h->n_slots)
        pthread_cond_wait(&h->room, &h->mutex);
    bool more = h->next < h->end;
    *trial = more ? h->next++ : h->end;
    pthread_mutex_unlock(&h->mutex);
    if (!more)
        return false;
    slot *s = slot_of(h, *trial);
    if (!s->record && pp_record_create(h->layout, &s->record, error) != PP_OK)
        s->record = NULL;
    *record = s->record;
    return true;
}

/// Take the turns that are due. The mutex is held, and given up during each.
static void take_turns(pp_hand_in *h)
{
    h->taking = true;
    while (h->due < h->end && slot_of(h, h->due)->done) {
        slot *s = slot_of(h, h->due);
        pthread_mutex_unlock(&h->mutex);
        bool more = h->turn(h->context, h->due, s->status, s->record, &s->cause);
        pthread_mutex_lock(&h->mutex);
        s->done = false;
        h->due++;
        if (!more)
            h->end = h->next < h->due ? h->next : h->due; // nothing more is taken, or handed in
        pthread_cond_broadcast(&h->room);
    }
    h->taking = false;
}

void pp_hand_in_give(pp_hand_in *hand_in, int64_t trial, pp_status status, const pp_error *cause)
{
    pp_hand_in *h = hand_in;
    pthread_mutex_lock(&h->mutex);
    slot *s = slot_of(h, trial);
    s->status = status;
    s->cause = *cause;
    s->done = true;
    if (!h->taking)
        take_turns(h);
    pthread_mutex_unlock(&h->mutex);
}

/* The same set of events leaves the same mirror in whatever order, and however often, they come;
 * and that mirror is what somebody would have who followed them in order.
 *
 * Random histories from a seed; a failure prints the seed, and LK_SEED=n plays it again.
 * LK_HISTORIES and LK_ORDERS say how many: 10000 and 20 for a night. */
#include <latchkey/mirror.h>
#include <stdio.h>

#include "chance.h"
#include "mirror-kit.h"
#include "test.h"

enum {
    N_DIRECTORIES = 2,
    N_USERS = 5,
    N_GROUPS = 4,
    MAX_EVENTS = 40,
    N_HISTORIES = 120,
    N_HISTORIES_POSTGRES = 12, /* each statement goes to another process and back */
    N_ORDERS = 5
};

typedef struct change {
    int64_t at_ms;
    unsigned kind; /* row of kinds */
    unsigned directory;
    unsigned user;
    unsigned group;
    kit_event event;
} change;

static const char *const kinds[] = {
    "dsync.activated",          "dsync.deactivated",      "dsync.deleted",
    "dsync.user.created",       "dsync.user.updated",     "dsync.user.deleted",
    "dsync.group.created",      "dsync.group.updated",    "dsync.group.deleted",
    "dsync.group.user_added",   "dsync.group.user_added", "dsync.group.user_added",
    "dsync.group.user_removed", "something.else",         "dsync.user.created", /* parked */
};
enum { FIRST_MEMBERSHIP = 9, REMOVED = 12, ELSE = 13, BROKEN = 14 };

static void write_change(change *c, unsigned number)
{
    char user[160];
    char group[160];
    char id[32];

    snprintf(user, sizeof(user), "{\"id\":\"u%u\",\"directory_id\":\"d%u\",\"first_name\":\"v%u\"}",
             c->user, c->directory, number);
    snprintf(group, sizeof(group), "{\"id\":\"g%u\",\"directory_id\":\"d%u\",\"name\":\"v%u\"}",
             c->group, c->directory, number);
    /* Ids do not grow with time: equal times are decided by them. */
    snprintf(id, sizeof(id), "event_%03u_%u", chance_below(1000), number);
    if (c->kind < 3)
        kit_make(&c->event, id, kinds[c->kind], c->at_ms, "{\"id\":\"d%u\",\"name\":\"v%u\"}",
                 c->directory, number);
    else if (c->kind < 6)
        kit_make(&c->event, id, kinds[c->kind], c->at_ms, "%s", user);
    else if (c->kind < FIRST_MEMBERSHIP)
        kit_make(&c->event, id, kinds[c->kind], c->at_ms, "%s", group);
    else if (c->kind <= REMOVED)
        kit_make(&c->event, id, kinds[c->kind], c->at_ms, "{\"user\":%s,\"group\":%s}", user,
                 group);
    else
        kit_make(&c->event, id, kinds[c->kind], c->at_ms, "{\"id\":\"u%u\"}", c->user);
}

/* tidy: a user or group stays in one directory, as at WorkOS. */
static size_t make_history(change *changes, bool tidy)
{
    size_t n = 5 + chance_below(MAX_EVENTS - 5);

    for (size_t i = 0; i < n; i++) {
        change *c = &changes[i];

        c->at_ms = 1000 + chance_below(30); /* few values: many are equal */
        c->kind = chance_below(N_ROWS(kinds));
        c->directory = chance_below(N_DIRECTORIES);
        c->user = chance_below(N_USERS);
        c->group = chance_below(N_GROUPS);
        if (tidy) {
            c->directory = c->user % N_DIRECTORIES;
            c->group = c->group / 2 * 2 + c->directory;
        }
        write_change(c, (unsigned)i);
    }
    return n;
}

/* ---- Somebody who follows them in order ---- */

typedef struct model {
    bool users[N_USERS];
    bool groups[N_GROUPS];
    bool members[N_GROUPS][N_USERS];
} model;

static void drop_directory(model *m, unsigned directory)
{
    for (unsigned u = 0; u < N_USERS; u++)
        m->users[u] = m->users[u] && u % N_DIRECTORIES != directory;
    for (unsigned g = 0; g < N_GROUPS; g++) {
        m->groups[g] = m->groups[g] && g % N_DIRECTORIES != directory;
        for (unsigned u = 0; u < N_USERS; u++)
            m->members[g][u] = m->members[g][u] && g % N_DIRECTORIES != directory;
    }
}

static void follow(model *m, const change *c)
{
    if (c->kind == 2)
        drop_directory(m, c->directory);
    if (c->kind == 3 || c->kind == 4)
        m->users[c->user] = true;
    if (c->kind == 5) {
        m->users[c->user] = false;
        for (unsigned g = 0; g < N_GROUPS; g++)
            m->members[g][c->user] = false;
    }
    if (c->kind == 6 || c->kind == 7)
        m->groups[c->group] = true;
    if (c->kind == 8) {
        m->groups[c->group] = false;
        memset(m->members[c->group], 0, sizeof(m->members[c->group]));
    }
    if (c->kind >= FIRST_MEMBERSHIP && c->kind < REMOVED) {
        m->users[c->user] = true;
        m->groups[c->group] = true;
        m->members[c->group][c->user] = true;
    }
    if (c->kind == REMOVED)
        m->members[c->group][c->user] = false;
}

static int compare_changes(const void *a, const void *b)
{
    const change *left = a;
    const change *right = b;

    if (left->at_ms != right->at_ms)
        return left->at_ms < right->at_ms ? -1 : 1;
    return strcmp(left->event.id, right->event.id);
}

static char *expected_live(change *changes, size_t n)
{
    model m = { 0 };
    char *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);

    assert_non_null(out);
    qsort(changes, n, sizeof(*changes), compare_changes);
    for (size_t i = 0; i < n; i++)
        follow(&m, &changes[i]);
    for (unsigned u = 0; u < N_USERS; u++) {
        if (!m.users[u])
            continue;
        fprintf(out, "live user u%u in", u);
        for (unsigned g = 0; g < N_GROUPS; g++)
            if (m.members[g][u])
                fprintf(out, " g%u", g);
        fputc('\n', out);
    }
    for (unsigned g = 0; g < N_GROUPS; g++) {
        if (!m.groups[g])
            continue;
        fprintf(out, "live group g%u with", g);
        for (unsigned u = 0; u < N_USERS; u++)
            if (m.members[g][u])
                fprintf(out, " u%u", u);
        fputc('\n', out);
    }
    fclose(out);
    return text;
}

/* ---- Orders ---- */

/* All of them in random order, and some of them again. */
static char *play(kit *k, const change *changes, size_t n)
{
    size_t order[2 * MAX_EVENTS];
    size_t n_steps = n + chance_below((unsigned)n);

    for (size_t i = 0; i < n_steps; i++)
        order[i] = i < n ? i : chance_below((unsigned)n);
    for (size_t i = n_steps - 1; i > 0; i--) {
        size_t j = chance_below((unsigned)i + 1);
        size_t swap = order[i];

        order[i] = order[j];
        order[j] = swap;
    }
    kit_clear(k);
    for (size_t i = 0; i < n_steps; i++)
        (void)kit_apply(k, &changes[order[i]].event); /* new or known, both are right */
    return kit_dump(k->mirror);
}

static void check_history(kit *k, uint64_t seed, bool tidy)
{
    static change changes[MAX_EVENTS];
    size_t n;
    char *first;

    chance_begin(seed);
    n = make_history(changes, tidy);
    first = play(k, changes, n);
    for (unsigned i = 1; i < chance_number("LK_ORDERS", N_ORDERS); i++) {
        char *other = play(k, changes, n);

        if (strcmp(first, other) != 0)
            fail_msg("LK_SEED=%llu: two orders, two mirrors:\n%s\n---\n%s",
                     (unsigned long long)seed, first, other);
        free(other);
    }
    if (tidy) {
        char *expected = expected_live(changes, n);
        const char *live = strstr(first, "live ");

        if (strcmp(live != NULL ? live : "", expected) != 0)
            fail_msg("LK_SEED=%llu: the mirror holds\n%s--- instead of\n%s",
                     (unsigned long long)seed, live, expected);
        free(expected);
    }
    free(first);
}

static void check_histories(bool tidy)
{
    const char *seed = getenv("LK_SEED");
    uint64_t first = seed != NULL ? strtoull(seed, NULL, 10) : 0;
    unsigned n =
        chance_number("LK_HISTORIES", kit_is_postgres() ? N_HISTORIES_POSTGRES : N_HISTORIES);
    uint64_t end = first + (seed != NULL ? 1 : n);
    kit k;

    kit_begin_scratch(&k);
    for (uint64_t i = first; i < end; i++)
        check_history(&k, i, tidy);
    kit_end(&k);
}

static void test_any_order_leaves_what_the_true_order_leaves(void **state)
{
    (void)state;
    check_histories(true);
}

/* Users and groups that wander between directories: nothing WorkOS sends, and still one mirror. */
static void test_any_order_of_nonsense_leaves_the_same(void **state)
{
    (void)state;
    check_histories(false);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_any_order_leaves_what_the_true_order_leaves),
        cmocka_unit_test(test_any_order_of_nonsense_leaves_the_same),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* How the directories were at a time, and what changed between two.
 *
 * The judge is a second mirror, to which only the events up to that time were applied. Random
 * histories from a seed, in random order; LK_SEED=n plays one again, LK_HISTORIES says how many. */
#include <latchkey/history.h>
#include <stdio.h>

#include "chance.h"
#include "mirror-kit.h"
#include "test.h"

enum {
    N_DIRECTORIES = 2,
    N_USERS = 5,
    N_GROUPS = 4,
    N_EVENTS = 40,
    N_HISTORIES = 25,
    N_HISTORIES_POSTGRES = 2,
    N_TIMES = 4,
    FROM = 1000,
    SPAN = 30 /* ms: many events share one */
};

static const char *const types[] = {
    "dsync.activated",        "dsync.deactivated",        "dsync.deleted",
    "dsync.user.created",     "dsync.user.updated",       "dsync.user.updated",
    "dsync.user.deleted",     "dsync.group.created",      "dsync.group.updated",
    "dsync.group.deleted",    "dsync.group.user_added",   "dsync.group.user_added",
    "dsync.group.user_added", "dsync.group.user_removed", "dsync.user.created", /* parked */
};

static kit_event events[N_EVENTS];

/* A user or group stays in one directory, as at WorkOS. */
static void write_event(unsigned number, int64_t at_ms)
{
    unsigned kind = chance_below(N_ROWS(types));
    unsigned u = chance_below(N_USERS);
    unsigned d = u % N_DIRECTORIES;
    unsigned g = chance_below(N_GROUPS) / 2 * 2 + d;
    char user[200];
    char group[160];
    char id[32];

    snprintf(user, sizeof(user),
             "{\"id\":\"u%u\",\"directory_id\":\"d%u\",\"organization_id\":\"org_%u\","
             "\"first_name\":\"v%u\",\"email\":\"e%u\"}",
             u, d, d, chance_below(3), chance_below(2));
    snprintf(group, sizeof(group), "{\"id\":\"g%u\",\"directory_id\":\"d%u\",\"name\":\"v%u\"}", g,
             d, chance_below(3));
    snprintf(id, sizeof(id), "event_%03u_%u", chance_below(1000), number);
    if (kind < 3)
        kit_make(&events[number], id, types[kind], at_ms, "{\"id\":\"d%u\",\"name\":\"v%u\"}", d,
                 chance_below(3));
    else if (kind < 7)
        kit_make(&events[number], id, types[kind], at_ms, "%s", user);
    else if (kind < 10)
        kit_make(&events[number], id, types[kind], at_ms, "%s", group);
    else if (kind < 14)
        kit_make(&events[number], id, types[kind], at_ms, "{\"user\":%s,\"group\":%s}", user,
                 group);
    else
        kit_make(&events[number], id, types[kind], at_ms, "{\"id\":\"u%u\"}", u);
}

static void shuffle(unsigned order[N_EVENTS])
{
    for (unsigned i = 0; i < N_EVENTS; i++)
        order[i] = i;
    for (unsigned i = N_EVENTS - 1; i > 0; i--) {
        unsigned j = chance_below(i + 1);
        unsigned swap = order[i];

        order[i] = order[j];
        order[j] = swap;
    }
}

/* In any order, late ones and all; those up to a time alone. */
static void play(kit *k, int64_t until_ms)
{
    unsigned order[N_EVENTS];

    kit_clear(k);
    shuffle(order);
    for (unsigned i = 0; i < N_EVENTS; i++)
        if (events[order[i]].event.created_at_ms <= until_ms)
            assert_true(kit_apply(k, &events[order[i]]));
}

/* ---- All that a mirror holds, as text ---- */

static void print_ids(FILE *out, const char *const *ids, size_t n)
{
    for (size_t i = 0; i < n; i++)
        fprintf(out, " %s", ids[i]);
    fputc('\n', out);
}

/* Page by page, two rows each. */
static void print_users(lk_mirror *mirror, int64_t at_ms, bool with_deleted, FILE *out)
{
    char after[32] = "";
    size_t n = 2;

    while (n == 2) {
        lk_auto(lk_directory_user_page) page = NULL;
        lk_error err = LK_ERROR_INIT;

        assert_ok(lk_mirror_list_users(mirror,
                                       LK_MIRROR_QUERY(.limit = 2, .after = after, .at_ms = at_ms,
                                                       .with_deleted = with_deleted),
                                       &page, &err),
                  err);
        n = page->count;
        for (size_t i = 0; i < n; i++) {
            const lk_directory_user *u = page->items[i];

            fprintf(out, "user %s %s %s %s %s %s %lld in", u->id, u->directory_id,
                    u->organization_id, u->first_name, u->email, u->json,
                    (long long)u->deleted_at_ms);
            print_ids(out, u->groups, u->n_groups);
            snprintf(after, sizeof(after), "%s", u->id);
        }
    }
}

static void print_all(lk_mirror *mirror, int64_t at_ms, bool with_deleted, FILE *out)
{
    const lk_mirror_query *query = LK_MIRROR_QUERY(.at_ms = at_ms, .with_deleted = with_deleted);
    lk_auto(lk_directory_page) directories = NULL;
    lk_auto(lk_directory_group_page) groups = NULL;
    lk_error err = LK_ERROR_INIT;

    assert_ok(lk_mirror_list_directories(mirror, query, &directories, &err), err);
    assert_ok(lk_mirror_list_groups(mirror, query, &groups, &err), err);
    for (size_t i = 0; i < directories->count; i++) {
        const lk_directory *d = directories->items[i];

        fprintf(out, "directory %s %s %s %lld\n", d->id, d->name, d->state,
                (long long)d->deleted_at_ms);
    }
    for (size_t i = 0; i < groups->count; i++) {
        const lk_directory_group *g = groups->items[i];

        fprintf(out, "group %s %s %s %s %lld with", g->id, g->directory_id, g->name, g->json,
                (long long)g->deleted_at_ms);
        print_ids(out, g->members, g->n_members);
    }
    print_users(mirror, at_ms, with_deleted, out);
}

static char *describe(lk_mirror *mirror, int64_t at_ms)
{
    char *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);

    assert_non_null(out);
    print_all(mirror, at_ms, false, out);
    fputs("with what was deleted:\n", out);
    print_all(mirror, at_ms, true, out);
    fclose(out);
    return text;
}

static void check_same(const char *what, uint64_t seed, int64_t at_ms, char *found, char *expected)
{
    if (strcmp(found, expected) != 0)
        fail_msg("LK_SEED=%llu: %s of %lld:\n%s--- instead of\n%s", (unsigned long long)seed, what,
                 (long long)at_ms, found, expected);
    free(found);
    free(expected);
}

/* ---- Differences ---- */

static const lk_directory_user *find_user(const lk_directory_user_page *page, const char *id)
{
    for (size_t i = 0; i < page->count; i++)
        if (strcmp(page->items[i]->id, id) == 0)
            return page->items[i];
    return NULL;
}

static void print_change(FILE *out, const char *field, const char *before, const char *after)
{
    if (before == NULL ? after != NULL : after == NULL || strcmp(before, after) != 0)
        fprintf(out, " %s:%s>%s", field, before != NULL ? before : "", after != NULL ? after : "");
}

static bool is_in(const lk_directory_user *user, const char *group)
{
    for (size_t i = 0; user != NULL && i < user->n_groups; i++)
        if (strcmp(user->groups[i], group) == 0)
            return true;
    return false;
}

/* By comparing the two mirrors. */
static char *expected_differences(lk_mirror *before, lk_mirror *after)
{
    lk_auto(lk_directory_user_page) old = NULL;
    lk_auto(lk_directory_user_page) new = NULL;
    lk_error err = LK_ERROR_INIT;
    char *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);

    assert_non_null(out);
    assert_ok(lk_mirror_list_users(before, NULL, &old, &err), err);
    assert_ok(lk_mirror_list_users(after, NULL, &new, &err), err);
    for (unsigned i = 0; i < N_USERS; i++) {
        char id[16];
        char *changes = NULL;
        size_t size = 0;
        FILE *line = open_memstream(&changes, &size);

        assert_non_null(line);
        snprintf(id, sizeof(id), "u%u", i);
        const lk_directory_user *a = find_user(old, id);
        const lk_directory_user *b = find_user(new, id);

        print_change(line, "directory_id", a ? a->directory_id : NULL, b ? b->directory_id : NULL);
        print_change(line, "organization_id", a ? a->organization_id : NULL,
                     b ? b->organization_id : NULL);
        print_change(line, "email", a ? a->email : NULL, b ? b->email : NULL);
        print_change(line, "first_name", a ? a->first_name : NULL, b ? b->first_name : NULL);
        for (unsigned g = 0; g < N_GROUPS; g++) {
            char group[16];

            snprintf(group, sizeof(group), "g%u", g);
            print_change(line, "group", is_in(a, group) ? group : NULL,
                         is_in(b, group) ? group : NULL);
        }
        fclose(line);
        if (size > 0)
            fprintf(out, "%c%s%s\n", a == NULL ? '+' : b == NULL ? '-' : '~', id, changes);
        free(changes);
    }
    fclose(out);
    return text;
}

static char *found_differences(lk_mirror *mirror, int64_t from_ms, int64_t to_ms)
{
    char after[32] = "";
    char *text = NULL;
    size_t len = 0;
    size_t n = 2;
    FILE *out = open_memstream(&text, &len);

    assert_non_null(out);
    while (n == 2) {
        lk_auto(lk_difference_page) page = NULL;
        lk_error err = LK_ERROR_INIT;

        assert_ok(lk_mirror_list_differences(mirror,
                                             LK_DIFFERENCE_QUERY(.kind = LK_RECORD_USER,
                                                                 .from_ms = from_ms, .to_ms = to_ms,
                                                                 .limit = 2, .after = after),
                                             &page, &err),
                  err);
        n = page->count;
        for (size_t i = 0; i < n; i++) {
            const lk_difference *d = page->items[i];

            fprintf(out, "%c%s", "+-~"[d->kind], d -> id);
            for (size_t c = 0; c < d->n_changes; c++)
                print_change(out, d->changes[c].field, d->changes[c].before, d->changes[c].after);
            fputc('\n', out);
            snprintf(after, sizeof(after), "%s", d->id);
        }
    }
    fclose(out);
    return text;
}

static void check_history(kit *whole, kit *then, kit *later, uint64_t seed)
{
    chance_begin(seed);
    for (unsigned i = 0; i < N_EVENTS; i++)
        write_event(i, FROM + (int64_t)chance_below(SPAN));
    play(whole, INT64_MAX);
    check_same("the end", seed, 0, describe(whole->mirror, INT64_MAX), describe(whole->mirror, 0));
    for (unsigned i = 0; i < N_TIMES; i++) {
        int64_t at_ms = FROM - 1 + (int64_t)chance_below(SPAN);
        int64_t to_ms = at_ms + 1 + (int64_t)chance_below(SPAN);

        play(then, at_ms);
        play(later, to_ms);
        check_same("the state", seed, at_ms, describe(whole->mirror, at_ms),
                   describe(then->mirror, 0));
        check_same("the difference", seed, at_ms, found_differences(whole->mirror, at_ms, to_ms),
                   expected_differences(then->mirror, later->mirror));
    }
}

/* The same, while events are forgotten now and then: what was at a time from which on all is kept
 * is as exact, late events and all. */
static int64_t play_and_forget(kit *k)
{
    lk_error err = LK_ERROR_INIT;
    int64_t kept_from_ms = 0;
    unsigned order[N_EVENTS];

    kit_clear(k);
    shuffle(order);
    for (unsigned i = 0; i < N_EVENTS; i++) {
        int64_t before_ms = FROM + 1 + (int64_t)chance_below(SPAN / 2);

        (void)kit_apply(k, &events[order[i]]); /* a late one is not logged */
        if (chance_below(8) > 0)
            continue;
        assert_ok(lk_mirror_forget_events(k->mirror, before_ms, NULL, NULL, NULL, &err), err);
        kept_from_ms = before_ms > kept_from_ms ? before_ms : kept_from_ms;
    }
    return kept_from_ms;
}

static void check_forgotten(kit *whole, kit *then, kit *later, uint64_t seed)
{
    int64_t kept_from_ms;

    chance_begin(seed);
    for (unsigned i = 0; i < N_EVENTS; i++)
        write_event(i, FROM + (int64_t)chance_below(SPAN));
    kept_from_ms = play_and_forget(whole);
    play(then, INT64_MAX);
    check_same("the end", seed, 0, describe(whole->mirror, 0), describe(then->mirror, 0));
    for (unsigned i = 0; i < N_TIMES; i++) {
        int64_t from_ms = kept_from_ms > FROM ? kept_from_ms : FROM;
        int64_t at_ms = from_ms + (int64_t)chance_below((unsigned)(FROM + SPAN - from_ms));
        int64_t to_ms = at_ms + 1 + (int64_t)chance_below(SPAN);

        play(then, at_ms);
        play(later, to_ms);
        check_same("the state", seed, at_ms, describe(whole->mirror, at_ms),
                   describe(then->mirror, 0));
        check_same("the difference", seed, at_ms, found_differences(whole->mirror, at_ms, to_ms),
                   expected_differences(then->mirror, later->mirror));
    }
}

static void play_histories(void (*check)(kit *whole, kit *then, kit *later, uint64_t seed))
{
    const char *seed = getenv("LK_SEED");
    uint64_t first = seed != NULL ? strtoull(seed, NULL, 10) : 0;
    uint64_t n =
        chance_number("LK_HISTORIES", kit_is_postgres() ? N_HISTORIES_POSTGRES : N_HISTORIES);
    kit whole;
    kit then;
    kit later;

    kit_begin_scratch(&whole);
    kit_begin_scratch(&then);
    kit_begin_scratch(&later);
    for (uint64_t i = first; i < first + (seed != NULL ? 1 : n); i++)
        check(&whole, &then, &later, i);
    kit_end(&whole);
    kit_end(&then);
    kit_end(&later);
}

static void test_a_time_shows_what_was_told_up_to_it(void **state)
{
    (void)state;
    play_histories(check_history);
}

static void test_forgetting_leaves_what_is_kept_exact(void **state)
{
    (void)state;
    play_histories(check_forgotten);
}

static void test_impossible_questions_are_refused(void **state)
{
    lk_difference_page *page = NULL;
    lk_directory_user_page *users = NULL;
    lk_error err = LK_ERROR_INIT;
    kit k;

    (void)state;
    kit_begin(&k);
    kit_open(&k);
    assert_fails(lk_mirror_list_differences(k.mirror, LK_DIFFERENCE_QUERY(.to_ms = 2), &page, &err),
                 LK_ERR_INVALID, err);
    assert_fails(lk_mirror_list_differences(k.mirror, LK_DIFFERENCE_QUERY(.from_ms = 2, .to_ms = 2),
                                            &page, &err),
                 LK_ERR_INVALID, err);
    assert_fails(
        lk_mirror_list_differences(
            k.mirror, LK_DIFFERENCE_QUERY(.from_ms = 2, .kind = (lk_record_kind)3), &page, &err),
        LK_ERR_INVALID, err);
    assert_fails(
        lk_mirror_list_users(k.mirror, LK_MIRROR_QUERY(.at_ms = 5, .text = "a"), &users, &err),
        LK_ERR_INVALID, err);
    assert_fails(lk_mirror_list_users(k.mirror, LK_MIRROR_QUERY(.at_ms = -5), &users, &err),
                 LK_ERR_INVALID, err);
    assert_null(page);
    assert_null(users);
    kit_end(&k);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_time_shows_what_was_told_up_to_it),
        cmocka_unit_test(test_forgetting_leaves_what_is_kept_exact),
        cmocka_unit_test(test_impossible_questions_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Address ranges: what lies in them, and what is none. */
#include "web/networks.h"

#include <stdio.h>

#include "test.h"

static lk_networks *make(const char *range)
{
    lk_networks *networks = NULL;
    lk_error err = LK_ERROR_INIT;

    assert_ok(lk_networks_new(&networks, &err), err);
    assert_ok(lk_networks_add(networks, range, &err), err);
    return networks;
}

static void test_range_holds_its_addresses_and_no_neighbour(void **state)
{
    static const struct {
        const char *range, *address;
        bool holds;
    } cases[] = {
        { "10.0.0.0/8", "10.0.0.0", true },
        { "10.0.0.0/8", "10.255.255.255", true },
        { "10.0.0.0/8", "11.0.0.0", false },
        { "10.0.0.0/8", "9.255.255.255", false },
        { "192.0.2.128/25", "192.0.2.128", true },
        { "192.0.2.128/25", "192.0.2.127", false },
        { "192.0.2.7", "192.0.2.7", true },
        { "192.0.2.7", "192.0.2.6", false },
        { "192.0.2.7/32", "192.0.2.7", true },
        { "128.0.0.0/1", "255.255.255.255", true },
        { "128.0.0.0/1", "127.255.255.255", false },
        { "2001:db8::/32", "2001:db8:ffff::1", true },
        { "2001:db8::/32", "2001:db9::1", false },
        { "2001:db8::/33", "2001:db8:8000::", false },
        { "::1", "::1", true },
        { "::1", "::2", false },
        { "fe80::/10", "febf::1", true },
        { "fe80::/10", "fec0::1", false },
        /* One address in two spellings. */
        { "10.0.0.0/8", "::ffff:10.1.2.3", true },
        { "::ffff:10.0.0.0/104", "10.1.2.3", true },
        { "10.0.0.0/8", "::10.1.2.3", false }, /* RFC 4291, 2.5.5.1: another thing */
        { "8000::/1", "255.255.255.255", false },
        /* No addresses. */
        { "10.0.0.0/8", "10.1.2", false },
        { "10.0.0.0/8", "10.1.2.3 ", false },
        { "10.0.0.0/8", "010.1.2.3", false },
        { "10.0.0.0/8", "0x0a.1.2.3", false },
        { "10.0.0.0/8", "10.1.2.3:80", false },
        { "10.0.0.0/8", "10.0.0.0/8", false },
        { "10.0.0.0/8", "", false },
    };

    (void)state;
    for (size_t i = 0; i < N_ROWS(cases); i++) {
        lk_auto(lk_networks) networks = make(cases[i].range);
        if (lk_networks_contain(networks, cases[i].address) != cases[i].holds)
            fail_msg("%s in %s", cases[i].address, cases[i].range);
        assert_false(lk_networks_contain(networks, NULL));
    }
    assert_false(lk_networks_contain(NULL, "10.0.0.1"));
}

static void test_what_is_no_range_is_refused_and_changes_nothing(void **state)
{
    static const struct {
        const char *range, *says;
    } bad[] = {
        { "", "no address range" },
        { "proxy.example", "no address range" },
        { "10.0.0.0/", "from 1 to 32" },
        { "10.0.0.0/33", "from 1 to 32" },
        { "10.0.0.0/-1", "from 1 to 32" },
        { "10.0.0.0/+8", "from 1 to 32" },
        { "10.0.0.0/ 8", "from 1 to 32" },
        { "10.0.0.0/8/8", "from 1 to 32" },
        { "10.0.0.0/255.0.0.0", "from 1 to 32" },
        { "2001:db8::/129", "from 1 to 128" },
        { "10.1.2.3/8", "bits set behind its first 8" },
        { "2001:db8::1/64", "bits set behind its first 64" },
        { "0.0.0.0/0", "everybody" },
        { "::/0", "everybody" },
        { "10.0.0.0-10.0.0.9", "no address range" },
        { "10.0.0.0/8,192.0.2.0/24", "from 1 to 32" },
        { " 10.0.0.0/8", "no address range" },
        { "[::1]", "no address range" },
        { "fe80::1%eth0", "no address range" },
        { "1111:2222:3333:4444:5555:6666:7777:8888:9999:aaaa:bbbb/8", "no address range" },
    };
    lk_auto(lk_networks) networks = make("192.0.2.0/24");
    lk_error err = LK_ERROR_INIT;

    (void)state;
    for (size_t i = 0; i < N_ROWS(bad); i++) {
        assert_fails(lk_networks_add(networks, bad[i].range, &err), LK_ERR_INVALID, err);
        assert_contains(err.message, bad[i].says);
    }
    assert_true(lk_networks_contain(networks, "192.0.2.1"));
    assert_false(lk_networks_contain(networks, "10.1.2.3"));
    assert_fails(lk_networks_add(networks, NULL, &err), LK_ERR_INVALID, err);
    assert_fails(lk_networks_add(NULL, "10.0.0.0/8", &err), LK_ERR_INVALID, err);
    assert_fails(lk_networks_new(NULL, &err), LK_ERR_INVALID, err);
    lk_networks_free(NULL);
}

static void test_many_ranges_are_held_and_too_many_refused(void **state)
{
    lk_auto(lk_networks) networks = NULL;
    lk_error err = LK_ERROR_INIT;
    char range[32];

    (void)state;
    assert_ok(lk_networks_new(&networks, &err), err);
    for (int i = 0; i < LK__MAX_NETWORKS; i++) {
        snprintf(range, sizeof(range), "10.%d.0.0/16", i);
        assert_ok(lk_networks_add(networks, range, &err), err);
    }
    assert_fails(lk_networks_add(networks, "192.0.2.0/24", &err), LK_ERR_INVALID, err);
    assert_contains(err.message, "256");
    assert_true(lk_networks_contain(networks, "10.255.0.1"));
    assert_false(lk_networks_contain(networks, "192.0.2.1"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_range_holds_its_addresses_and_no_neighbour),
        cmocka_unit_test(test_what_is_no_range_is_refused_and_changes_nothing),
        cmocka_unit_test(test_many_ranges_are_held_and_too_many_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

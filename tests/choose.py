"""Which tests a build runs: choose.py BUILD WITH_CLANG [WORD]… < meson introspect --tests

Prints their names, one a line. See tests/run.
"""
import json
import sys

build, with_clang, words = sys.argv[1], sys.argv[2] == '1', sys.argv[3:]

SANITIZED_BY_CLANG = {'unit', 'flow', 'fuzz'}


def is_chosen(name, suites):
    if build == 'threads':
        return 'threads' in suites
    if build == 'clang':
        return bool(suites & SANITIZED_BY_CLANG) and 'postgresql' not in suites
    if build == 'asan' and 'check' in suites:
        return False
    # Twice would be too long: of these the sanitizers see what clang builds, where it does; of the window, all of it in its own
    # process and its whole life; of the programs beside others, the programs alone.
    if build == 'asan' and with_clang:
        return 'postgresql' in suites or (bool(suites & {'gui', 'e2e'}) and 'story' not in suites)
    return True


for test in json.load(sys.stdin):
    suites = {suite.split(':')[-1] for suite in test['suite']}
    name = test['name']
    if words:
        if any(word in text for word in words for text in suites | {name}) and is_chosen(name, suites):
            print(name)
    elif is_chosen(name, suites) and 'by-name' not in suites:
        print(name)

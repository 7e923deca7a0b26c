"""What a build runs, and builds for it: choose.py tests|targets BUILD WITH_CLANG [WORD]… < meson introspect --tests --targets

Prints names, one a line; of targets none, which is all of them, where none can be left out. See tests/run.
"""
import json
import os
import sys

what, build, with_clang, words = sys.argv[1], sys.argv[2], sys.argv[3] == '1', sys.argv[4:]
known = json.load(sys.stdin)

SANITIZED_BY_CLANG = {'unit', 'flow', 'fuzz'}


def is_chosen(name, suites):
    if build == 'threads':
        return 'threads' in suites
    if build == 'clang':
        return bool(suites & SANITIZED_BY_CLANG) and 'postgresql' not in suites
    if build == 'asan' and 'check' in suites:
        return False
    # Twice would be too long: of these the sanitizers see what clang builds, where it does; of the window, all of it in its own
    # process and its whole life; of the programs beside others, the programs alone. Windows wait, and flow/windows is clang's.
    if build == 'asan' and with_clang:
        if name == 'windows-postgresql':
            return False
        return 'postgresql' in suites or (bool(suites & {'gui', 'e2e'}) and 'story' not in suites)
    return True


def is_named(name, suites):
    if words:
        return any(word in text for word in words for text in suites | {name})
    return 'by-name' not in suites


def suites_of(test):
    return {suite.split(':')[-1] for suite in test['suite']}


# gcc and clang build all of it, since their warnings are errors; the others what their tests run, and what that runs.
def targets():
    if build in ('gcc', 'clang'):
        return
    chosen = {test['cmd'][0] for test in known['tests'] if is_chosen(test['name'], suites_of(test))}
    of_others = {test['cmd'][0] for test in known['tests']} - chosen
    for target in known['targets']:
        file = target['filename'][0]
        if target['build_by_default'] and (file in chosen if build == 'threads' else file not in of_others):
            yield os.path.relpath(file, f'build-{build}')


if what == 'targets':
    print('\n'.join(targets()))
else:
    for test in known['tests']:
        if is_chosen(test['name'], suites_of(test)) and is_named(test['name'], suites_of(test)):
            print(test['name'])

"""What a build runs, and builds for it: choose.py tests|targets BUILD BUILDS [WORD]… < meson introspect --tests --targets

Prints names, one a line; of targets none, which is all of them, where none can be left out. See tests/run.
"""
import json
import os
import sys

what, build, builds, words = sys.argv[1], sys.argv[2], set(sys.argv[3].split()), sys.argv[4:]
known = json.load(sys.stdin)

# All of it in each build would take an hour. Where both run, clang leaves to gcc what runs WorkOS' own programs, and of the window's
# stories all but the whole life; gcc leaves to clang the programs that it sees sanitized, and PostgreSQL but for windows, which wait.
def is_for_clang(name, suites):
    return not suites & {'check', 'interop', 'story', 'plain'} and name != 'windows-postgresql'


def is_chosen(name, suites):
    if build == 'threads':
        return 'threads' in suites
    if build == 'clang':
        return is_for_clang(name, suites) if 'gcc' in builds else 'check' not in suites
    return 'clang' not in builds or not suites & {'e2e', 'postgresql'} or not is_for_clang(name, suites)


def is_named(name, suites):
    if words:
        return any(word in text for word in words for text in suites | {name})
    return 'by-name' not in suites


def suites_of(test):
    return {suite.split(':')[-1] for suite in test['suite']}


# gcc and clang build all of it, since their warnings are errors; threads what its tests run, and what that runs.
def targets():
    if build != 'threads':
        return
    names = {test['name'] for test in known['tests'] if is_chosen(test['name'], suites_of(test))}
    chosen = {test['cmd'][0] for test in known['tests'] if test['name'] in names} # meson runs all of one name
    for target in known['targets']:
        file = target['filename'][0]
        if target['build_by_default'] and file in chosen:
            yield os.path.relpath(file, f'build-{build}')


if what == 'targets':
    print('\n'.join(targets()))
else:
    for test in known['tests']:
        if is_chosen(test['name'], suites_of(test)) and is_named(test['name'], suites_of(test)):
            print(test['name'])

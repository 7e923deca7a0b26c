"""What a build runs, and builds for it: choose.py tests|targets BUILD BUILDS [WORD]… < meson introspect --tests --targets

Prints names, one a line; of targets none, which is all of them, where none can be left out. See tests/run.
"""
import json
import os
import sys

what, build, builds, words = sys.argv[1], sys.argv[2], set(sys.argv[3].split()), sys.argv[4:]
known = json.load(sys.stdin)

# All four builds of everything would take an hour. Where others run beside it, a build leaves out what they show:
# clang runs the small tests sanitized, asan the programs, the window in its own process, and PostgreSQL; of the window's stories
# only the whole life, and no windows on PostgreSQL, which wait. gcc alone runs the rest, and once more the small tests and the window.
def is_small(suites):
    return bool(suites & {'unit', 'flow', 'fuzz'}) and 'postgresql' not in suites


def is_for_asan(name, suites):
    if suites & {'story', 'plain'} or name == 'windows-postgresql':
        return False
    return bool(suites & {'postgresql', 'gui', 'e2e'})


def is_chosen(name, suites):
    if build == 'threads':
        return 'threads' in suites
    if build == 'clang':
        return is_small(suites)
    if build == 'asan':
        return is_for_asan(name, suites) if 'clang' in builds else 'check' not in suites
    return not {'asan', 'clang'} <= builds or 'gui' in suites or not is_for_asan(name, suites)


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
    names = {test['name'] for test in known['tests'] if is_chosen(test['name'], suites_of(test))}
    chosen = {test['cmd'][0] for test in known['tests'] if test['name'] in names} # meson runs all of one name
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

#!/usr/bin/python3
"""Stories with the real program, the real emulator and a stand-in browser, told through AT-SPI: the
tree that a screen reader sees. Run it in headless.sh, with the machine's own Python: another one
that comes first in PATH has no Debian bindings.

    headless.sh /usr/bin/python3 drive.py STORY DESKTOP-PROGRAM LATCHKEY-PROGRAM
"""
import os
import sys

try:
    import gi
    gi.require_version("Atspi", "2.0")
except (ImportError, ValueError) as missing:
    print(f"skipped: {missing}")
    sys.exit(77)
import story_account
import story_activity
import story_directory
import story_events
import story_settings
import story_trouble
import story_window
from session import Run
from waiting import Failure

HERE = os.path.dirname(os.path.abspath(__file__))
CHROMIUM = ["/usr/bin/chromium", os.path.join(HERE, "../interop/node_modules/playwright-core")]
KEYS = ["/usr/bin/xdotool"]
OTHER = ["/usr/bin/xdotool", "/usr/bin/display"]
NEEDS = {"activity": KEYS, "background": KEYS, "chromium": CHROMIUM, "console": CHROMIUM, "details": KEYS, "directory": KEYS,
         "environments": KEYS, "export": KEYS, "pages": KEYS, "filter": KEYS, "keys": KEYS, "narrow": KEYS,
         "notification": OTHER, "preferences": KEYS, "server": KEYS}
STORIES = {name.removeprefix("story_").replace("_", "-"): story
           for module in (story_account, story_activity, story_directory, story_events, story_settings, story_trouble,
                          story_window)
           for name, story in vars(module).items() if name.startswith("story_")}


def main():
    name, desktop, latchkey = sys.argv[1:4]
    story = STORIES[name]
    for path in NEEDS.get(name, []):
        if not os.path.exists(path):
            print(f"skipped: {path} is missing")
            return 77
    run = Run(desktop, latchkey)
    try:
        story(run)
    except Failure as failure:
        print(f"{name}: {failure}", file=sys.stderr)
        for app in run.apps[-1:]:
            app.tell()
        return 1
    finally:
        run.end()
    print(f"{name}: {story.__doc__}")
    return 0


if __name__ == "__main__":
    sys.exit(main())

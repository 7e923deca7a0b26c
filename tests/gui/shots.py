#!/usr/bin/python3
"""Pictures of every state, to be looked at: wide and narrow, light and dark, in high contrast, from
right to left, and with large text.

    shots.py FOLDER DESKTOP-PROGRAM LATCHKEY-PROGRAM [STATE or VARIANT…]

    shots.py shots build/gui/latchkey-desktop build/app/latchkey events wide-dark narrow-rtl

Starts headless.sh itself, once per variant. Needs ImageMagick's import, and localedef for rtl.
"""
import os
import subprocess
import sys
import time

from servers import Emulator
from session import Run
from states import STATES
from waiting import Failure

HERE = os.path.dirname(os.path.abspath(__file__))
SIZES = {"wide": "1180x760", "narrow": "360x640"}
# What a variant changes: the environment, and a line of settings.ini.
VARIANTS = {
    "light": ({"ADW_DEBUG_COLOR_SCHEME": "prefer-light"}, ""),
    "dark": ({"ADW_DEBUG_COLOR_SCHEME": "prefer-dark"}, ""),
    "contrast": ({"ADW_DEBUG_COLOR_SCHEME": "prefer-light", "ADW_DEBUG_HIGH_CONTRAST": "1"}, ""),
    "contrast-dark": ({"ADW_DEBUG_COLOR_SCHEME": "prefer-dark", "ADW_DEBUG_HIGH_CONTRAST": "1"}, ""),
    "rtl": ({"LC_ALL": "he_IL.UTF-8", "LANGUAGE": "he"}, ""),
    "large": ({}, "gtk-font-name=Cantarell 16\n"),
}


def snap(path):
    time.sleep(0.6)
    subprocess.run(["import", "-window", "root", path], check=True)
    print(path)


def write_settings(size, lines):
    """The window opens as large as the screen, through the setting that remembers its size."""
    folder = os.path.join(os.environ["XDG_CONFIG_HOME"], "glib-2.0", "settings")
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, "keyfile"), "w", encoding="utf-8") as file:
        file.write("[io/github/latchkey/Latchkey]\nwindow-size=(%d, %d)\n" % tuple(int(n) for n in size.split("x")))
        file.write(lines.replace("\n ", " "))


def take(folder, variant, environment, programs, name, state):
    class Shot(Run):
        def start_emulator(self):
            return Emulator(self.latchkey, *state.emulator)

    run = Shot(*programs)
    path = os.path.join(folder, f"{name}-{variant}")
    options = dict(state.options)
    before = options.pop("before", None)
    options["environment"] = dict(environment, **options.get("environment", {}))
    write_settings(os.environ["SIZE"], state.settings.replace("%s", run.emulator.url))
    try:
        if state.has_history:
            run.emulator.add_unusual()
            run.fill_history()
        if before is not None:
            before(run)
        app = run.app(**options)
        for click in state.clicks:
            app.click(click)
        app.see(state.text)
        state.lead(app, run, variant)
        snap(path + ".png")
        return True
    except Failure as failure:
        print(f"{name}: {failure}")
        snap(path + "-failed.png")
        return False
    finally:
        run.end()


def prepare(variant):
    """What the program of this variant finds around it."""
    environment, setting = VARIANTS[variant]
    folder = os.environ["XDG_CONFIG_HOME"]
    with open(os.path.join(folder, "gtk-4.0", "settings.ini"), "a", encoding="utf-8") as file:
        file.write(setting)
    if "LC_ALL" in environment:
        subprocess.run(["localedef", "-i", environment["LC_ALL"].split(".")[0], "-f", "UTF-8",
                        os.path.join(folder, environment["LC_ALL"])], check=True)
        # The direction is a message of GTK's, read in languages that the program itself speaks.
        speaks = os.path.join(folder, environment["LANGUAGE"], "LC_MESSAGES")
        os.makedirs(speaks)
        subprocess.run(["msgfmt", "-o", os.path.join(speaks, "latchkey.mo"), "-"], check=True, text=True,
                       input='msgid ""\nmsgstr "Content-Type: text/plain; charset=UTF-8\\n"\n')
        environment = dict(environment, LOCPATH=folder, LATCHKEY_LOCALEDIR=folder)
    return environment


def main():
    folder, desktop, latchkey = (os.path.abspath(path) for path in sys.argv[1:4])
    names = [f"{size}-{variant}" for size in SIZES for variant in VARIANTS]
    wanted = [name for name in sys.argv[4:] if name not in names]
    if "SHOTS_VARIANT" in os.environ:
        name = os.environ["SHOTS_VARIANT"]
        os.environ["GSETTINGS_BACKEND"] = "keyfile"
        os.environ["GSETTINGS_SCHEMA_DIR"] = os.path.join(os.path.dirname(desktop), "data")
        environment = prepare(name.split("-", 1)[1])
        taken = [take(folder, name, environment, (desktop, latchkey), state, STATES[state])
                 for state in wanted or STATES]
        sys.exit(0 if all(taken) else 1)
    os.makedirs(folder, exist_ok=True)
    failed = 0
    for name in names:
        if name in sys.argv[4:] or len(wanted) == len(sys.argv[4:]):
            failed += subprocess.run(
                [os.path.join(HERE, "headless.sh"), sys.executable, __file__, *sys.argv[1:]],
                check=False,
                env=dict(os.environ, SIZE=SIZES[name.split("-")[0]], SHOTS_VARIANT=name,
                         BROWSER=os.path.join(HERE, "stand-in-browser"), G_MESSAGES_DEBUG="")).returncode
    sys.exit(1 if failed else 0)


main()

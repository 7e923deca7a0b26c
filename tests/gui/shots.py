#!/usr/bin/python3
"""Pictures of every state, to be looked at: wide and narrow, light and dark, in high contrast, from
right to left, and with large text.

    shots.py FOLDER DESKTOP-PROGRAM LATCHKEY-PROGRAM [STATE or VARIANT…]

    shots.py shots build/gui/latchkey-desktop build/app/latchkey events wide-dark narrow-rtl

Starts headless.sh itself, once per variant. Needs ImageMagick's import, and localedef for rtl.
"""
import importlib.machinery
import importlib.util
import os
import subprocess
import sys
import time

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
DIRECTORY_STATES = ("people", "person", "moment", "as-of", "not-known", "deleted", "deleted-person")


def load_drive():
    loader = importlib.machinery.SourceFileLoader("drive", os.path.join(HERE, "drive.py"))
    spec = importlib.util.spec_from_loader("drive", loader)
    module = importlib.util.module_from_spec(spec)
    loader.exec_module(module)
    return module


def snap(path):
    time.sleep(0.6)
    subprocess.run(["import", "-window", "root", path], check=True)
    print(path)


def set_window_size(size, program):
    """The window opens as large as the screen, through the setting that remembers its size."""
    path = os.path.join(os.environ["XDG_CONFIG_HOME"], "glib-2.0", "settings", "keyfile")
    os.makedirs(os.path.dirname(path))
    with open(path, "w", encoding="utf-8") as file:
        file.write("[io/github/latchkey/Latchkey]\nwindow-size=(%d, %d)\n" % tuple(int(n) for n in size.split("x")))
    os.environ["GSETTINGS_BACKEND"] = "keyfile"
    os.environ["GSETTINGS_SCHEMA_DIR"] = os.path.join(os.path.dirname(program), "data")


def take(drive, folder, variant, environment, desktop, latchkey, wanted):
    def shot(name):
        snap(os.path.join(folder, f"{name}-{variant}.png"))

    def states():
        yield "not-set-up", dict(client_id=False), [], "WORKOS_CLIENT_ID"
        yield "signed-out", {}, [], "Sign In to Latchkey"
        yield "waiting", dict(mode="none"), ["Sign In"], "Continue in Your Browser"
        yield "code", {}, ["Use a Code Instead"], "/device"
        yield "denied", dict(mode="cancel"), ["Sign In"], "Access Was Denied"
        yield "no-api-key", dict(with_key=False), ["Sign In"], "Events Need an API Key"
        yield "events", {}, ["Sign In"], "Live"
        yield "activity", {}, ["Sign In"], "Live"
        yield "activity-range", {}, ["Sign In"], "Live"
        yield "range", {}, ["Sign In"], "Live"
        yield "details", {}, ["Sign In"], "Live"
        yield "filter", {}, ["Sign In"], "Live"
        yield "people", {}, ["Sign In"], "Live"
        yield "person", {}, ["Sign In"], "Live"
        yield "moment", {}, ["Sign In"], "Live"
        yield "as-of", {}, ["Sign In"], "Live"
        yield "not-known", {}, ["Sign In"], "Live"
        yield "deleted", {}, ["Sign In"], "Live"
        yield "deleted-person", {}, ["Sign In"], "Live"
        yield "no-results", {}, ["Sign In"], "Live"
        yield "profile", {}, ["Sign In", "Profile"], "mira.holt@juniper.example"
        yield "sign-out", {}, ["Sign In", "Profile", "Sign Out…"], "Sign Out?"
        yield "preferences", {}, ["Sign In"], "Live"
        yield "shortcuts", {}, ["Sign In"], "Live"
        yield "masked", {}, ["Sign In"], "Live"
        yield "new", {}, ["Sign In"], "Live"
        yield "damaged", {}, ["Sign In"], "Start Fresh"
        yield "offline", {}, ["Sign In"], "Could Not Reach WorkOS"

    for name, options, clicks, text in states():
        if wanted and name not in wanted:
            continue
        run = drive.Run(desktop, latchkey)
        try:
            if options.get("with_key", True) and name not in ("waiting", "denied", "not-set-up", "damaged"):
                run.emulator.add_unusual()
                run.fill_history()
            if name == "damaged":
                with open(os.path.join(run.folder.name, "mirror.db"), "w", encoding="utf-8") as file:
                    file.write("no database at all, but long enough to be read as one")
            app = run.app(environment=environment, **options)
            for click in clicks:
                app.click(click)
            if name == "offline":
                app.see("Live")
                run.emulator.stop()
            app.see(text)
            if name == "details":
                run.emulator.add_grace()
                app.see("Grace Hopper was changed")
                app.press("alt+1", "Home", "Return")
                app.see("was Murray")
            if name == "filter":
                app.press("ctrl+f", "m", "i", "r", "a")
                app.see_not("Jonas Lind was added")
                app.click("Filter")
            if name in ("activity", "activity-range", "range"):
                app.press("alt+2")
                app.see("Show These Events")
                app.click("30 Days")
                time.sleep(1)
            if name in ("activity-range", "range"):
                app.press("alt+2", "End", "Left", "Left", "shift+Left", "shift+Left")
            if name == "range":
                app.press("Return")
                app.see("Remove filter")
            if name in ("deleted", "deleted-person"):
                gone = run.emulator.add_grace()
                run.emulator.control(f"/_latchkey/directory_users/{gone}", method="DELETE")
                app.see("Grace Hopper was removed")
            if name in DIRECTORY_STATES:
                app.press("alt+3")
                app.see("Mira Holt, mira.holt@juniper.example")
            if name == "person":
                app.press("m", "i", "r", "a")
                app.see_not("Jonas Lind")
                app.press("alt+3", "Home", "Return")
                app.see("Mira Holt was added")
            if name == "moment":
                app.press("ctrl+t")
                app.see("Show This Time")
            if name in ("as-of", "not-known"):
                app.press("ctrl+t")
                app.click("A Week Ago" if name == "as-of" else "Previous year")
                if name == "not-known":
                    app.click("Show This Time")
                app.see("As of ")
            if name == "as-of" and variant.startswith("wide"):
                app.press("alt+Down")
                app.see("History")
            if name in ("deleted", "deleted-person"):
                app.press("ctrl+h", "End")
                app.see("Grace Hopper, grace@juniper.example · Deleted")
            if name == "deleted-person":
                app.press("g", "r", "a", "c", "e")
                app.see("1 person")
                app.press("alt+Down")
                app.see("Not in the directory any more")
            if name in ("preferences", "masked"):
                app.press("ctrl+comma")
                app.see("Mask Personal Data")
            if name == "masked":
                app.tap("Mask Personal Data")
                app.press("Escape")
                app.see_not("Mask Personal Data")
            if name == "shortcuts":
                app.press("ctrl+question")
            if name == "new":
                run.emulator.add_grace()
                app.see("New: Grace Hopper was changed")
            if name == "no-results":
                app.press("ctrl+f", "l", "u", "l", "u")  # no letters of an id
                app.see("No Results")
            shot(name)
            if name in ("deleted", "deleted-person"):
                app.press("ctrl+h")  # it is remembered
                app.see_not("· Deleted")
        except drive.Failure:
            shot(name + "-failed")
            run.apps[-1].tell()
            raise
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
        set_window_size(os.environ["SIZE"], desktop)
        take(load_drive(), folder, name, prepare(name.split("-", 1)[1]), desktop, latchkey, wanted)
        return
    os.makedirs(folder, exist_ok=True)
    for name in names:
        if name in sys.argv[4:] or len(wanted) == len(sys.argv[4:]):
            subprocess.run(
                [os.path.join(HERE, "headless.sh"), sys.executable, __file__, *sys.argv[1:]],
                check=True,
                env=dict(os.environ, SIZE=SIZES[name.split("-")[0]], SHOTS_VARIANT=name,
                         BROWSER=os.path.join(HERE, "stand-in-browser"), G_MESSAGES_DEBUG=""))


main()

#!/usr/bin/python3
"""Pictures of every state, to be looked at: light and dark, wide and narrow.

    shots.py FOLDER DESKTOP-PROGRAM LATCHKEY-PROGRAM [STATE…]

Starts headless.sh itself, once per width and colour scheme. Needs ImageMagick's import.
"""
import importlib.machinery
import importlib.util
import os
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
SIZES = {"wide": "960x700", "narrow": "360x640"}
SCHEMES = {"light": "prefer-light", "dark": "prefer-dark"}


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


def take(drive, folder, variant, desktop, latchkey, wanted):
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
        yield "details", {}, ["Sign In"], "Live"
        yield "filter", {}, ["Sign In"], "Live"
        yield "people", {}, ["Sign In"], "Live"
        yield "person", {}, ["Sign In"], "Live"
        yield "no-results", {}, ["Sign In"], "Live"
        yield "profile", {}, ["Sign In", "Profile"], "mira.holt@juniper.example"
        yield "sign-out", {}, ["Sign In", "Profile", "Sign Out…"], "Sign Out?"
        yield "offline", {}, ["Sign In"], "Could Not Reach WorkOS"

    for name, options, clicks, text in states():
        if wanted and name not in wanted:
            continue
        run = drive.Run(desktop, latchkey)
        try:
            app = run.app(**options)
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
                app.see("3 events")
                app.click("Filter")
            if name in ("people", "person"):
                app.press("alt+2")
                app.see("Mira Holt, mira.holt@juniper.example")
            if name == "person":
                app.press("m", "i", "r", "a")
                app.see_not("Jonas Lind")
                app.press("alt+2", "Home", "Return")
                app.see("Mira Holt was added")
            if name == "no-results":
                app.press("ctrl+f", "q", "q")
                app.see("No Results")
            shot(name)
        except drive.Failure:
            shot(name + "-failed")
            run.apps[-1].tell()
            raise
        finally:
            run.end()


def main():
    folder, desktop, latchkey = (os.path.abspath(path) for path in sys.argv[1:4])
    if "SHOTS_VARIANT" in os.environ:
        set_window_size(os.environ["SIZE"], desktop)
        take(load_drive(), folder, os.environ["SHOTS_VARIANT"], desktop, latchkey, sys.argv[4:])
        return
    os.makedirs(folder, exist_ok=True)
    for width, size in SIZES.items():
        for scheme, value in SCHEMES.items():
            subprocess.run(
                [os.path.join(HERE, "headless.sh"), sys.executable, __file__, *sys.argv[1:]],
                check=True,
                env=dict(os.environ, SIZE=size, ADW_DEBUG_COLOR_SCHEME=value,
                         BROWSER=os.path.join(HERE, "stand-in-browser"),
                         SHOTS_VARIANT=f"{width}-{scheme}", G_MESSAGES_DEBUG=""))


main()

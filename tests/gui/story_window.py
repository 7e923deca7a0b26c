"""Stories of the window and of the process behind it."""
import os
import subprocess

import waiting
from gi.repository import Gio, GLib
from waiting import Failure, wait_for


def story_pages(run):
    """Every page and every window: whatever takes the focus has a name."""
    app = run.app()
    app.see("Sign In to Latchkey")
    app.lint("signed out")
    app.click("Sign In")
    app.see("Live")
    run.emulator.add_grace()
    app.see("Grace Hopper was changed")
    for key, text in (("alt+1", "Live"), ("alt+2", "Show These Events"),
                      ("alt+3", "Grace Hopper, grace@juniper.example"), ("alt+4", "mira.holt@juniper.example")):
        app.press(key)
        app.see(text)
        app.lint(text)
    for page, key, text in (("alt+1", "ctrl+l", "Saved Filters"), ("alt+3", "ctrl+t", "Show This Time")):
        app.press(page, key)
        app.see(text)
        app.lint(text)
        app.press("Escape")
        app.see_not(text)  # until then the next keys are the popover's, which drops them
    app.press("alt+3", "alt+Down")
    app.see("History")
    app.lint("a person")
    for action, text in (("help", "Your browser opens and brings you back"), ("preferences", "Mask Personal Data"),
                         ("environments", "Add Environment…"), ("shortcuts", "Go back"), ("about", "Credits")):
        app.call(action)
        app.see(text)
        app.lint(action)
        app.press("Escape")
        app.see_not(text)
    app.quit()


def story_background(run):
    """Closed, it goes on; another start hands it an event to show, and quitting ends it."""
    app = run.app()
    app.click("Sign In")
    app.see("Live")
    app.press("ctrl+comma")
    app.see("Run in Background")
    app.tap("Run in Background")
    app.press("Escape")
    app.see_not("Run in Background")
    app.press("ctrl+w")
    app.see_not("Live")
    run.emulator.add_grace()
    event = run.emulator.last_event("dsync.user.updated")  # not in the window yet
    if app.process.poll() is not None:
        raise Failure("closing the window ended the program")
    second = subprocess.run([app.program, "--show-event", event], env=app.environment, timeout=waiting.DEADLINE_S,
                            check=False)
    if second.returncode != 0:
        raise Failure(f"the second start ended with {second.returncode}")
    app.see("Last name: was Murray, now Hopper")
    subprocess.run([app.program, "--show-event", "event_of_nobody"], env=app.environment, timeout=waiting.DEADLINE_S,
                   check=True)
    app.see("This event could not be found")
    app.press("ctrl+q")
    app.end()


def story_activation(run):
    """Started by its name on the bus, as a desktop does; its actions can be called from a script."""
    name = "io.github.latchkey.Latchkey"
    bus = Gio.bus_get_sync(Gio.BusType.SESSION)

    def call(dest, path, interface, method, arguments):
        bus.call_sync(dest, path, interface, method, arguments, None, Gio.DBusCallFlags.NONE, waiting.DEADLINE_S * 1000, None)

    # What is installed, but for the place of the program.
    with open(os.path.join(os.path.dirname(run.desktop), "data", name + ".service"), encoding="utf-8") as file:
        lines = [line if not line.startswith("Exec=") else f"Exec={run.desktop} --gapplication-service\n"
                 for line in file]
    with open(os.path.join(os.environ["HOME"], "../services", name + ".service"), "w", encoding="utf-8") as file:
        file.writelines(lines)
    environment = {"WORKOS_API_BASE_URL": run.emulator.url, "WORKOS_CLIENT_ID": run.emulator.ready["client_id"],
                   "LATCHKEY_STORE": "sqlite:" + os.path.join(run.folder.name, "mirror.db")}
    for key in ("DISPLAY", "AT_SPI_BUS_ADDRESS", "GSETTINGS_SCHEMA_DIR", "LSAN_OPTIONS"):
        if key in os.environ:
            environment[key] = os.environ[key]
    driver = ("org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus")
    call(*driver, "UpdateActivationEnvironment", GLib.Variant("(a{ss})", (environment,)))
    call(*driver, "ReloadConfig", None)
    call(name, "/io/github/latchkey/Latchkey", "org.freedesktop.Application", "Activate",
         GLib.Variant("(a{sv})", ({},)))
    pid = bus.call_sync(*driver, "GetConnectionUnixProcessID", GLib.Variant("(s)", (name,)), None,
                        Gio.DBusCallFlags.NONE, waiting.DEADLINE_S * 1000, None).unpack()[0]
    app = run.follow(pid)
    app.see("Sign In to Latchkey")
    subprocess.run(["gapplication", "action", name, "help"], check=True)
    app.see("Your browser opens and brings you back")
    subprocess.run(["gapplication", "action", name, "quit"], check=True)
    wait_for("the end", lambda: not os.path.exists(f"/proc/{pid}"))

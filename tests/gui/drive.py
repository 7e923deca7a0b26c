#!/usr/bin/python3
"""Stories with the real program, the real emulator and a stand-in browser, told through AT-SPI: the
tree that a screen reader sees. Run it in headless.sh, with the machine's own Python: another one
that comes first in PATH has no Debian bindings.

    headless.sh /usr/bin/python3 drive.py STORY DESKTOP-PROGRAM LATCHKEY-PROGRAM
"""
import csv
import json
import os
import random
import re
import sqlite3
import subprocess
import sys
import tempfile
import time
import urllib.request

try:
    import tree
    from gi.repository import Atspi, Gio, GLib
except (ImportError, ValueError) as missing:
    print(f"skipped: {missing}")
    sys.exit(77)

DEADLINE_S = 60
# Of the program's main loop, after a key: with two modifiers it is six events, and a popup that closes is some more.
ROUNDS = 8
BUTTONS = ("button", "tab")
# GTK 4.8 answers a question about a node that has just left the tree with a path that is NULL: its
# own D-Bus code, called by nobody but the test that asks.
KNOWN_COMPLAINTS = ("g_variant_is_object_path", "g_variant_new_object_path", "g_variant_get_type",
                    "g_variant_type_is_subtype_of", "g_variant_new_variant")
# GLib leaves the table of its first 2048 quarks behind when there is one more, so that others may still
# read in it (gquark.c). It is made before there is a stack to tell it from other memory by, so that no
# suppression fits it alone.
QUARKS = re.compile(r"ERROR: LeakSanitizer: detected memory leaks\n\n"
                    r"Direct leak of 16384 byte\(s\) in 1 object\(s\) allocated from:\n"
                    r"    #0 [^\n]* in [^\n]*malloc[^\n]*\n    #1 [^\n]* in g_malloc [^\n]*\n\n"
                    r".*SUMMARY: AddressSanitizer: 16384 byte\(s\) leaked in 1 allocation\(s\)", re.DOTALL)
NOT_NAMES = ("Gtk", "Adw", "Latchkey")


class Failure(Exception):
    pass


def use_other_window():
    """Opens another program's window and gives it the focus; ends with the process that is returned."""
    other = subprocess.Popen(["display", "-size", "40x40", "-title", "other", "xc:gray"])
    subprocess.run(["xdotool", "search", "--sync", "--name", "^other", "windowfocus"], check=True)
    return other


def turn():
    context = GLib.MainContext.default()
    for _ in range(50):
        if not context.iteration(False):
            break


def wait_for(what, condition):
    end = time.monotonic() + DEADLINE_S
    while time.monotonic() < end:
        turn()
        began = time.monotonic()
        try:
            value = condition()
        except GLib.Error:  # a node went away while it was looked at
            value = None
        if value:
            return value
        time.sleep(max(0.05, time.monotonic() - began))  # the program needs the processor, too
    raise Failure(f"never happened: {what}")


class Emulator:
    def __init__(self, program, *arguments, port=0):
        self.program = program
        self.arguments = arguments
        self.start(port)

    def start(self, port=0):
        self.process = subprocess.Popen(
            [self.program, "emulate", "--port", str(port), "--control", "--simulate", "0",
             *self.arguments], stdout=subprocess.PIPE, text=True)
        self.ready = json.loads(self.process.stdout.readline())
        self.url = self.ready["url"]

    def control(self, path, body=None, method="POST"):
        request = urllib.request.Request(
            self.url + path, json.dumps(body or {}).encode(),
            {"Content-Type": "application/json",
             "Authorization": "Bearer " + self.ready["api_key"]}, method=method)
        with urllib.request.urlopen(request, timeout=DEADLINE_S) as answer:
            return json.loads(answer.read() or b"{}")

    def first_directory(self):
        request = urllib.request.Request(
            self.url + "/directories", headers={"Authorization": "Bearer " + self.ready["api_key"]})
        with urllib.request.urlopen(request, timeout=DEADLINE_S) as answer:
            return json.loads(answer.read())["data"][0]["id"]

    def add_grace(self, directory=None):
        """Grace Hopper comes and gets another name; the id of her record."""
        grace = self.control(f"/_latchkey/directories/{directory or self.first_directory()}/users",
                             {"first_name": "Grace", "last_name": "Murray",
                              "email": "grace@juniper.example"})["id"]
        self.control(f"/_latchkey/directory_users/{grace}",
                     {"last_name": "Hopper", "custom_attributes": {"department_name": "Navy"}},
                     "PATCH")
        return grace

    def add_unusual(self):
        """People whose names are markup, run from right to left, or are no letters."""
        for first, last in (("<b>Zoë</b>", "& 'Söhne'"), ("ليلى", "حداد"), ("Sam 🦊", "Fox 👩‍🚀"),
                            ("Wolfeschlegelsteinhausen", "Bergerdorff-Vorauserwartungen the Third")):
            self.control(f"/_latchkey/directories/{self.first_directory()}/users",
                         {"first_name": first, "last_name": last, "email": "odd@juniper.example"})

    def last_event(self, kind):
        request = urllib.request.Request(
            f"{self.url}/events?events={kind}&limit=1&order=desc",
            headers={"Authorization": "Bearer " + self.ready["api_key"]})
        with urllib.request.urlopen(request, timeout=DEADLINE_S) as answer:
            return json.loads(answer.read())["data"][0]["id"]

    def stop(self):
        self.process.terminate()
        self.process.wait(timeout=DEADLINE_S)


class Server:
    """latchkey serve beside the emulator: no API key for the window, but an address."""

    def __init__(self, program, emulator, folder, *arguments):
        self.process = subprocess.Popen(
            [program, "serve", "--listen", "127.0.0.1:0", "--key-cache", "none", "--poll-interval", "1",
             "--store", "sqlite:" + os.path.join(folder, "server.db"), *arguments],
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
            env=dict(os.environ, WORKOS_API_BASE_URL=emulator.url,
                     WORKOS_CLIENT_ID=emulator.ready["client_id"],
                     WORKOS_API_KEY=emulator.ready["api_key"],
                     WORKOS_COOKIE_PASSWORD="only-for-tests-only-for-tests-only"))
        self.url = json.loads(self.process.stdout.readline())["url"].replace("localhost", "127.0.0.1")

    def stop(self):
        self.process.terminate()
        self.process.wait(timeout=DEADLINE_S)


class Started:
    """A process that is no child of this one."""

    def __init__(self, pid):
        self.pid = pid

    def poll(self):
        return None if os.path.exists(f"/proc/{self.pid}") else 0

    def kill(self):
        os.kill(self.pid, 9)

    def wait(self, timeout=DEADLINE_S):
        wait_for("the end", lambda: self.poll() == 0)


class App:
    """One run of the program."""

    def __init__(self, program, emulator, folder, mode="first", with_key=True, client_id=True,
                 environment=()):
        self.log = os.path.join(folder, "browser.log")
        environment = dict(
            os.environ, **dict(environment), WORKOS_API_BASE_URL=emulator.url, BROWSER_LOG=self.log, BROWSER_MODE=mode,
            LATCHKEY_STORE="sqlite:" + os.path.join(folder, "mirror.db"))
        environment.setdefault("LATCHKEY_LOCALEDIR", os.path.join(os.path.dirname(program), "po"))
        environment.pop("GTK_A11Y", None)
        environment.pop("G_DEBUG", None)
        if with_key:
            environment["WORKOS_API_KEY"] = emulator.ready["api_key"]
        if client_id:
            environment["WORKOS_CLIENT_ID"] = emulator.ready["client_id"]
        self.stderr = tempfile.TemporaryFile(mode="w+")
        self.program = program
        self.environment = environment
        self.process = subprocess.Popen([program], env=environment, stderr=self.stderr)
        self.tree = wait_for("the program in the accessibility tree", self._find_tree)

    def _find_tree(self):
        if self.process.poll() is not None:
            raise Failure(f"the program ended with {self.process.returncode}")
        return tree.find_program(self.process.pid)

    def texts(self):
        return [node.name for node in self.tree.read()]

    def has(self, text):
        return any(text in name for name in self.texts())

    def see(self, text):
        wait_for(f"to see “{text}”", lambda: self.has(text))

    def see_not(self, text):
        wait_for(f"“{text}” to go away", lambda: not self.has(text))

    def find(self, name):
        for node in self.tree.read():
            if node.name == name and node.role.split()[-1] in BUTTONS and node.is_in(Atspi.StateType.SENSITIVE):
                # A menu button is two nodes, and the outer one does nothing.
                if node.has_action():
                    return node
        return None

    def click(self, name):
        wait_for(f"something to click named “{name}”", lambda: self.find(name)).act()

    def fill(self, name, text):
        """Puts the text into the field of this name."""
        wait_for(f"a field named “{name}”", lambda: next(
            (node for node in self.tree.read() if node.name == name and node.takes("EditableText")), None)).set_text(text)

    def press(self, *keys):
        """Keys as from the keyboard, each once the one before has been taken: "Down", "ctrl+f"."""
        for key in keys:
            subprocess.run(["xdotool", "key", key], check=True)
            self.tree.settle(ROUNDS)

    def type(self, text):
        """Into what has the focus, in the place of what stands there."""
        self.press("ctrl+a")
        subprocess.run(["xdotool", "type", "--delay", "20", text], check=True)
        self.tree.settle(ROUNDS)

    def call(self, action):
        """One of the program's actions, as a script calls it over D-Bus."""
        subprocess.run(["gapplication", "action", "io.github.latchkey.Latchkey", action], check=True)

    def tap(self, name):
        """The row of a list with this name: with the mouse, since rows have no action in GTK 4.8."""
        places = [None]

        def place():
            """Where it has come to rest."""
            for node in self.tree.read():
                if node.name == name and node.role in ("list item", "combo box"):
                    places.append(node.middle())
                    return places[-1] if places[-1] == places[-2] else None
            return None

        # Without a window manager the window stands at 0,0.
        x, y = wait_for(f"a row named “{name}”", place)
        subprocess.run(["xdotool", "mousemove", str(x), str(y), "click", "1"], check=True)
        self.tree.settle(ROUNDS)

    def description_of(self, name):
        return next((node.description for node in self.tree.read() if node.name == name and node.description), None)

    def lint(self, where):
        """Every node that takes the focus has a name of its own."""
        nameless = []
        for node in self.tree.read():
            if not node.is_in(Atspi.StateType.FOCUSABLE):
                continue
            if node.role in ("window", "frame", "label", "scroll pane", "list item"):
                continue
            if not node.name.strip() or node.name.startswith(NOT_NAMES) or "_" == node.name[:1]:
                nameless.append(f"{node.role} “{node.name}”")
        if nameless:
            raise Failure(f"{where}: without a name: {', '.join(nameless)}")

    def opened(self):
        if not os.path.exists(self.log):
            return []
        with open(self.log, encoding="utf-8") as log:
            return log.read().splitlines()

    def tell(self):
        """What there is to know about a failure."""
        print("program:", self.process.poll() or "runs", file=sys.stderr)
        try:
            print("in the tree:", [text for text in self.texts() if text], file=sys.stderr)
        except GLib.Error as error:
            print("no tree:", error, file=sys.stderr)
        print("browser:", self.opened(), file=sys.stderr)
        self.stderr.seek(0)
        sys.stderr.write(self.stderr.read())

    def quit(self):
        if self.process.poll() is None:
            self.process.terminate()
        self.process.wait(timeout=DEADLINE_S)
        self.complaints()

    def end(self):
        """It ends by itself, and well."""
        wait_for("the end", lambda: self.process.poll() is not None)
        self.stderr.seek(0)
        if self.process.returncode != 0 and not QUARKS.search(self.stderr.read()):
            raise Failure(f"the program ended with {self.process.returncode}")
        self.complaints()

    def complaints(self):
        self.stderr.seek(0)
        lines = [line for line in self.stderr.read().splitlines()
                 if ("CRITICAL" in line or "WARNING" in line) and not any(
                     known in line for known in KNOWN_COMPLAINTS)]
        if lines:
            raise Failure("the program complained: " + " | ".join(lines))


def story_sign_in(run):
    """Signs in, sees the profile, sees an event arrive, signs out."""
    app = run.app()
    app.see("Sign In to Latchkey")
    app.lint("signed out")
    app.click("Sign In")
    app.see("Mira Holt was added")  # the events page comes first
    app.see("Live")
    app.lint("events")
    run.emulator.control(f"/_latchkey/directories/{run.emulator.first_directory()}/users",
                         {"first_name": "Grace", "last_name": "Hopper",
                          "email": "grace@juniper.example"})
    app.see("Grace Hopper was added")
    if app.has("Sign In to Latchkey"):
        raise Failure("the page that is not shown is still in the accessibility tree")
    app.click("Profile")
    app.see("mira.holt@juniper.example")
    wait_for("the role", lambda: app.description_of("Role") == "admin")
    wait_for("the organization", lambda: (app.description_of("Organization ID") or "")
             .startswith("org_"))
    app.see("You will have to sign in again next time.")  # no keyring in this session
    app.lint("profile")
    app.click("Sign Out…")
    app.see("Sign Out?")
    app.lint("sign-out dialog")
    app.click("Sign Out")
    app.see("Sign In to Latchkey")
    wait_for("the session's end at WorkOS",
             lambda: any("/user_management/sessions/logout?" in line for line in app.opened()))
    app.quit()


def open_details(run):
    """With the keyboard: into the list, to the newest event, into its details."""
    app = run.app()
    app.click("Sign In")
    app.see("Mira Holt was added")
    run.emulator.add_grace()
    app.see("Grace Hopper was changed")
    app.press("alt+1", "Home", "Return")
    app.see("Last name: was Murray, now Hopper")
    return app


def story_details(run):
    """Opens an event with the keyboard: before and after, its ids, its JSON; copies it."""
    app = open_details(run)
    if app.description_of("Person") != "Grace Hopper":
        raise Failure(f"the person is {app.description_of('Person')}")
    if app.description_of("Type") != "dsync.user.updated":
        raise Failure(f"the type is {app.description_of('Type')}")
    app.see("custom_attributes.department_name: was not set, now Navy")
    app.click("Copy Event ID")
    app.see("Copied to clipboard")
    app.lint("details")
    app.press("Down")
    wait_for("the event below", lambda: app.description_of("Type") == "dsync.user.created")
    app.see_not("was Murray")  # nothing of the event before is left
    app.quit()


def story_filter(run):
    """Types in the list to search it, finds, finds nothing, clears, and follows what arrives."""
    app = run.app()
    app.click("Sign In")
    app.see("31 events")
    app.press("alt+1", "m", "i", "r", "a")
    app.see("3 events")  # added, and into two groups
    app.see_not("Jonas Lind was added")
    app.lint("search")
    app.press("q", "q")
    app.see("No Results")
    app.see("0 events")
    app.lint("no results")
    app.press("Escape")
    app.see("31 events")
    app.press("ctrl+f", "g", "r", "a", "c", "e")
    app.see("0 events")
    run.emulator.add_grace()
    app.see("2 events")  # arrived while the list was filtered
    app.click("Filter")
    app.see("All directories")
    app.lint("filter menu")
    app.quit()


def story_keys(run):
    """Pauses, follows, copies, filters and hides the details, all from the keyboard."""
    app = run.app()
    app.click("Sign In")
    app.see("31 events")
    app.see("s ago")
    app.press("alt+1", "Home", "space")
    app.see("Paused")
    run.emulator.add_grace()
    app.see("2 new events")
    app.lint("paused")
    app.press("Home")
    app.see("Live")
    app.see_not("2 new events")
    app.press("ctrl+p")
    app.see("Paused")
    app.press("ctrl+p", "Home")
    wait_for("the newest event", lambda: app.description_of("Type") == "dsync.user.updated")
    app.press("ctrl+c")
    app.see("Copied to clipboard")
    app.press("F9")
    wait_for("the details to go", lambda: app.description_of("Type") is None)
    app.press("F9")
    wait_for("the details again", lambda: app.description_of("Type") == "dsync.user.updated")
    app.press("ctrl+f", "g", "r", "a", "c", "e", "space")  # that space is typed
    app.see("2 events")
    app.see("Live")
    app.press("ctrl+l")
    app.see("Save This Filter As")
    app.lint("saved filters")
    app.press("Escape")
    app.see_not("Save This Filter As")
    app.press("ctrl+shift+l")
    app.see("33 events")
    app.quit()


def story_directory(run):
    """From an event to the person, their groups and history; searches, and follows a membership."""
    app = run.app()
    app.click("Sign In")
    app.see("Mira Holt was added")
    app.press("alt+1", "End", "Home")
    grace = run.emulator.add_grace()
    app.see("Grace Hopper was changed")
    app.press("Home", "Down")
    wait_for("the event", lambda: app.description_of("Type") == "dsync.user.created")
    app.tap("Person")
    app.see("State")
    wait_for("the person", lambda: app.description_of("ID") == grace)
    wait_for("the state", lambda: app.description_of("State") == "active")
    app.see("Grace Murray was added")  # the history, under today's name
    app.see("Grace Hopper, grace@juniper.example")
    app.lint("person")
    app.press("alt+3", "n", "i", "g", "h", "t")
    app.see("No Results")
    app.click("Groups")
    app.see("Night watch, 1 member")
    app.press("alt+3", "Home", "Return")
    app.see("Members")
    app.see("Jonas Lind")
    app.lint("group")
    run.emulator.control(f"/_latchkey/directory_users/{grace}", method="DELETE")
    app.press("alt+1")
    app.see("Grace Hopper was removed")
    app.press("Home")
    wait_for("the removal", lambda: app.description_of("Type") == "dsync.user.deleted")
    app.tap("Person")
    app.see("Not in the directory any more")
    app.see("Grace Murray was added")
    app.see("Last name: was Murray, now Hopper")
    see_the_past(app)
    app.quit()


def see_the_past(app):
    """Of the directories, once Grace was deleted: on request, and as of a time before she came."""
    app.press("alt+3", "ctrl+f", "Escape")
    app.click("People")
    app.see("Mira Holt, ")
    app.see_not("Grace Hopper, ")
    app.press("ctrl+h")
    app.see("Grace Hopper, grace@juniper.example · Deleted")
    app.press("alt+3", "End", "alt+Up", "alt+Down")
    app.press("ctrl+t")
    app.see("Show This Time")
    app.lint("as of a time")
    app.click("An Hour Ago")
    app.see("As of 2")
    app.see_not("Grace Hopper, ")  # she came later
    app.see("Mira Holt, ")
    app.lint("as of an hour ago")
    app.click("Back to Now")
    app.see("Grace Hopper, grace@juniper.example · Deleted")
    app.see_not("As of 2")


def count_in(app, text):
    """The number of events that a line such as “31 events” tells; None: there is no such line."""
    for name in app.texts():
        if name.endswith(text) and name[:-len(text)].strip().isdigit():
            return int(name[:-len(text)])
    return None


def counted_in(app):
    """The line under the chart, of what is chosen or of all."""
    return next((name for name in app.texts() if " events: " in name), None)


def story_activity(run):
    """Reads the chart with the keyboard, chooses a span of time, and sees its events in the list."""
    run.fill_history()
    app = run.app()
    app.click("Sign In")
    app.see("Live")
    total = wait_for("the number of events", lambda: count_in(app, " events"))
    app.press("alt+2")
    app.see("Show These Events")
    app.lint("activity")
    wait_for("the chart in words", lambda: "Most of them:" in (app.description_of(CHART) or ""))
    day = app.description_of(CHART)
    app.click("30 Days")
    wait_for("another month", lambda: app.description_of(CHART) != day)
    month = counted_in(app)
    app.press("alt+2", "End", "Left", "Left", "shift+Left")
    counted = wait_for("the chosen days", lambda: counted_in(app) not in (None, month) and counted_in(app))
    app.press("Return")
    chosen = int(counted.split()[0])
    wait_for("as many events in the list", lambda: count_in(app, " events") == chosen)
    if not 0 < chosen < total:
        raise Failure(f"{chosen} of {total} events were chosen")
    app.lint("a chosen time")
    chip = wait_for("the filter", lambda: next(
        (name for name in app.texts() if name.startswith("Remove filter: ")), None))
    if " – " not in chip:
        raise Failure(f"the filter does not name the days: {chip}")
    app.click("Clear Filters")
    app.click("Undo")  # before it goes away
    wait_for("the chosen ones again", lambda: count_in(app, " events") == chosen)
    app.click(chip)
    wait_for("all events again", lambda: count_in(app, " events") == total)
    app.quit()


NOTIFICATIONS = """<node><interface name="org.freedesktop.Notifications">
<method name="Notify"><arg type="s" direction="in"/><arg type="u" direction="in"/><arg type="s" direction="in"/>
<arg type="s" direction="in"/><arg type="s" direction="in"/><arg type="as" direction="in"/>
<arg type="a{sv}" direction="in"/><arg type="i" direction="in"/><arg type="u" direction="out"/></method>
<method name="CloseNotification"><arg type="u" direction="in"/></method>
<method name="GetCapabilities"><arg type="as" direction="out"/></method>
<method name="GetServerInformation"><arg type="s" direction="out"/><arg type="s" direction="out"/>
<arg type="s" direction="out"/><arg type="s" direction="out"/></method>
<signal name="ActionInvoked"><arg type="u"/><arg type="s"/></signal></interface></node>"""


class Desk:
    """Stands in for the part of a desktop that shows notifications: one, as they replace each other."""

    def __init__(self):
        self.told = []
        self.actions = []
        self.connection = Gio.bus_get_sync(Gio.BusType.SESSION)
        self.connection.register_object(
            "/org/freedesktop/Notifications", Gio.DBusNodeInfo.new_for_xml(NOTIFICATIONS).interfaces[0],
            self._on_call, None, None)
        Gio.bus_own_name_on_connection(self.connection, "org.freedesktop.Notifications",
                                       Gio.BusNameOwnerFlags.NONE, None, None)

    def _on_call(self, _connection, _sender, _path, _interface, method, arguments, invocation):
        answers = {"GetCapabilities": ("(as)", (["actions", "body"],)), "CloseNotification": ("()", ()),
                   "GetServerInformation": ("(ssss)", ("desk", "latchkey", "1", "1.2"))}
        if method == "Notify":
            self.told.append((arguments[3], arguments[4]))
            self.actions = arguments[5]
            answers["Notify"] = ("(u)", (7,))
        invocation.return_value(GLib.Variant(*answers[method]))

    def click(self):
        self.connection.emit_signal(None, "/org/freedesktop/Notifications", "org.freedesktop.Notifications",
                                    "ActionInvoked", GLib.Variant("(us)", (7, "default")))


def story_notification(run):
    """New events are marked; while the window is not in use they are told as one, and shown on a click."""
    desk = Desk()
    app = run.app()
    app.click("Sign In")
    app.see("Live")
    app.press("alt+1", "Home")
    grace = run.emulator.add_grace()
    app.see("New: Grace Hopper was changed")
    other = use_other_window()
    app.see_not("New: ")
    run.emulator.control(f"/_latchkey/directory_users/{grace}", {"last_name": "Murray"}, "PATCH")
    run.emulator.control(f"/_latchkey/directory_users/{grace}", method="DELETE")
    wait_for("the notification", lambda: desk.told)
    if desk.told != [("Grace Murray was removed", "User deleted · Harbor & Pine people")]:
        raise Failure(f"told was {desk.told}")  # more than what is important, or while it was in use
    app.see("New: Grace Murray was removed")
    desk.click()
    wait_for("the event", lambda: app.description_of("Type") == "dsync.user.deleted")
    other.kill()
    other.wait()
    app.lint("after a notification")
    app.quit()


def story_preferences(run):
    """Chooses UTC, the interval and a mask with what a screen reader reaches; the list follows."""
    app = run.app()
    app.click("Sign In")
    app.see("Mira Holt was added")
    app.press("ctrl+comma")
    app.see("Mask Personal Data")
    app.lint("preferences")
    app.tap("Mask Personal Data")
    app.press("Escape")
    app.see("M. H. was added")
    app.see_not("Mira Holt")
    app.quit()


def story_export(run):
    """Writes the events that are listed to a file that the chooser names."""
    app = run.app()
    app.click("Sign In")
    app.see("31 events")
    app.press("alt+1", "m", "i", "r", "a")
    app.see("3 events")
    app.press("ctrl+e")
    app.see("Export Events")
    path = os.path.join(run.folder.name, "out.csv")
    app.type(path)
    app.press("Return")
    app.see("3 events in out.csv")
    app.see("Open Folder")
    with open(path, encoding="utf-8", newline="") as file:
        lines = list(csv.DictReader(file))
    if [line["person"] for line in lines] != ["Mira Holt"] * 3:
        raise Failure(f"the file holds {lines}")
    app.lint("after an export")
    app.quit()


def story_narrow(run):
    """In a window as wide as a phone: into an event, and back by button and by key."""
    app = open_details(run)
    if app.has("Grace Murray was added"):
        raise Failure("the list under the event is still in the accessibility tree")
    app.lint("details alone")
    app.click("Back")
    app.see("Grace Murray was added")
    app.see_not("was Murray")
    app.press("Return")
    app.see("was Murray")
    app.press("Escape")
    app.see("Grace Murray was added")
    app.quit()


def story_chromium(run):
    """The sign-in story with real Chromium as the browser, which shows how it went."""
    story_sign_in(run)
    pages = [line for line in run.apps[0].opened() if line.startswith("page: ")]
    if len(pages) != 1 or "signed in" not in pages[0].lower():
        raise Failure(f"Chromium showed {pages}")


def story_console(run):
    """Somebody at the emulator's console hires, moves, suspends and removes; the window tells each."""
    desk = Desk()
    app = run.app()
    app.click("Sign In")
    app.see("Live")
    console = subprocess.Popen(["node", os.path.join(HERE, "console.mjs"), run.emulator.url + "/"],
                               stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    for step, told in (("open", []), ("hire", ["Grace Hopper was added", "Grace Hopper joined Design"]),
                       ("move", ["Grace Hopper left Design", "Grace Hopper joined Workshop",
                                 "Grace Hopper was changed"]),
                       ("suspend", []), ("remove", ["Grace Hopper was removed"])):
        console.stdin.write(step + "\n")
        console.stdin.flush()
        if console.stdout.readline().strip() != step:
            raise Failure(f"the console did not {step}")
        for words in told:
            app.see(words)
        if step == "suspend":  # the window has the same words for every change
            wait_for("the suspension", lambda: sum(
                text == "Grace Hopper was changed" for text in app.texts()) == 2)
        if os.environ.get("SHOTS"):
            time.sleep(1)
            subprocess.run(["import", "-window", "root",
                            os.path.join(os.environ["SHOTS"], f"console-{step}.png")], check=True)
    console.stdin.close()
    console.wait(timeout=DEADLINE_S)
    if any("Grace Hopper" not in title for title, _ in desk.told):  # Chromium may have had the focus
        raise Failure(f"told was {desk.told}")
    app.quit()


def story_cancelled(run):
    """Says no in the browser, tries again, changes their mind."""
    app = run.app(mode="cancel")
    app.click("Sign In")
    app.see("Access Was Denied")
    app.lint("denied")
    app.click("Try Again")
    wait_for("a second attempt",
             lambda: sum("/authorize" in line for line in app.opened()) == 2)
    app.see("Access Was Denied")
    app.quit()


def story_no_browser(run):
    """No browser comes: the link is there, and the way out."""
    app = run.app(mode="none")
    app.click("Sign In")
    app.see("Continue in Your Browser")
    app.see("left")
    app.lint("waiting")
    for name in ("Copy Link", "Open Again", "Cancel"):
        if app.find(name) is None:
            raise Failure(f"the waiting page has no “{name}”")
    app.click("Copy Link")
    app.see("Copied to clipboard")
    app.click("Open Again")
    wait_for("a second launch", lambda: len(app.opened()) == 2)
    if app.opened()[0] != app.opened()[1]:
        raise Failure("opening again began another attempt")
    app.click("Cancel")
    app.see("Sign In to Latchkey")
    app.quit()


def story_german(run):
    """A German session sees a German window, dates and plurals included."""
    app = run.app(environment={"LANGUAGE": "de"})
    app.see("Bei Latchkey anmelden")
    app.click("Anmelden")
    app.see("Mira Holt wurde hinzugefügt")
    app.see("Aktuell")
    wait_for("the number of events", lambda: any(
        text.endswith(" Ereignisse") for text in app.texts()))
    app.lint("German events")
    app.click("Verzeichnisse")
    app.see("Alle Verzeichnisse")
    app.click("Profil")
    wait_for("the next renewal", lambda: any(re.fullmatch(r"Wird in \d Minuten erneuert", text) for text in app.texts()))
    app.lint("German profile")
    app.quit()


def code_in(app):
    return next((text for text in app.texts() if len(text) == 9 and text[4] == "-"), None)


def story_code(run):
    """No browser here: shows a code, and is signed in when it is entered somewhere."""
    app = run.app(mode="none")
    app.click("Sign In")
    app.see("Continue in Your Browser")
    app.see("Address from the browser")  # the way for a browser elsewhere
    app.lint("waiting, with a place to paste")
    app.click("Use a Code Instead")
    app.see("Enter This Code on Any Device")
    app.see("/device")
    app.see("left")
    app.lint("code")
    code = wait_for("the code", lambda: code_in(app))
    app.click("Copy Code")
    app.see("Copied to clipboard")
    app.click("Cancel")
    app.see("Sign In to Latchkey")
    app.click("Use a Code Instead")
    app.see("/device")
    if app.has(code):
        raise Failure("the code of the attempt that was given up came back")
    code = wait_for("the code", lambda: code_in(app))
    subprocess.run([os.environ["STAND_IN"], f"{run.emulator.url}/device?user_code={code}"],
                   check=True, env=dict(os.environ, BROWSER_MODE="first", BROWSER_LOG=app.log))
    app.see("Mira Holt was added")
    app.quit()


def story_keyring(run):
    """Stays signed in over a restart; once signed out, stays signed out."""
    app = run.app()
    app.click("Sign In")
    app.see("Mira Holt was added")
    app.click("Profile")
    wait_for("the keyring", lambda: app.description_of("Kept In") == "Keyring “Login”")
    app.quit()
    app = run.app()
    app.see("Mira Holt was added")
    if sum("/authorize" in line for line in app.opened()) != 1:
        raise Failure("the browser was asked again")
    app.click("Profile")
    app.click("Sign Out…")
    app.click("Sign Out")
    app.see("Sign In to Latchkey")
    app.quit()
    app = run.app()
    app.see("Sign In to Latchkey")
    app.quit()


def story_no_api_key(run):
    """Without an API key the events page says what to do."""
    app = run.app(with_key=False)
    app.click("Sign In")
    app.see("Events Need an API Key")
    if app.has("Live"):
        raise Failure("it says Live without fetching anything")
    app.lint("no API key")
    app.quit()


def story_not_set_up(run):
    """Without a client id it says which variable to set."""
    app = run.app(client_id=False)
    app.see("WORKOS_CLIENT_ID")
    app.lint("not set up")
    app.quit()


def story_server(run):
    """Sets up a Latchkey server by its address, signs in, and sees what the server lets one see."""
    server = run.serve()
    app = run.app(with_key=False, client_id=False)
    app.see("Latchkey Is Not Set Up")
    app.click("Set Up…")
    app.see("The server decides what you may see")
    app.lint("environment editor")
    app.fill("Server Address", run.emulator.url)  # a server, but of another kind
    app.click("Save")
    app.see("There is no Latchkey server at")
    app.fill("Name", "Juniper & Sons")
    app.fill("Server Address", server.url + "/")
    app.click("Save")
    app.see("Environment: Juniper & Sons")
    app.lint("environments")
    app.press("Escape")
    app.click("Sign In")
    app.see("Mira Holt was added")
    app.see("Live")
    run.emulator.control("/_latchkey/directories/directory_01HARB0R0000000000000P1NE/users",
                         {"first_name": "Not", "last_name": "Ours", "email": "not@harbor.example"})
    run.emulator.add_grace("directory_01JUNIPER00000000000STAFF")
    app.see("Grace Hopper was changed")
    if app.has("Not Ours"):
        raise Failure("another organization's people are on show")
    app.press("alt+3")
    app.see("Grace Hopper, grace@juniper.example")
    app.click("Groups")
    app.see("Night watch, 1 member")
    server.stop()
    app.press("alt+1")
    app.see("Could Not Reach the Server")
    app.see("Grace Hopper was changed")
    app.quit()


def story_environments(run):
    """Enters an API key, for this run only where there is no keyring; two environments, each its own."""
    app = run.app(with_key=False, client_id=False)
    for name in ("Production", "Staging"):
        app.click("Set Up…" if name == "Production" else "Add Environment…")
        app.see("Events From")
        app.tap("Events From")
        app.press("Down", "Return")  # WorkOS, with an API key
        app.see("For administrators")
        app.fill("Name", name)
        app.fill("Client ID", run.emulator.ready["client_id"])
        app.fill("API Key", run.emulator.ready["api_key"])
        app.fill("API Address, if Not That of WorkOS", run.emulator.url)
        app.lint("WorkOS environment")
        app.click("Save")
        app.see(f"Environment: {name}")
    app.press("Escape")
    app.see("API key kept for this run only")
    app.click("Sign In")
    app.see("Mira Holt was added")
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
    second = subprocess.run([app.program, "--show-event", event], env=app.environment, timeout=DEADLINE_S,
                            check=False)
    if second.returncode != 0:
        raise Failure(f"the second start ended with {second.returncode}")
    app.see("Last name: was Murray, now Hopper")
    subprocess.run([app.program, "--show-event", "event_of_nobody"], env=app.environment, timeout=DEADLINE_S,
                   check=True)
    app.see("This event could not be found")
    app.press("ctrl+q")
    app.end()


def story_activation(run):
    """Started by its name on the bus, as a desktop does; its actions can be called from a script."""
    name = "io.github.latchkey.Latchkey"
    bus = Gio.bus_get_sync(Gio.BusType.SESSION)

    def call(dest, path, interface, method, arguments):
        bus.call_sync(dest, path, interface, method, arguments, None, Gio.DBusCallFlags.NONE, DEADLINE_S * 1000, None)

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
                        Gio.DBusCallFlags.NONE, DEADLINE_S * 1000, None).unpack()[0]
    app = run.follow(pid)
    app.see("Sign In to Latchkey")
    subprocess.run(["gapplication", "action", name, "help"], check=True)
    app.see("Your browser opens and brings you back")
    subprocess.run(["gapplication", "action", name, "quit"], check=True)
    wait_for("the end", lambda: not os.path.exists(f"/proc/{pid}"))


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


def story_api_key(run):
    """A key that WorkOS refuses is replaced where it is told; what came before stays readable."""
    app = run.app(environment={"WORKOS_API_KEY": "sk_test_refused"}, with_key=False)
    app.click("Sign In")
    app.see("WorkOS Refused the API Key")
    app.lint("refused key")
    app.click("Replace API Key…")
    app.see("from the WorkOS dashboard that may read")
    app.lint("key dialog")
    app.fill("API Key", run.emulator.ready["api_key"])
    app.click("Save")
    app.see("API key kept for this run only")
    app.see("Mira Holt was added")
    app.see_not("WorkOS Refused the API Key")
    app.quit()


def story_damaged(run):
    """The local history is no database: it is set aside on request, and the next one is filled."""
    store = os.path.join(run.folder.name, "mirror.db")
    with open(store, "w", encoding="utf-8") as file:
        file.write("no database at all, but long enough to be read as one")
    app = run.app()
    app.click("Sign In")
    app.see("Local History Could Not Be Read")
    app.lint("damaged")
    app.click("Start Fresh")
    app.see("Mira Holt was added")
    app.see("Live")
    with open(store + ".bad", encoding="utf-8") as file:
        if not file.read().startswith("no database"):
            raise Failure("what was set aside is another file")
    app.quit()


def story_offline(run):
    """WorkOS goes away: the list stays, and no longer says Live."""
    app = run.app()
    app.click("Sign In")
    app.see("Live")
    run.emulator.stop()
    app.see("Could Not Reach WorkOS")
    app.see("Mira Holt was added")
    app.see_not("Live")
    app.quit()


HERE = os.path.dirname(os.path.abspath(__file__))
CHROMIUM = ["/usr/bin/chromium", os.path.join(HERE, "../interop/node_modules/playwright-core")]
KEYS = ["/usr/bin/xdotool"]
OTHER = ["/usr/bin/xdotool", "/usr/bin/display"]
CHART = "Events over time. Arrow keys choose a time, with Shift a longer one, Enter shows its events."
NEEDS = {"activity": KEYS, "background": KEYS, "chromium": CHROMIUM, "console": CHROMIUM, "details": KEYS, "directory": KEYS,
         "environments": KEYS,
         "export": KEYS, "pages": KEYS, "filter": KEYS, "keys": KEYS, "narrow": KEYS, "notification": OTHER,
         "preferences": KEYS,
         "server": KEYS}


class Run:
    def __init__(self, desktop, latchkey):
        self.desktop = desktop
        self.latchkey = latchkey
        self.folder = tempfile.TemporaryDirectory()
        self.emulator = self.start_emulator()
        self.apps = []
        self.servers = []

    def start_emulator(self):
        return Emulator(self.latchkey)

    def serve(self, *arguments):
        self.servers.append(Server(self.latchkey, self.emulator, self.folder.name, *arguments))
        return self.servers[-1]

    def app(self, **options):
        app = App(self.desktop, self.emulator, self.folder.name, **options)
        self.apps.append(app)
        return app

    def follow(self, pid):
        """A program that somebody else has started."""
        app = App.__new__(App)
        app.log = os.path.join(self.folder.name, "browser.log")
        app.process = Started(pid)
        app.stderr = tempfile.TemporaryFile(mode="w+")
        self.apps.append(app)
        app.tree = wait_for("the program in the accessibility tree", app._find_tree)
        return app

    def fill_history(self, days=30):
        """A month of events: what the mirror has learned, again and again, always the same."""
        store = os.path.join(self.folder.name, "mirror.db")
        subprocess.run([self.latchkey, "sync", "run", "--once", "--store", "sqlite:" + store],
                       check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                       env=dict(os.environ, WORKOS_API_BASE_URL=self.emulator.url,
                                WORKOS_API_KEY=self.emulator.ready["api_key"],
                                WORKOS_CLIENT_ID=self.emulator.ready["client_id"]))
        chance = random.Random(7)
        with sqlite3.connect(store) as database:
            known = database.execute("SELECT type, organization_id, directory_id, subject, json FROM event"
                                     " JOIN event_body USING (sequence) WHERE type LIKE 'dsync.%'").fetchall()
            for n in range(1, days * 24):
                at = time.time() - n * 3600
                for i in range(chance.choice((0, 0, 0, 1, 1, 2, 3, 8 if n % 24 < 8 else 0))):
                    kind, organization, directory, subject, text = chance.choice(known)
                    event = json.loads(text)
                    event["id"] = f"event_past_{n:05d}_{i}"
                    if kind == "dsync.user.created" and chance.random() < 0.8:
                        kind = chance.choice(("dsync.user.updated",) * 3 + ("dsync.user.deleted",))
                        event["event"] = kind
                    event["created_at"] = time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime(at))
                    sequence = database.execute(
                        "INSERT INTO event (id, type, created_at_ms, learned_at_ms, organization_id,"
                        " directory_id, subject) VALUES (?, ?, ?, ?, ?, ?, ?)",
                        (event["id"], kind, int(at) * 1000, int(at) * 1000, organization, directory,
                         subject)).lastrowid
                    database.execute("INSERT INTO event_body (sequence, json) VALUES (?, ?)",
                                     (sequence, json.dumps(event, ensure_ascii=False)))
                    data = event["data"]
                    for subject in (data, data.get("user", {}), data.get("group", {})):
                        if "id" in subject:
                            database.execute("INSERT INTO event_object (object_id, created_at_ms, sequence)"
                                             " VALUES (?, ?, ?)", (subject["id"], int(at) * 1000, sequence))

    def end(self):
        for app in self.apps:
            if app.process.poll() is None:
                app.process.kill()
                app.process.wait()
        for process in (*self.servers, self.emulator):
            if process.process.poll() is None:
                process.stop()
        self.folder.cleanup()


def main():
    name, desktop, latchkey = sys.argv[1:4]
    story = globals()["story_" + name.replace("-", "_")]
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

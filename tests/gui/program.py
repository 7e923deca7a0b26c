"""The program: its process, what a screen reader finds in it, its keys and its pointer."""
import os
import re
import subprocess
import sys
import tempfile

import tree
import waiting
from gi.repository import Atspi, GLib
from waiting import Failure, wait_for

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


class Started:
    """A process that is no child of this one."""

    def __init__(self, pid):
        self.pid = pid

    def poll(self):
        return None if os.path.exists(f"/proc/{self.pid}") else 0

    def kill(self):
        os.kill(self.pid, 9)

    def wait(self, timeout=waiting.DEADLINE_S):
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
        self.process.wait(timeout=waiting.DEADLINE_S)
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

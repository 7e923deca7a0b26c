"""The accessibility tree of a program, as a screen reader reads it, over the accessibility bus. Not through libatspi, which
asks for each node by itself, three times, and waits for each answer: that took nine tenths of a story's time.
"""
import functools

import gi

gi.require_version("Atspi", "2.0")
from gi.repository import Atspi, Gio, GLib

ACCESSIBLE = "org.a11y.atspi.Accessible"
ROOT = "/org/a11y/atspi/accessible/root"
TIMEOUT_MS = 60000
DIRECTION_MARKS = dict.fromkeys((0x200e, 0x200f, 0x2068, 0x2069))


@functools.cache
def connect():
    """To the bus that is beside the session's."""
    address = Gio.bus_get_sync(Gio.BusType.SESSION).call_sync(
        "org.a11y.Bus", "/org/a11y/bus", "org.a11y.Bus", "GetAddress", None, None, Gio.DBusCallFlags.NONE, TIMEOUT_MS,
        None).unpack()[0]
    return Gio.DBusConnection.new_for_address_sync(
        address, Gio.DBusConnectionFlags.AUTHENTICATION_CLIENT | Gio.DBusConnectionFlags.MESSAGE_BUS_CONNECTION, None, None)


def call(owner, path, interface, method, arguments=None):
    """The only thing in its answer."""
    return connect().call_sync(owner, path, interface, method, arguments, None, Gio.DBusCallFlags.NONE, TIMEOUT_MS,
                               None).get_child_value(0)


class Node:
    """What the program's cache tells of it: ((so)(so)(so)iiassusau). Read as it is asked for: most is of no interest."""

    def __init__(self, owner, item):
        self.owner = owner
        self.item = item
        self.path = item.get_child_value(0).get_child_value(1).get_string()

    @property
    def n_children(self):
        return self.item.get_child_value(4).get_int32()

    @functools.cached_property
    def name(self):
        """Without the marks that keep its direction from that of the sentence around it."""
        return self.item.get_child_value(6).get_string().translate(DIRECTION_MARKS)

    @property
    def role(self):
        return Atspi.role_get_name(Atspi.Role(self.item.get_child_value(7).get_uint32()))

    @property
    def description(self):
        return self.item.get_child_value(8).get_string()

    def is_in(self, state):
        return bool(self.item.get_child_value(9).unpack()[state // 32] >> state % 32 & 1)

    def takes(self, interface):
        return "org.a11y.atspi." + interface in self.item.get_child_value(5).unpack()

    def _call(self, interface, method, signature, value):
        return call(self.owner, self.path, "org.a11y.atspi." + interface, method, GLib.Variant(signature, (value,)))

    def has_action(self):
        return call(self.owner, self.path, "org.freedesktop.DBus.Properties", "Get",
                    GLib.Variant("(ss)", ("org.a11y.atspi.Action", "NActions"))).unpack() > 0

    def act(self):
        """What a click does."""
        self._call("Action", "DoAction", "(i)", 0)

    def set_text(self, text):
        self._call("EditableText", "SetTextContents", "(s)", text)

    def middle(self):
        """Where it is, within its window."""
        x, y, width, height = self._call("Component", "GetExtents", "(u)", Atspi.CoordType.WINDOW).unpack()
        return x + width // 2, y + height // 2


class Tree:
    def __init__(self, owner):
        self.owner = owner

    def settle(self, n_rounds):
        """Until the program's main loop has gone round so often. In each it answers one question, and takes one event of the
        display that came before."""
        try:
            for _ in range(n_rounds):
                call(self.owner, ROOT, ACCESSIBLE, "GetRole")
        except GLib.Error:  # it has ended
            pass

    def _read_nodes(self):
        """All that the program keeps, seen or not, by path; without what nobody has asked about yet."""
        items = call(self.owner, "/org/a11y/atspi/cache", "org.a11y.atspi.Cache", "GetItems")
        return {node.path: node for node in (Node(self.owner, items.get_child_value(i)) for i in range(items.n_children()))}

    def _read_children(self, paths):
        """Of each of them, asked for all at once: {path: [path…]}."""
        answers = {}

        def on_answer(bus, result, path):
            try:
                answers[path] = [child for _, child in bus.call_finish(result).unpack()[0]]
            except GLib.Error:  # it is gone
                answers[path] = []

        for path in paths:
            connect().call(self.owner, path, ACCESSIBLE, "GetChildren", None, None, Gio.DBusCallFlags.NONE, TIMEOUT_MS, None,
                           on_answer, path)
        while len(answers) < len(paths):
            GLib.MainContext.default().iteration(True)
        return answers

    def read(self):
        """What is seen, from the top down, a node before what is in it."""
        nodes = self._read_nodes()
        children = {}
        level = [ROOT]
        while level:
            children.update(self._read_children(level))
            level = {path for parent in level for path in children[parent]
                     if path not in children and (path not in nodes or nodes[path].n_children > 0)}
        if not nodes.keys() >= children.keys():
            nodes = self._read_nodes()

        def below(path):
            if path in nodes:
                yield nodes[path]
            for child in children.get(path, ()):
                yield from below(child)

        return list(below(ROOT))


def find_program(pid):
    """The tree of the program with this process id; None: it has none yet."""
    for owner, _ in call("org.a11y.atspi.Registry", ROOT, ACCESSIBLE, "GetChildren").unpack():
        if call("org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus", "GetConnectionUnixProcessID",
                GLib.Variant("(s)", (owner,))).get_uint32() == pid:
            tree = Tree(owner)
            return tree if len(tree.read()) > 1 else None
    return None

"""What else there is on a desktop: its notifications, and another program's window."""
import subprocess

from gi.repository import Gio, GLib

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


def use_other_window():
    """Opens another program's window and gives it the focus; ends with the process that is returned."""
    other = subprocess.Popen(["display", "-size", "40x40", "-title", "other", "xc:gray"])
    subprocess.run(["xdotool", "search", "--sync", "--name", "^other", "windowfocus"], check=True)
    return other

"""To wait for what is to happen in the program, and to say what never did."""
import time

from gi.repository import GLib

DEADLINE_S = 60


class Failure(Exception):
    pass


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

"""Stories of the list of events and of what is seen of one."""
import csv
import os
import subprocess
import time

import waiting
from desk import Desk, use_other_window
from waiting import Failure, wait_for


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


def story_console(run):
    """Somebody at the emulator's console hires, moves, suspends and removes; the window tells each."""
    desk = Desk()
    app = run.app()
    app.click("Sign In")
    app.see("Live")
    console = subprocess.Popen(["node", os.path.join(os.path.dirname(os.path.abspath(__file__)), "console.mjs"), run.emulator.url + "/"],
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
    console.wait(timeout=waiting.DEADLINE_S)
    if any("Grace Hopper" not in title for title, _ in desk.told):  # Chromium may have had the focus
        raise Failure(f"told was {desk.told}")
    app.quit()

"""The story of the directories."""
from waiting import wait_for


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

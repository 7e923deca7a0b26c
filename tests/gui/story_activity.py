"""The story of the chart."""
from waiting import Failure, wait_for

CHART = "Events over time. Arrow keys choose a time, with Shift a longer one, Enter shows its events."


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

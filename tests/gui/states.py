"""The states of the window that shots.py takes pictures of: a function each, which leads a program that
was just started there. What comes before it is the same for most: a month of events, a sign-in, and the
text that says that it is done.
"""
import gettext
import os
import sqlite3
import time

STATES = {}
# Of two environments, the second is the one in use.
ENVIRONMENTS = """environments=[{'id': 'one', 'name': 'Production', 'client-id': 'client_emulated'},
 {'id': 'two', 'name': 'Staging', 'client-id': 'client_emulated', 'base-url': '%s'}]
environment='two'
"""


class State:
    def __init__(self, lead, clicks, text, has_history, emulator, settings, options):
        self.lead = lead
        self.clicks = clicks
        self.text = text
        self.has_history = has_history
        self.emulator = emulator
        self.settings = settings
        self.options = options


def state(text="Live", clicks=("Sign In",), has_history=True, emulator=(), settings="", **options):
    """emulator: more of its arguments; settings: lines for the program's; options: of program.App."""
    def add(lead):
        STATES[lead.__name__.replace("_", "-")] = State(lead, clicks, text, has_history, emulator, settings, options)
        return lead
    return add


def plain(name, *arguments, **options):
    """One that the start and the clicks alone lead to."""
    def nothing(app, run, variant):
        pass
    nothing.__name__ = name
    state(*arguments, **options)(nothing)


signed_out = state("Sign In to Latchkey", (), False)
two_environments = state("Environment: Staging", (), False, settings=ENVIRONMENTS, client_id=False)


# ---- Before somebody is signed in ----


plain("not-set-up", "WORKOS_CLIENT_ID", (), False, client_id=False)
plain("signed-out", "Sign In to Latchkey", (), False)


@two_environments
def environment_menu(app, run, variant):
    app.click("Environment: Staging")


plain("waiting", "Continue in Your Browser", has_history=False, mode="none")
plain("code", "/device", ("Use a Code Instead",), False)
plain("denied", "Access Was Denied", has_history=False, mode="cancel")


# ---- Events ----


plain("events")


@state()
def new(app, run, variant):
    run.emulator.add_grace()
    app.see("New: Grace Hopper was changed")


@state()
def details(app, run, variant):
    run.emulator.add_grace()
    app.see("Grace Hopper was changed")
    app.press("alt+1", "Home", "Return")
    app.see("was Murray")


@state()
def filter_open(app, run, variant):
    app.press("ctrl+f", "m", "i", "r", "a")
    app.see_not("Jonas Lind was added")
    app.click("Filter")


@state()
def no_results(app, run, variant):
    app.press("ctrl+f", "l", "u", "l", "u")  # no letters of an id
    app.see("No Results")


# A name that looks like markup, and a filter that another version wrote.
SAVED = """saved-filters=[{'environment': 'environment', 'name': 'Mira & her <b>groups', 'text': 'mira'},
 {'environment': 'environment', 'name': 'Removed people', 'type': 'dsync.user.deleted'},
 {'environment': 'environment', 'name': 'Of another version', 'colour': 'red'}]
"""


@state(settings=SAVED)
def saved(app, run, variant):
    app.press("ctrl+f", "m", "i", "r", "a", "ctrl+l")
    app.see("Delete Mira & her <b>groups")


@state()
def paused(app, run, variant):
    app.press("alt+1", "ctrl+p")
    run.emulator.add_grace()
    app.see("2 new events")


@state()
def gap(app, run, variant):
    with sqlite3.connect(os.path.join(run.folder.name, "mirror.db")) as mirror:
        mirror.execute("INSERT INTO gap (since_ms, until_ms, noted_at_ms) SELECT created_at_ms - 9000000,"
                       " created_at_ms, created_at_ms FROM event WHERE type LIKE 'dsync.%'"
                       " ORDER BY created_at_ms DESC LIMIT 1 OFFSET 5")
    app.see("could not be recovered")


# ---- Activity ----


@state()
def activity(app, run, variant):
    app.press("alt+2")
    app.see("Show These Events")
    app.click("30 Days")
    time.sleep(1)


@state()
def activity_range(app, run, variant):
    activity(app, run, variant)
    app.press("alt+2", "End", "Left", "Left", "shift+Left", "shift+Left")


@state()
def range_of_events(app, run, variant):
    activity_range(app, run, variant)
    app.press("Return")
    app.see("Remove filter")


# ---- Directories ----


@state()
def people(app, run, variant):
    app.press("alt+3")
    app.see("Mira Holt, mira.holt@juniper.example")


@state()
def person(app, run, variant):
    people(app, run, variant)
    app.press("m", "i", "r", "a")
    app.see_not("Jonas Lind")
    app.press("alt+3", "Home", "Return")
    app.see("Mira Holt was added")


@state()
def moment(app, run, variant):
    people(app, run, variant)
    app.press("ctrl+t")
    app.see("Show This Time")


@state()
def as_of(app, run, variant):
    moment(app, run, variant)
    app.click("A Week Ago")
    app.see("As of ")
    app.see("11 people")  # two came since: the list is there
    if variant.startswith("wide"):
        app.press("alt+Down")
        app.see("History")


@state()
def not_known(app, run, variant):
    moment(app, run, variant)
    app.click("Previous year")
    app.click("Show This Time")
    app.see("As of ")


@state()
def deleted(app, run, variant):
    gone = run.emulator.add_grace()
    run.emulator.control(f"/_latchkey/directory_users/{gone}", method="DELETE")
    app.see("Grace Hopper was removed")
    people(app, run, variant)
    app.press("ctrl+h", "End")
    app.see("Grace Hopper, grace@juniper.example · Deleted")


@state()
def deleted_person(app, run, variant):
    deleted(app, run, variant)
    app.press("g", "r", "a", "c", "e")
    app.see("1 person")
    app.press("alt+Down")
    app.see("Not in the directory any more")


# ---- Profile ----


plain("profile", "mira.holt@juniper.example", ("Sign In", "Profile"))
plain("profile-masked", "M. H.", ("Sign In", "Profile"), settings="mask-personal-data=true\n")
plain("sign-out", "Sign Out?", ("Sign In", "Profile", "Sign Out…"))
plain("masked", settings="mask-personal-data=true\n")


# ---- Windows over the window ----


@state()
def preferences(app, run, variant):
    app.press("ctrl+comma")
    app.see("Mask Personal Data")


@state()
def shortcuts(app, run, variant):
    app.press("ctrl+question")
    app.see("Go back")


@signed_out
def help_window(app, run, variant):
    app.press("F1")
    app.see("Your browser opens and brings you back")


def word_of_adwaita(app, word):
    """A word that libadwaita brings along, in the program's language."""
    language = app.environment.get("LANGUAGE", "C")
    return gettext.translation("libadwaita", languages=[language], fallback=True).gettext(word)


@signed_out
def about(app, run, variant):
    app.call("about")
    app.see(word_of_adwaita(app, "Credits"))


@two_environments
def environments(app, run, variant):
    app.call("environments")
    app.see("Add Environment…")


@two_environments
def environment_editor(app, run, variant):
    environments(app, run, variant)
    app.click("Edit Staging")
    app.see("For administrators")


# ---- What may be wrong ----


plain("no-api-key", "Events Need an API Key", has_history=False, with_key=False)


@state("Events Need an API Key", has_history=False, with_key=False)
def key_dialog(app, run, variant):
    app.click("Add API Key…")
    app.see("It is kept in your keyring.")


plain("refused-key", "WorkOS Refused the API Key", with_key=False, environment={"WORKOS_API_KEY": "sk_test_refused"})


def give_fault(app, run, **fault):
    run.emulator.control("/_latchkey/faults", dict(method="GET", path="/events", count=0, **fault))
    app.press("F5")


@state()
def may_not(app, run, variant):
    give_fault(app, run, status=403)
    app.see("Not Allowed to Read Events")


@state()
def slow_down(app, run, variant):
    give_fault(app, run, status=429, retry_after=60)
    app.see("WorkOS Asks to Slow Down")


@state()
def offline(app, run, variant):
    run.emulator.stop()
    app.see("Could Not Reach WorkOS")


@state(emulator=("--token-lifetime", "5"))
def ended(app, run, variant):
    app.press("alt+4")
    app.see("Session ID")
    run.emulator.control("/user_management/sessions/revoke", {"session_id": app.description_of("Session ID")})
    app.see("Your session ended")
    app.press("alt+1")


def write_nonsense(run):
    with open(os.path.join(run.folder.name, "mirror.db"), "w", encoding="utf-8") as file:
        file.write("no database at all, but long enough to be read as one")


plain("damaged", "Start Fresh", has_history=False, before=write_nonsense)

"""Stories of what may be wrong, and of how it is told and mended."""
import os

from waiting import Failure


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


def story_no_api_key(run):
    """Without an API key the events page says what to do."""
    app = run.app(with_key=False)
    app.click("Sign In")
    app.see("Events Need an API Key")
    if app.has("Live"):
        raise Failure("it says Live without fetching anything")
    app.lint("no API key")
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

"""Stories of who is signed in, and how they came in."""
import os
import re
import subprocess

from waiting import Failure, wait_for


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


def story_chromium(run):
    """The sign-in story with real Chromium as the browser, which shows how it went."""
    story_sign_in(run)
    pages = [line for line in run.apps[0].opened() if line.startswith("page: ")]
    if len(pages) != 1 or "signed in" not in pages[0].lower():
        raise Failure(f"Chromium showed {pages}")


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

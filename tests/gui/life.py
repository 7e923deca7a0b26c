#!/usr/bin/python3
"""The whole life of the window in one story, signed in through real Chromium and told through the
accessibility tree: profile, an event that arrives, filter, details, the person, another
organization, the network that goes away and comes back, sign-out.

    headless.sh /usr/bin/python3 life.py DESKTOP-PROGRAM LATCHKEY-PROGRAM

LK_RUNS=N lives it N times, each with everything new, and says how long each took.
"""
import os
import sys
import time
import urllib.parse

import drive
import waiting
from servers import Emulator
from session import Run
from waiting import Failure, wait_for


# Longer than in a story with the stand-in: Chromium beside a busy compiler takes its time to start.
waiting.DEADLINE_S = 120
MIRA = "user_01JUNIPER0000000000000MIRA"
HARBOR = "org_01HARB0R000000000000000P1NE"


class Life(Run):
    """WorkOS keeps its state in a file, so it can go away and come back."""

    def start_emulator(self):
        return Emulator(self.latchkey, "--state", os.path.join(self.folder.name, "workos.db"))

    def lose_network(self):
        self.port = urllib.parse.urlsplit(self.emulator.url).port
        self.emulator.stop()

    def find_network(self):
        self.emulator.start(self.port)

    def join_harbor(self):
        self.emulator.control("/user_management/organization_memberships",
                              {"user_id": MIRA, "organization_id": HARBOR, "role_slug": "member"})

    def hire(self, first, last):
        self.emulator.control(
            f"/_latchkey/directories/{self.emulator.first_directory()}/users",
            {"first_name": first, "last_name": last, "email": f"{first.lower()}@juniper.example"})


def sign_in(app):
    app.see("Sign In to Latchkey")
    app.click("Sign In")
    app.see("Mira Holt was added")
    app.see("Live")


def see_profile(app):
    app.press("alt+4")
    app.see("mira.holt@juniper.example")
    wait_for("the role", lambda: app.description_of("Role") == "admin")
    app.lint("profile")


def see_event_arrive(app, run):
    app.press("alt+1")
    app.see_not("mira.holt@juniper.example")
    grace = run.emulator.add_grace()
    app.see("Grace Hopper was changed")
    return grace


def filter_and_open(app):
    app.press("ctrl+f", "g", "r", "a", "c", "e")
    app.see("2 events")
    app.see_not("Mira Holt was added")
    app.lint("filtered")
    app.press("Escape")
    app.see("33 events")
    app.press("alt+1", "Home", "Return")
    app.see("Last name: was Murray, now Hopper")
    app.lint("details")


def jump_to_person(app, grace):
    app.tap("Person")
    app.see("State")
    wait_for("the person", lambda: app.description_of("ID") == grace)
    app.lint("person")
    app.press("alt+1")
    app.see("Last name: was Murray, now Hopper")


def switch_organization(app, run):
    run.join_harbor()
    app.press("alt+4")
    app.see("Organization ID")
    app.tap("Organization")
    app.click("Switch to Harbor & Pine")
    wait_for("the other organization", lambda: app.description_of("Organization ID") == HARBOR)
    wait_for("its name", lambda: app.description_of("Organization") == "Harbor & Pine")
    wait_for("the role there", lambda: app.description_of("Role") == "member")
    app.lint("switched")
    app.press("alt+1")


def lose_and_find_network(app, run):
    run.lose_network()
    app.see("Could Not Reach WorkOS")
    app.see("Grace Hopper was changed")  # what is known stays readable
    app.see_not("Live")
    run.find_network()
    run.hire("Katherine", "Johnson")
    app.press("F5")
    app.see("Katherine Johnson was added")
    app.see_not("Could Not Reach WorkOS")
    app.see("Live")


def sign_out(app):
    app.press("alt+4")
    app.click("Sign Out…")
    app.see("Sign Out?")
    app.click("Sign Out")
    app.see("Sign In to Latchkey")
    wait_for("the session's end at WorkOS",
             lambda: any("/user_management/sessions/logout?" in line for line in app.opened()))


def live(run):
    app = run.app()
    sign_in(app)
    see_profile(app)
    grace = see_event_arrive(app, run)
    filter_and_open(app)
    jump_to_person(app, grace)
    switch_organization(app, run)
    lose_and_find_network(app, run)
    sign_out(app)
    app.quit()


def main():
    desktop, latchkey = sys.argv[1:3]
    for path in drive.CHROMIUM + drive.KEYS:
        if not os.path.exists(path):
            print(f"skipped: {path} is missing")
            return 77
    for number in range(1, int(os.environ.get("LK_RUNS", "1")) + 1):
        began = time.monotonic()
        run = Life(desktop, latchkey)
        try:
            live(run)
        except Failure as failure:
            print(f"run {number}: {failure}", file=sys.stderr)
            run.apps[-1].tell()
            return 1
        finally:
            run.end()
        print(f"run {number}: {time.monotonic() - began:.1f} s", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())

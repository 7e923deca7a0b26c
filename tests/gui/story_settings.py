"""Stories of what the program is set up with."""
from waiting import Failure


def story_not_set_up(run):
    """Without a client id it says which variable to set."""
    app = run.app(client_id=False)
    app.see("WORKOS_CLIENT_ID")
    app.lint("not set up")
    app.quit()


def story_server(run):
    """Sets up a Latchkey server by its address, signs in, and sees what the server lets one see."""
    server = run.serve()
    app = run.app(with_key=False, client_id=False)
    app.see("Latchkey Is Not Set Up")
    app.click("Set Up…")
    app.see("The server decides what you may see")
    app.lint("environment editor")
    app.fill("Server Address", run.emulator.url)  # a server, but of another kind
    app.click("Save")
    app.see("There is no Latchkey server at")
    app.fill("Name", "Juniper & Sons")
    app.fill("Server Address", server.url + "/")
    app.click("Save")
    app.see("Environment: Juniper & Sons")
    app.lint("environments")
    app.press("Escape")
    app.click("Sign In")
    app.see("Mira Holt was added")
    app.see("Live")
    run.emulator.control("/_latchkey/directories/directory_01HARB0R0000000000000P1NE/users",
                         {"first_name": "Not", "last_name": "Ours", "email": "not@harbor.example"})
    run.emulator.add_grace("directory_01JUNIPER00000000000STAFF")
    app.see("Grace Hopper was changed")
    if app.has("Not Ours"):
        raise Failure("another organization's people are on show")
    app.press("alt+3")
    app.see("Grace Hopper, grace@juniper.example")
    app.click("Groups")
    app.see("Night watch, 1 member")
    server.stop()
    app.press("alt+1")
    app.see("Could Not Reach the Server")
    app.see("Grace Hopper was changed")
    app.quit()


def story_environments(run):
    """Enters an API key, for this run only where there is no keyring; two environments, each its own."""
    app = run.app(with_key=False, client_id=False)
    for name in ("Production", "Staging"):
        app.click("Set Up…" if name == "Production" else "Add Environment…")
        app.see("Events From")
        app.tap("Events From")
        app.press("Down", "Return")  # WorkOS, with an API key
        app.see("For administrators")
        app.fill("Name", name)
        app.fill("Client ID", run.emulator.ready["client_id"])
        app.fill("API Key", run.emulator.ready["api_key"])
        app.fill("API Address, if Not That of WorkOS", run.emulator.url)
        app.lint("WorkOS environment")
        app.click("Save")
        app.see(f"Environment: {name}")
    app.press("Escape")
    app.see("API key kept for this run only")
    app.click("Sign In")
    app.see("Mira Holt was added")
    app.quit()


def story_preferences(run):
    """Chooses UTC, the interval and a mask with what a screen reader reaches; the list follows."""
    app = run.app()
    app.click("Sign In")
    app.see("Mira Holt was added")
    app.press("ctrl+comma")
    app.see("Mask Personal Data")
    app.lint("preferences")
    app.tap("Mask Personal Data")
    app.press("Escape")
    app.see("M. H. was added")
    app.see_not("Mira Holt")
    app.quit()

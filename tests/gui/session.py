"""One story's session: a folder, an emulator, and the programs that were started in it."""
import os
import tempfile

import history
from program import App, Started
from servers import Emulator, Server
from waiting import wait_for


class Run:
    def __init__(self, desktop, latchkey):
        self.desktop = desktop
        self.latchkey = latchkey
        self.folder = tempfile.TemporaryDirectory()
        self.emulator = self.start_emulator()
        self.apps = []
        self.servers = []

    def start_emulator(self):
        return Emulator(self.latchkey)

    def serve(self, *arguments):
        self.servers.append(Server(self.latchkey, self.emulator, self.folder.name, *arguments))
        return self.servers[-1]

    def app(self, **options):
        app = App(self.desktop, self.emulator, self.folder.name, **options)
        self.apps.append(app)
        return app

    def follow(self, pid):
        """A program that somebody else has started."""
        app = App.__new__(App)
        app.log = os.path.join(self.folder.name, "browser.log")
        app.process = Started(pid)
        app.stderr = tempfile.TemporaryFile(mode="w+")
        self.apps.append(app)
        app.tree = wait_for("the program in the accessibility tree", app._find_tree)
        return app

    def fill_history(self, days=30):
        """A month of events."""
        history.fill(self.latchkey, self.emulator, os.path.join(self.folder.name, "mirror.db"), days)

    def end(self):
        for app in self.apps:
            if app.process.poll() is None:
                app.process.kill()
                app.process.wait()
        for process in (*self.servers, self.emulator):
            if process.process.poll() is None:
                process.stop()
        self.folder.cleanup()

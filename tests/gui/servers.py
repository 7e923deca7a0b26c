"""The servers beside the program: the emulated WorkOS, and a Latchkey server."""
import json
import os
import subprocess
import urllib.request

import waiting


class Emulator:
    def __init__(self, program, *arguments, port=0):
        self.program = program
        self.arguments = arguments
        self.start(port)

    def start(self, port=0):
        self.process = subprocess.Popen(
            [self.program, "emulate", "--port", str(port), "--control", "--simulate", "0",
             *self.arguments], stdout=subprocess.PIPE, text=True)
        self.ready = json.loads(self.process.stdout.readline())
        self.url = self.ready["url"]

    def ask(self, method, path, body=None):
        request = urllib.request.Request(
            self.url + path, None if body is None else json.dumps(body).encode(),
            {"Content-Type": "application/json",
             "Authorization": "Bearer " + self.ready["api_key"]}, method=method)
        with urllib.request.urlopen(request, timeout=waiting.DEADLINE_S) as answer:
            return json.loads(answer.read() or b"{}")

    def control(self, path, body=None, method="POST"):
        return self.ask(method, path, body or {})

    def first_directory(self):
        return self.ask("GET", "/directories")["data"][0]["id"]

    def add_grace(self, directory=None):
        """Grace Hopper comes and gets another name; the id of her record."""
        grace = self.control(f"/_latchkey/directories/{directory or self.first_directory()}/users",
                             {"first_name": "Grace", "last_name": "Murray",
                              "email": "grace@juniper.example"})["id"]
        self.control(f"/_latchkey/directory_users/{grace}",
                     {"last_name": "Hopper", "custom_attributes": {"department_name": "Navy"}},
                     "PATCH")
        return grace

    def add_unusual(self):
        """People whose names are markup, run from right to left, or are no letters."""
        for first, last in (("<b>Zoë</b>", "& 'Söhne'"), ("ليلى", "حداد"), ("Sam 🦊", "Fox 👩‍🚀"),
                            ("Wolfeschlegelsteinhausen", "Bergerdorff-Vorauserwartungen the Third")):
            self.control(f"/_latchkey/directories/{self.first_directory()}/users",
                         {"first_name": first, "last_name": last, "email": "odd@juniper.example"})

    def last_event(self, kind):
        return self.ask("GET", f"/events?events={kind}&limit=1&order=desc")["data"][0]["id"]

    def stop(self):
        self.process.terminate()
        self.process.wait(timeout=waiting.DEADLINE_S)


class Server:
    """latchkey serve beside the emulator: no API key for the window, but an address."""

    def __init__(self, program, emulator, folder, *arguments):
        self.process = subprocess.Popen(
            [program, "serve", "--listen", "127.0.0.1:0", "--key-cache", "none", "--poll-interval", "1",
             "--store", "sqlite:" + os.path.join(folder, "server.db"), *arguments],
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
            env=dict(os.environ, WORKOS_API_BASE_URL=emulator.url,
                     WORKOS_CLIENT_ID=emulator.ready["client_id"],
                     WORKOS_API_KEY=emulator.ready["api_key"],
                     WORKOS_COOKIE_PASSWORD="only-for-tests-only-for-tests-only"))
        self.url = json.loads(self.process.stdout.readline())["url"].replace("localhost", "127.0.0.1")

    def stop(self):
        self.process.terminate()
        self.process.wait(timeout=waiting.DEADLINE_S)

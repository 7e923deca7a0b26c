"""A past for the mirror."""
import json
import os
import random
import sqlite3
import subprocess
import time


def fill(latchkey, emulator, store, days):
    """A month of events: what the mirror has learned, again and again, always the same."""
    subprocess.run([latchkey, "sync", "run", "--once", "--store", "sqlite:" + store],
                   check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                   env=dict(os.environ, WORKOS_API_BASE_URL=emulator.url,
                            WORKOS_API_KEY=emulator.ready["api_key"],
                            WORKOS_CLIENT_ID=emulator.ready["client_id"]))
    chance = random.Random(7)
    with sqlite3.connect(store) as database:
        known = database.execute("SELECT type, organization_id, directory_id, subject, json FROM event"
                                 " JOIN event_body USING (sequence) WHERE type LIKE 'dsync.%'").fetchall()
        for n in range(1, days * 24):
            at = time.time() - n * 3600
            for i in range(chance.choice((0, 0, 0, 1, 1, 2, 3, 8 if n % 24 < 8 else 0))):
                kind, organization, directory, subject, text = chance.choice(known)
                event = json.loads(text)
                event["id"] = f"event_past_{n:05d}_{i}"
                if kind == "dsync.user.created" and chance.random() < 0.8:
                    kind = chance.choice(("dsync.user.updated",) * 3 + ("dsync.user.deleted",))
                    event["event"] = kind
                event["created_at"] = time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime(at))
                sequence = database.execute(
                    "INSERT INTO event (id, type, created_at_ms, learned_at_ms, organization_id,"
                    " directory_id, subject) VALUES (?, ?, ?, ?, ?, ?, ?)",
                    (event["id"], kind, int(at) * 1000, int(at) * 1000, organization, directory,
                     subject)).lastrowid
                database.execute("INSERT INTO event_body (sequence, json) VALUES (?, ?)",
                                 (sequence, json.dumps(event, ensure_ascii=False)))
                data = event["data"]
                for subject in (data, data.get("user", {}), data.get("group", {})):
                    if "id" in subject:
                        database.execute("INSERT INTO event_object (object_id, created_at_ms, sequence)"
                                         " VALUES (?, ?, ?)", (subject["id"], int(at) * 1000, sequence))

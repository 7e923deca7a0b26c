#!/usr/bin/python3
"""The Flatpak manifest cannot be built without a network, so it is read: that it is JSON, what the
program may do in its box, and that each source is pinned.

    check-flatpak.py ROOT
"""
import json
import os
import re
import sys

NAME = "io.github.latchkey.Latchkey"
MAY = {"--share=network", "--share=ipc", "--socket=wayland", "--socket=fallback-x11", "--device=dri",
       "--talk-name=org.freedesktop.secrets"}


def problems(manifest, options, wrap):
    if manifest["app-id"] != NAME or manifest["command"] != "latchkey-desktop":
        yield "it is another program's"
    given = set(manifest["finish-args"])
    yield from (f"may not do without {missing}" for missing in sorted(MAY - given))
    yield from (f"may more than it needs: {more}" for more in sorted(given - MAY))
    for module in manifest["modules"]:
        for source in module["sources"]:
            kind = source["type"]
            pinned = {"git": re.fullmatch("[0-9a-f]{40}", source.get("commit", "")) and "tag" in source,
                      "file": re.fullmatch("[0-9a-f]{64}", source.get("sha256", "")),
                      "dir": module["name"] == "latchkey"}
            if not pinned.get(kind):
                yield f"{module['name']}: a source of type {kind} that is not pinned"
            if kind == "file" and (source["sha256"] not in wrap or os.path.basename(source["url"]) not in wrap):
                yield f"{source['url']}: another file than the one of the wrap"
    for option in manifest["modules"][-1]["config-opts"]:
        if not re.search(rf"option\('{option[2:].split('=')[0]}'", options):
            yield f"{option}: meson_options.txt has none of this name"


def main():
    def read(*path):
        with open(os.path.join(sys.argv[1], *path), encoding="utf-8") as file:
            return file.read()

    found = list(problems(json.loads(read("gui", "data", NAME + ".json")), read("meson_options.txt"),
                          read("subprojects", "civetweb.wrap")))
    for problem in found:
        print(f"{NAME}.json: {problem}")
    return 1 if found else 0


sys.exit(main())

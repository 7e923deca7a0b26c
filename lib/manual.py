#!/usr/bin/env python3
"""Writes a page of the manual, section 3, from a public header: manual.py HEADER VERSION

The header is the only source: its opening comment becomes the description, each type, macro and function stands there
as declared, with the comment above it. Declarations that stand together share the comment above the first."""

import re
import sys
from pathlib import Path

SKIPPED = re.compile(r"\s*(#\s*(ifndef|ifdef|if|else|elif|endif|include)\b|extern \"C\"|}\s*$)|#define \w+_H$")


def pieces(text):
    """Yields ("comment"|"code"|"gap", text) in the order of the file."""
    lines = text.split("\n")
    at = 0
    while at < len(lines):
        line, begin = lines[at], at
        if not line.strip():
            yield "gap", ""
        elif line.startswith("/*"):
            while "*/" not in lines[at]:
                at += 1
            yield "comment", "\n".join(lines[begin : at + 1])
        elif not SKIPPED.match(line):
            while not is_whole("\n".join(lines[begin : at + 1])):
                at += 1
            yield "code", "\n".join(lines[begin : at + 1])
        elif line.startswith("#"):
            while lines[at].endswith("\\"):
                at += 1
        at += 1


def is_whole(code):
    """Whether a declaration or macro ends here."""
    if code.startswith("#"):
        return not code.endswith("\\")
    bare = re.sub(r"/\*.*?\*/", "", code, flags=re.S)
    return bare.rstrip().endswith(";") and bare.count("{") == bare.count("}")


def entries(text):
    """[[comment or None, [code, …]], …]"""
    found, comment, stands_alone = [], None, True
    for kind, piece in pieces(text):
        if kind == "comment":
            comment, stands_alone = piece, True
        elif kind == "gap":
            if comment is not None:
                found.append([comment, []])
            comment, stands_alone = None, True
        elif stands_alone or not found:
            found.append([comment, [piece]])
            comment, stands_alone = None, False
        else:
            found[-1][1].append(piece)
    return found


def plain(comment):
    """The paragraphs of a comment; lines that are indented stay lines."""
    text = re.sub(r"^/\*+ ?|\s*\*/$", "", comment)
    lines = [re.sub(r"^ \* ?", "", line) for line in text.split("\n")]
    return "\n".join(lines).strip("\n")


def escape(text):
    text = text.replace("\\", "\\e").replace("-", "\\-")
    return re.sub(r"^([.'])", r"\\&\1", text, flags=re.M)


def paragraphs(text):
    out = []
    for paragraph in re.split(r"\n\s*\n", text):
        rows = paragraph.split("\n")
        if all(row.startswith((" ", "-")) for row in rows[1:]) and len(rows) > 1 or rows[0].startswith(" "):
            out.append(".PP\n.nf\n" + escape(paragraph) + "\n.fi")
        else:
            out.append(".PP\n" + escape(paragraph))
    return "\n".join(out)


def declared(code):
    """The name that a declaration declares."""
    bare = re.sub(r"/\*.*?\*/", "", code, flags=re.S)
    bare = re.sub(r"\b(LK_API|LK_MUST_CHECK)\b\s*", "", bare)
    macro = re.match(r"#define (\w+)", bare)
    if macro:
        return macro.group(1)
    kind = re.match(r"typedef (?:struct|enum) \w* ?(?:\{.*\} ?)?(\w+);$", bare, re.S)
    if kind:
        return kind.group(1)
    name = re.search(r"(\w+)\s*\(", bare)
    return name.group(1) if name else re.sub(r"\W+", " ", bare).strip().split(" ")[0]


def shown(code):
    mark = re.match(r"(LK_API|LK_MUST_CHECK)(\s+LK_MUST_CHECK)?\s+", code)
    if mark:  # what follows was aligned with it
        code = code[mark.end() :].replace("\n" + " " * mark.end(), "\n")
    return ".PP\n.nf\n" + escape(code) + "\n.fi"


def page(header, version):
    text = Path(header).read_text(encoding="utf-8")
    found = entries(text)
    about = plain(found.pop(0)[0])
    title, _, rest = about.partition("\n\n")
    include = re.search(r"include/(latchkey.*\.h)$", header).group(1)
    name = re.sub(r"\.h$", "", include).replace("/", "-")
    package = "latchkey-civetweb" if name == "latchkey-gate" else "latchkey"
    functions = [declared(code) for _, codes in found for code in codes if "LK_API" in code and not code.startswith("#")]
    summary = re.sub(r"\s+", " ", title).rstrip(".")
    out = [
        f'.TH "{escape(name)}" 3 "" "latchkey {version}" "Latchkey"\n.ad l\n.nh',
        ".SH NAME\n" + escape(", ".join([name] + functions)) + " \\- " + escape(summary),
        ".SH SYNOPSIS\n.nf\n" + escape(f"#include <{include}>\n\ncc … $(pkg-config --cflags --libs {package})") + "\n.fi",
    ]
    if rest:
        out.append(".SH DESCRIPTION\n" + paragraphs(rest))
    section, is_named = None, False
    for comment, codes in found:
        headline = re.match(r"---- (.*) ----$", plain(comment)) if comment and not codes else None
        kind = "FUNCTIONS" if any(code.startswith("LK_API") for code in codes) else "TYPES"
        if headline:
            out.append(".SH " + escape(headline.group(1).upper()))
            is_named = True
            continue
        if codes and kind != section and not is_named:
            out.append(f".SH {kind}")
            section = kind
        if codes:
            out.append(".SS " + escape(", ".join(dict.fromkeys(declared(code) for code in codes))))
        out.extend(shown(code) for code in codes)
        if comment:
            out.append(paragraphs(plain(comment)))
    others = [f"latchkey-{part}" for part in re.findall(r"#include <latchkey/(.*)\.h>", text)] if name == "latchkey" else ["latchkey"]
    out.append(".SH SEE ALSO\n" + "".join(f".BR {escape(other)} (3),\n" for other in others) + ".BR latchkey (7)")
    return "\n".join(out) + "\n"


if __name__ == "__main__":
    sys.stdout.reconfigure(encoding="utf-8")
    sys.stdout.write(page(sys.argv[1], sys.argv[2]))

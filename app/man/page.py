#!/usr/bin/env python3
"""Writes a page of the manual, section 7, from a guide: page.py NAME GUIDE.md VERSION

Of Markdown it knows what the guides have: the title, below it a sentence that says what the page is for, headlines of the
second level, paragraphs, lists of one level, blocks of code, `code`, **bold** and links."""

import re
import sys
from pathlib import Path


def escape(text):
    return text.replace("\\", "\\e").replace("-", "\\-")


def guard(text):
    """A line that begins with . or ' would be a request."""
    return re.sub(r"^([.'])", r"\\&\1", text, flags=re.M)


def inline(text):
    """`code` is not looked into any further."""
    text = re.sub(r"\*\*(`[^`]+`)\*\*", r"\1", text)
    out = []
    for n, piece in enumerate(text.split("`")):
        piece = escape(piece)
        if n % 2:
            out.append(f"\\fB{piece}\\fR")
            continue
        piece = re.sub(r"\[([^]]+)\]\([^)]*\)", r"\1", piece)
        piece = re.sub(r"\*\*([^*]+)\*\*", r"\\fB\1\\fR", piece)
        out.append(re.sub(r"\b([a-z][\w.\\-]*)\((\d)\)", r"\\fB\1\\fR(\2)", piece))
    return guard("".join(out))


def code(text):
    return ".PP\n.RS 4\n.nf\n" + guard(escape(text)) + ".fi\n.RE\n"


def items(paragraph):
    rows = re.split(r"^- ", paragraph, flags=re.M)[1:]
    return "".join(".IP \\(bu 2\n" + inline(re.sub(r"\n *", "\n", row.strip())) + "\n" for row in rows)


def blocks(text):
    """Yields ("code"|"text", piece) in the order of the page."""
    for n, piece in enumerate(re.split(r"^```[^\n]*\n(.*?)^```$", text, flags=re.M | re.S)):
        if n % 2:
            yield "code", piece
        else:
            yield from (("text", paragraph.strip("\n")) for paragraph in re.split(r"\n\s*\n", piece) if paragraph.strip())


def page(name, guide, version):
    _, summary, rest = guide.split("\n\n", 2)
    out = [f'.TH "{escape(name)}" 7 "" "latchkey {version}" "Latchkey"\n.ad l\n.nh\n.SH NAME\n{escape(name)} \\- {inline(summary)}\n']
    is_begun = False
    for kind, piece in blocks(rest):
        if kind == "text" and piece.startswith("## "):
            out.append(f".SH {escape(piece[3:].upper())}\n")
        else:
            out.append("" if is_begun else ".SH DESCRIPTION\n")
            out.append(code(piece) if kind == "code" else items(piece) if piece.startswith("- ") else ".PP\n" + inline(piece) + "\n")
        is_begun = True
    return "".join(out)


if __name__ == "__main__":
    sys.stdout.reconfigure(encoding="utf-8")
    print(page(sys.argv[1], Path(sys.argv[2]).read_text(encoding="utf-8"), sys.argv[3]), end="")

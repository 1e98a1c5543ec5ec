"""Chart text made safe for GitHub-flavoured Markdown in which raw HTML may be switched on (protocol R3)."""

from __future__ import annotations

import re

_JOINER = "\u2060"  # a word joiner: shows nothing, and breaks up what would become a link
_LONGEST = 80

_INVISIBLE = re.compile(r"[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]+")
_HTML = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})
_PLAIN_WORDS = re.compile(r"(?!.*(?i:www))(?:[A-Za-z0-9,%+=-]+(?: [A-Za-z0-9,%+=-]+)*)?")  # nothing below would change
_SYNTAX = re.compile(r"([\\`*_{}\[\]()!|~$^])")
_LINKABLE = re.compile(
    r"(@|www|:(?=[^\s\d])|\.(?=[^\W\d])|/(?=/))", re.IGNORECASE
)  # what an autolink cannot do without


def escape(text: str) -> str:
    """One line of plain words, whatever the chart wrote: no markup, HTML, link or table cell, at most 80 characters."""
    if len(text) <= _LONGEST and _PLAIN_WORDS.fullmatch(text):
        return text
    line = " ".join(_INVISIBLE.sub(" ", text).split())
    if len(line) > _LONGEST:
        line = line[: _LONGEST - 1].rstrip() + "…"
    line = _LINKABLE.sub(rf"\1{_JOINER}", line)
    line = _SYNTAX.sub(r"\\\1", line)
    return line.translate(_HTML)

"""What must hold of every answer, whatever was asked."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from typing import Any

from markdown_it import MarkdownIt

_LONGEST_SUMMARY = 139
_LONGEST_MESSAGE = 500
_STATUSES = range(400, 432)
_MARKDOWN = MarkdownIt("gfm-like", {"linkify": True, "html": True})
_PLAIN = {"table", "thead", "tbody", "tr", "th", "td", "p", "strong"}
_WORDS = re.compile(r"evil|<|http|www", re.IGNORECASE)


class Wrong(AssertionError):
    """An answer that must not be."""


def judge(status: int, body: bytes) -> None:
    """Raise Wrong unless it is cards, or a refusal as an OperationOutcome."""
    answer = json.loads(body, parse_constant=_no_number)
    if status == 200:
        for card in answer["cards"]:
            _judge_card(card)
        _require(_is_lean(answer), "an empty field")
    else:
        _judge_refusal(status, answer)


def _no_number(constant: str) -> Any:
    raise Wrong(f"{constant} is not JSON")


def _judge_refusal(status: int, answer: Any) -> None:
    _require(status in _STATUSES, f"status {status}")
    _require(answer["resourceType"] == "OperationOutcome", "no OperationOutcome")
    for issue in answer["issue"]:
        _require(issue["severity"] == "error" and issue["code"] and issue["diagnostics"], "an empty issue")
        _require(len(issue["diagnostics"]) <= _LONGEST_MESSAGE, "a message without end")
        _require("evil" not in json.dumps(issue), "a message that repeats what was sent")


def _judge_card(card: Any) -> None:
    summary, detail = card["summary"], card["detail"]
    _require(0 < len(summary) <= _LONGEST_SUMMARY and "\n" not in summary, "the summary")
    _require(card["indicator"] in ("info", "warning", "critical"), "the indicator")
    _require("evil" not in json.dumps([summary, *card.get("suggestions", [])]), "chart text outside of the detail")
    if _WORDS.search(detail):
        page = _Page(_MARKDOWN.render(detail))
        _require(page.tags <= _PLAIN, f"markup in the detail: {sorted(page.tags - _PLAIN)}")
    rows = detail.split("\n\n")[0].split("\n")
    _require(all(len(re.findall(r"(?<!\\)\|", row)) == 5 for row in rows), "a torn table")


class _Page(HTMLParser):
    """The tags of a rendering."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.feed(source)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)


def _is_lean(value: Any, name: str = "") -> bool:
    """Protocol M2."""
    if isinstance(value, dict):
        return bool(value) and all(_is_lean(one, key) for key, one in value.items())
    if isinstance(value, list):
        return (bool(value) or name == "cards") and all(_is_lean(one) for one in value)
    return value is not None and value != ""


def _require(holds: bool, what: str) -> None:
    if not holds:
        raise Wrong(what)

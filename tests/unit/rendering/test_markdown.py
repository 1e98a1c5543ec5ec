"""Chart text in GitHub-flavoured Markdown with raw HTML on (protocol R3)."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from app.rendering.markdown import escape

MARKDOWN = MarkdownIt("gfm-like", {"linkify": True, "html": True})
INVISIBLE = re.compile(r"[\u0000-\u001f\u007f-\u009f\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]+")
HOSTILE = st.lists(
    st.sampled_from(
        [
            *"|`*_~<>&[]()!#\\\"'$^{}@.:;/-+=0aZ \n\t\u2028\u200b",
            "http",
            "www.",
            "a.com",
            "x@y.org",
            "mailto:",
            "//",
            "<b>",
            "<script>",
            "&lt;",
            "&#124;",
            "localhost",
            "пример.рф",
            "javascript:",
            "](",
            "![",
            "<!--",
            "---",
            "xn--p1ai",
        ]
    ),
    max_size=25,
).map("".join)


class Page(HTMLParser):
    """The tags and the visible text of a rendering."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.text = ""
        self.feed(source)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)

    def handle_data(self, data: str) -> None:
        self.text += data


def visible(text: str) -> str:
    return " ".join(INVISIBLE.sub(" ", text).split())


def shown(text: str) -> str:
    return " ".join(text.replace("\u2060", "").split())


@given(HOSTILE | st.text(max_size=120))
@example("//localhost")
@example("пример.рф")
@example("a|b\\|c\\")
@example("see http://evil.example/x, www.evil.example or a@b.com")
def test_chart_text_in_a_table_cell_stays_plain_text(text: str) -> None:
    page = Page(MARKDOWN.render(f"| a | b |\n|---|---|\n| x{escape(text)}x | end |"))
    assert page.tags == ["table", "thead", "tr", "th", "th", "tbody", "tr", "td", "td"]
    expected = visible(text)
    if len(expected) <= 80:
        assert shown(page.text) == shown(f"a b x{expected}x end")


@given(HOSTILE | st.text(max_size=120))
def test_chart_text_in_a_line_stays_plain_text(text: str) -> None:
    page = Page(MARKDOWN.render(f"Note: {escape(text)} end"))
    assert page.tags == ["p"]


@given(HOSTILE | st.text(max_size=300))
def test_chart_text_stays_on_one_line_of_80_characters(text: str) -> None:
    page = Page(MARKDOWN.render(f"x{escape(text)}"))
    assert "\n" not in escape(text)
    assert len(shown(page.text)) <= 81


def test_what_is_cut_ends_with_an_ellipsis() -> None:
    assert escape("a" * 80) == "a" * 80
    assert escape("a" * 81) == "a" * 79 + "…"


@pytest.mark.parametrize("text", ["2.4 mmol/L", "<150 pg/mL", "18:30", "Müller", "L5/S1, 3.2 cm"])
def test_values_stay_readable(text: str) -> None:
    assert shown(Page(MARKDOWN.render(escape(text))).text) == text


def test_letters_that_turn_the_line_around_are_gone() -> None:
    assert escape("a\u202eb\u2066c\u061cd") == "a b c d"


@given(st.text("aw0 ,%+=-.<|", max_size=90))
@example("w" * 80)
@example("a www b")
@example("")
def test_words_that_need_no_change_come_out_as_the_careful_way_makes_them(words: str) -> None:
    invisible = "\u00ad"  # keeps the text from being taken as plain words, and is dropped
    assert escape(words) == escape(words + invisible)

"""Chart text that would like to be more than text, through the whole service (protocol R3)."""

from __future__ import annotations

from html.parser import HTMLParser
from typing import Any

import pytest
from markdown_it import MarkdownIt

from tests.security.conftest import Site
from tests.support.charts import (
    FOOT_DROP,
    LOINC,
    POTASSIUM,
    RXNORM,
    SNOMED,
    Json,
    bundle,
    concept,
    condition,
    foot_drop,
    observation,
    patient,
    potassium,
    prescription,
    resource,
)
from tests.support.hooks import answered, prefetch

MARKDOWN = MarkdownIt("gfm-like", {"linkify": True, "html": True})
PLAIN = {"table", "thead", "tbody", "tr", "th", "td", "p", "strong"}
MARKUP = (
    *(
        "<script>evil()</script>",
        "<img src=x onerror=evil()>",
        "<b>evil",
        "<!-- evil",
        "<a href=javascript:evil()>",
        "</td>evil",
    ),
    *(
        "[evil](https://evil.example)",
        "![evil](https://evil.example)",
        "<https://evil.example>",
        "[evil]: https://evil.example",
    ),
    *(
        "https://evil.example",
        "www.evil.example",
        "evil@evil.example",
        "ftp://evil.example",
        "mailto:evil@evil.example",
    ),
    *(
        "evil|evil|evil|evil",
        "evil\n\n# evil",
        "evil\r\n- evil",
        "evil\u2028evil",
        "`evil`",
        "**evil**",
        "~~evil~~",
        "$evil$",
    ),
    *(
        "\\[evil](https://evil.example)",
        "&lt;evil&gt;",
        "&#60;evil&#62;",
        "evil\u202elive",
        "evil\x1b[31m",
        "evil\\|evil",
    ),
)


class Page(HTMLParser):
    """Tags and links of a rendering."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.cells = 0
        self.feed(source)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.cells += tag in ("td", "th")


def cards(site: Site, **values: Any) -> list[Json]:
    made: list[Json] = answered(site.ask(prefetch=prefetch(**values)))["cards"]
    assert made
    return made


def _labels(card: Json) -> list[Any]:
    """Buttons, and what they order."""
    buttons = card.get("suggestions", [])
    return [(button["label"], [action["resource"] for action in button["actions"]]) for button in buttons]


def only_text(made: list[Json], *, shown: bool) -> None:
    """The detail renders as the card's own table and paragraphs; nothing else that is shown has any chart text."""
    for card in made:
        page = Page(MARKDOWN.render(card["detail"]))
        assert page.tags <= PLAIN
        assert page.cells % 4 == 0
        assert "\x1b" not in card["detail"]
        assert "\u202e" not in card["detail"]
        assert "evil" not in str([card["summary"], card["source"], card.get("links"), *_labels(card)])
    assert any("evil" in card["detail"] for card in made) is shown


@pytest.mark.parametrize("text", MARKUP)
def test_markup_in_a_display_stays_text(site: Site, text: str) -> None:
    code = {"coding": [{"system": SNOMED, "code": FOOT_DROP, "display": text}], "text": text}
    only_text(cards(site, conditions=bundle([condition("weakness", code)])), shown=True)


@pytest.mark.parametrize("text", MARKUP)
def test_markup_in_a_unit_stays_text(site: Site, text: str) -> None:
    odd = potassium(2.4, unit=text)
    bare = potassium(2.4, "k2", valueQuantity={"value": 2.4, "unit": text})
    only_text(cards(site, labs=bundle([odd, bare])), shown=False)


@pytest.mark.parametrize("text", MARKUP)
def test_markup_in_names_notes_and_codes_stays_out(site: Site, text: str) -> None:
    name = [{"family": text, "given": [text], "text": text}]
    drug = prescription("m", concept(text, (RXNORM, "4603")), note=[{"text": text}], requester={"display": text})
    order = resource(
        "ServiceRequest", "o", concept(text, (SNOMED, text)), status="active", intent="order", priority=text
    )
    lab = potassium(2.4, note=[{"text": text}], interpretation=[{"text": text}], performer=[{"display": text}])
    made = cards(
        site,
        patient=patient(name=name, gender=text, telecom=[{"value": text}]),
        conditions=bundle([foot_drop(recorder={"display": text}, note=[{"text": text}])]),
        medications=bundle([drug]),
        orders=bundle([order]),
        labs=bundle([lab]),
    )
    only_text(made, shown=False)


@pytest.mark.parametrize("status", ["evil", "Evil" * 50, "evilCallNobodyPatientIsWell", "<evil>", "final|evil"])
def test_a_status_that_is_none_is_not_repeated(site: Site, status: str) -> None:
    """A card names a result that it could not read, and why."""
    made = cards(site, labs=bundle([potassium(2.4, status=status)]))
    assert any("a readable Potassium" in card["detail"] for card in made)
    only_text(made, shown=False)


@pytest.mark.parametrize("text", [text for text in MARKUP if not text.startswith("www.")])  # which is a proper id
def test_markup_in_ids_references_and_dates_stays_out(site: Site, text: str) -> None:
    found = observation(text, concept("leg weakness", (LOINC, POTASSIUM)), effectiveDateTime=text, valueString=text)
    drop = foot_drop(text, encounter={"reference": text, "display": text}, recordedDate=text)
    only_text(cards(site, conditions=bundle([drop]), labs=bundle([found])), shown=False)

"""What became of the cards, by join when it is read (protocol B4), and as CSV."""

from __future__ import annotations

import csv
import io
from datetime import timedelta
from pathlib import Path

import pytest

from app.store.database import Database
from app.store.errors import StoreUnavailable
from app.store.export import feedback_csv, summary_csv
from app.store.feedback import save_feedback
from app.store.issued import save_issued
from app.store.records import Feedback, Origin, Reason
from app.store.summary import CardSummary, Summary, summarise
from tests.support.store import LATER, NOW, ORIGIN, Place, accepted, issued, overridden


async def save(database: Database, *items: Feedback, origin: Origin = ORIGIN, keep_comments: bool = True) -> None:
    await save_feedback(database, items, origin, keep_comments=keep_comments)


async def exported(database: Database, *, comments: bool) -> list[dict[str, str]]:
    text = "".join([page async for page in feedback_csv(database, comments=comments)])
    return list(csv.DictReader(io.StringIO(text)))


async def test_without_cards_there_is_nothing_to_tell(database: Database) -> None:
    assert await summarise(database) == Summary((), 0, 0)


async def test_each_card_is_counted_by_version_of_the_knowledge(database: Database) -> None:
    await save_issued(
        database,
        [issued(knowledge="1"), issued(knowledge="1"), issued(knowledge="2"), issued(card="other", knowledge="1")],
    )
    assert [(one.card, one.knowledge, one.shown) for one in (await summarise(database)).cards] == [
        ("other", "1", 1),
        ("toy", "1", 2),
        ("toy", "2", 1),
    ]


async def test_it_is_told_which_suggestions_were_accepted_and_why_cards_were_overridden(database: Database) -> None:
    await save_issued(database, [issued(uuid=f"c{n}", suggestions={f"m{n}": "mri", f"e{n}": "emg"}) for n in range(5)])
    await save(
        database,
        accepted("c0", "m0", "e0"),
        accepted("c1", "e1"),
        accepted("c2", "stranger"),
        overridden("c3", reason=Reason("patient-ineligible")),
        overridden("c4", comment="no code"),
    )
    (card,) = (await summarise(database)).cards
    assert card == CardSummary(
        card="toy",
        knowledge="2026.1",
        shown=5,
        accepted=3,
        overridden=2,
        suggestions={"emg": 2, "(unknown)": 1, "mri": 1},
        reasons={"patient-ineligible": 1},
    )
    assert list(card.suggestions) == ["emg", "(unknown)", "mri"]


async def test_a_card_that_is_reported_several_times_counts_once(database: Database) -> None:
    await save_issued(database, [issued(uuid="c", suggestions={"m": "mri", "e": "emg"})])
    await save(
        database,
        accepted("c", "m"),
        accepted("c", "m", outcome_at=LATER),
        accepted("c", "m", "e", outcome_at=LATER),
        overridden("c", reason=Reason("x", "urn:x")),
        overridden("c", reason=Reason("x")),
    )
    (card,) = (await summarise(database)).cards
    assert (card.shown, card.accepted, card.overridden) == (1, 1, 1)
    assert (card.suggestions, card.reasons) == ({"emg": 1, "mri": 1}, {"x": 1})


async def test_feedback_may_come_before_its_card(database: Database) -> None:
    await save(database, accepted("c", "m"), overridden("d"))
    assert await summarise(database) == Summary((), unknown_accepted=1, unknown_overridden=1)
    await save_issued(database, [issued(uuid="c", suggestions={"m": "mri"})])
    summary = await summarise(database)
    assert [(one.accepted, one.suggestions) for one in summary.cards] == [(1, {"mri": 1})]
    assert (summary.unknown_accepted, summary.unknown_overridden) == (0, 1)


async def test_a_span_holds_the_cards_issued_in_it_with_all_their_feedback(database: Database) -> None:
    day = timedelta(days=1)
    await save_issued(database, [issued(uuid=f"c{n}", issued_at=NOW + n * day) for n in range(4)])
    late = Origin(ORIGIN.service, ORIGIN.client, NOW + 30 * day)
    await save(database, overridden("c0"), overridden("c1"), overridden("c2"), origin=late)
    await save(database, overridden("stranger"), origin=late)
    summary = await summarise(database, NOW + day, NOW + 3 * day)
    assert [(one.shown, one.overridden) for one in summary.cards] == [(2, 2)]
    assert summary.unknown_overridden == 0


async def test_the_summary_as_csv_has_a_line_for_each_card_and_one_for_the_unknown(database: Database) -> None:
    await save_issued(database, [issued(uuid="c", suggestions={"m": "mri", "e": "emg"})])
    await save(database, accepted("c", "m", "e"), overridden("stranger"))
    assert list(csv.reader(io.StringIO(summary_csv(await summarise(database))))) == [
        ["card", "knowledge", "shown", "accepted", "overridden", "suggestions", "reasons"],
        ["toy", "2026.1", "1", "1", "0", "emg: 1; mri: 1", ""],
        ["", "", "", "0", "1", "", ""],
    ]


async def test_the_export_has_a_line_for_each_item_with_the_card_it_is_about(database: Database) -> None:
    await save_issued(database, [issued(uuid="c", suggestions={"m": "mri"})])
    await save(database, accepted("c", "m"))
    await save(database, overridden("stranger", reason=Reason("x", "urn:x")))
    first, second = await exported(database, comments=False)
    assert (first["uuid"], first["card"], first["knowledge"], first["indicator"], first["accepted"]) == (
        "c",
        "toy",
        "2026.1",
        "warning",
        "mri",
    )
    assert (first["received_at"], first["client"]) == ("2026-11-22T12:00:00+00:00", ORIGIN.client)
    assert (second["card"], second["outcome"], second["reason_code"], second["reason_system"]) == (
        "",
        "overridden",
        "x",
        "urn:x",
    )


async def test_comments_are_exported_only_on_request(database: Database) -> None:
    await save(database, overridden("c", comment="Mrs Example says no"))
    (without,) = await exported(database, comments=False)
    (with_comments,) = await exported(database, comments=True)
    assert "Mrs Example" not in str(without)
    assert with_comments["comment"] == "Mrs Example says no"


async def test_an_export_of_several_pages_is_complete(database: Database) -> None:
    for start in range(0, 2500, 500):
        await save(database, *(overridden(f"c{n}") for n in range(start, start + 500)))
    lines = await exported(database, comments=False)
    assert sorted(line["uuid"] for line in lines) == sorted(f"c{n}" for n in range(2500))


async def test_what_clients_write_is_no_formula_to_a_spreadsheet(database: Database) -> None:
    await save(database, overridden("=1+1", reason=Reason("@x", "-y"), comment="+cmd|' /C calc'!A0"))
    (line,) = await exported(database, comments=True)
    assert [line[name][0] for name in ("uuid", "reason_code", "reason_system", "comment")] == ["'"] * 4


async def test_an_export_fails_before_its_first_page_when_the_database_is_away(tmp_path: Path) -> None:
    away = Place("postgresql://nobody@127.0.0.1:1/none", tmp_path).open()
    with pytest.raises(StoreUnavailable):
        await anext(feedback_csv(away, comments=False))
    await away.close()

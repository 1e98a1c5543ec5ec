"""Whatever card is switched off, the others are found as before, for every fixture."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import pytest

from app.explain.chart_file import ChartFile, read_chart_file
from app.facts.context import Lexicon
from app.pipeline import evaluate
from app.serving.serving import Serving
from app.store.switches import SharedState, Switch
from tests.support.charts import CARDS, NOW, knowledge
from tests.support.serving import development

FIXTURES = sorted((CARDS.parent / "fixtures" / "patients").glob("*/request.json"))
CARD_IDS = [card.id for card in knowledge().cards]


async def never_used(_issuer: str, _jti: str, _expires: datetime) -> bool:
    return True


@pytest.fixture(scope="module")
def charts() -> list[ChartFile]:
    """All fixtures."""
    return [read_chart_file(path) for path in FIXTURES]


@pytest.fixture(scope="module")
def serving(tmp_path_factory: pytest.TempPathFactory) -> Serving:
    """What a process serves."""
    return Serving(development(tmp_path_factory.mktemp("data")), never_used, lambda _state: None)


@pytest.fixture(scope="module")
def usually(charts: list[ChartFile], serving: Serving) -> list[set[str]]:
    """The cards of each fixture with nothing switched off."""
    return [shown(chart, serving.state.lexicon) for chart in charts]


async def switched_off(serving: Serving, *cards: str) -> Lexicon:
    """What calls are answered with."""
    await serving.apply(SharedState(0, tuple(Switch("card", card, NOW, "operator") for card in cards)))
    assert serving.state.off_cards == frozenset(cards)
    return serving.state.lexicon


def shown(chart: ChartFile, lexicon: Lexicon) -> set[str]:
    """The cards that a chart gets."""
    conclusion = evaluate(chart.chart, lexicon, chart.subject, NOW, UUID(int=0)).conclusion
    return {advice.found.card.id for advice in conclusion.advice}


@pytest.mark.parametrize("card", CARD_IDS)
async def test_a_card_that_is_switched_off_is_not_found_and_nothing_breaks(
    card: str, charts: list[ChartFile], serving: Serving, usually: list[set[str]]
) -> None:
    lexicon = await switched_off(serving, card)
    for chart, cards in zip(charts, usually, strict=True):
        if card in cards:
            assert card not in shown(chart, lexicon)


async def test_with_all_cards_off_nobody_gets_any(charts: list[ChartFile], serving: Serving) -> None:
    lexicon = await switched_off(serving, *CARD_IDS)
    assert set[str]().union(*[shown(chart, lexicon) for chart in charts]) == set()

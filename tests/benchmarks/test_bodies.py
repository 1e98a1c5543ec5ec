"""The bodies of the benchmarks are what they say they are."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from app.fhir.prefetch import read_prefetch
from app.hooks.request import decode_request
from app.pipeline import Evaluation, evaluate
from app.rendering.context import Subject
from tests.benchmarks.bodies import SIZES, Kind, bodies, mixed_bodies
from tests.support.charts import ANSWER, lexicon

NOW = datetime(2026, 11, 22, 15, tzinfo=UTC)


def answered(body: bytes) -> Evaluation:
    request = decode_request(body, "patient-view")
    chart = read_prefetch(request.prefetch, request.context.patient_id)
    assert chart.left_out == ()
    return evaluate(chart, lexicon(), Subject(f"Patient/{request.context.patient_id}"), NOW, ANSWER)


@pytest.mark.parametrize("size", ["small", "typical"])
def test_silent_charts_get_no_card_and_firing_charts_get_some(size: str) -> None:
    assert not any(answered(body).response.cards for body in bodies("silent", SIZES[size], 20, NOW))
    assert all(answered(body).response.cards for body in bodies("firing", SIZES[size], 40, NOW))


@pytest.mark.parametrize(("size", "kilobytes"), [("small", 11), ("typical", 65), ("large", 765)])
def test_a_body_is_as_large_as_its_size_says(size: str, kilobytes: int) -> None:
    kinds: tuple[Kind, ...] = ("silent", "firing")
    for kind in kinds:
        (body,) = bodies(kind, SIZES[size], 1, NOW)
        assert len(body) / 1000 == pytest.approx(kilobytes, rel=0.05)


def test_every_result_is_usable() -> None:
    (body,) = bodies("firing", SIZES["large"], 1, NOW)
    assert answered(body).facts.left_out == ()


def test_no_two_bodies_are_alike_and_the_same_seed_makes_the_same_bodies() -> None:
    made = mixed_bodies(SIZES["small"], 50, NOW, firing=0.2)
    assert len(set(made)) == len(made) == 50
    assert made == mixed_bodies(SIZES["small"], 50, NOW, firing=0.2)
    assert set(made).isdisjoint(mixed_bodies(SIZES["small"], 50, NOW, firing=0.2, seed=2))


def test_the_share_of_firing_charts_is_as_asked() -> None:
    made = mixed_bodies(SIZES["small"], 20, NOW, firing=0.25)
    assert sum(bool(answered(body).response.cards) for body in made) == 5

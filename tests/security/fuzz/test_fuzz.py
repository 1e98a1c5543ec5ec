"""Real charts, changed by chance that is the same in every run: no failure, no hang, each refusal an OperationOutcome.

1,500 in this process by hypothesis; 150 over HTTP. The long run is `make fuzz`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from random import Random

import httpx
import pytest
from hypothesis import HealthCheck, Phase, given, note, settings
from hypothesis import strategies as st

from tests.security.fuzz.charts import fixtures
from tests.security.fuzz.core import Core
from tests.security.fuzz.judge import Wrong, judge
from tests.security.fuzz.mutate import mutated
from tests.support.hooks import URL
from tests.support.hospital import connected
from tests.support.serving import development, serving

IN_PROCESS = 1_500
OVER_HTTP = 150


@pytest.fixture(scope="module")
def core(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Core]:
    made = Core(tmp_path_factory.mktemp("core"))
    yield made
    made.close()


@settings(
    max_examples=IN_PROCESS,
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    phases=(Phase.generate, Phase.shrink),
)
@given(st.integers(0, 2**64))
def test_a_chart_with_anything_in_it_is_answered_or_refused(core: Core, seed: int) -> None:
    note(f"seed {seed}")
    core.check(mutated(fixtures(), Random(seed)))  # noqa: S311 (to be repeated, not to be secret)


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    with serving(development(tmp_path_factory.mktemp("fuzzed"))) as url, connected(url) as client:
        yield client


def test_over_http_as_well(service: httpx.Client) -> None:
    seen: Counter[int] = Counter()
    for number in range(OVER_HTTP):
        body = mutated(fixtures(), Random(f"http-{number}"))  # noqa: S311 (as above)
        answer = service.post(URL, content=body, headers={"Content-Type": "application/json"})
        judge(answer.status_code, answer.content)
        seen[answer.status_code] += 1
    assert seen[200] > OVER_HTTP / 2
    assert seen[400]


def test_most_of_what_is_tried_reaches_the_cards(core: Core) -> None:
    seen = Counter(core.check(mutated(fixtures(), Random(f"reach-{number}"))) for number in range(200))  # noqa: S311 (as above)
    assert seen[200] > 100


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (500, b'{"resourceType":"OperationOutcome","issue":[{"severity":"error","code":"x","diagnostics":"x"}]}'),
        (400, b'{"detail":"x"}'),
        (400, b'{"resourceType":"OperationOutcome","issue":[{"severity":"error","code":"x","diagnostics":"evil"}]}'),
        (200, b'{"cards":[],"extension":{}}'),
        (200, b'{"cards":[{"summary":"s","indicator":"info","detail":"<script>evil()</script>"}]}'),
        (200, b'{"cards":[{"summary":"%s","indicator":"info","detail":"a"}]}' % (b"x" * 140)),
        (200, b'{"cards":[],"extension":{"a":NaN}}'),
    ],
)
def test_the_judge_notices_an_answer_that_must_not_be(status: int, body: bytes) -> None:
    with pytest.raises((Wrong, KeyError)):
        judge(status, body)

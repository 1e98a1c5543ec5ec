"""Cards and clients are switched off, and on again, without a restart: for every worker, and for good."""

from __future__ import annotations

import json
from pathlib import Path

import httpx

from app.store.address import FILE
from tests.support.charts import Json
from tests.support.hooks import EVALUATION, URL, refused, told
from tests.support.hospital import AS_OPERATOR
from tests.support.process import PATIENCE, Legwork, by_every_worker, call, until
from tests.support.real_time import signed
from tests.support.tokens import ISSUER

CARD = "baseline-workup"


def answered(service: Legwork) -> Json:
    """What a call gets."""
    answer = call(service.url, signed(URL))
    assert answer.status_code == 200, answer.text
    body: Json = answer.json()
    return body


def answered_by_every_worker(service: Legwork) -> list[Json]:
    url = service.url
    return [answer.json() for answer in by_every_worker(service, lambda: call(url, signed(URL)))]


def switch(service: Legwork, **change: object) -> httpx.Response:
    """By the route."""
    url = f"{service.url}/operator/switches"
    return httpx.post(url, headers=AS_OPERATOR, json=change, trust_env=False, timeout=PATIENCE)


def topics(body: Json) -> set[str]:
    """The cards of an answer."""
    return {card["source"]["topic"]["code"] for card in body["cards"]}


def is_off(body: Json) -> bool:
    """Whether the answer does without the card, and says so."""
    return CARD not in topics(body) and told(body).get("switchedOff") == [CARD]


def tells(line: Json) -> bool:
    """Whether a line of the log says that the card is off."""
    return bool(line.get("message", "").startswith(f"card {CARD} is off, since "))


def test_a_card_is_switched_off_and_on_by_the_route(hospital: Legwork) -> None:
    assert CARD in topics(answered(hospital))
    (off,) = switch(hospital, kind="card", name=CARD, on=False).json()["switches"]
    assert (off["kind"], off["name"]) == ("card", CARD)
    until(lambda: all(map(is_off, answered_by_every_worker(hospital))), "no worker shows it")
    page = httpx.get(f"{hospital.url}/cards/{CARD}", headers={"accept": "text/html"}, trust_env=False)
    assert "Status: switched off by the operator" in page.text
    assert switch(hospital, kind="card", name=CARD, on=True).json()["switches"] == []
    until(lambda: all(CARD in topics(body) for body in answered_by_every_worker(hospital)), "every worker shows it")


def test_a_card_is_switched_off_and_on_by_the_command(hospital: Legwork) -> None:
    done = hospital.run("switch", "off", "card", CARD)
    assert (done.returncode, CARD in done.stdout) == (0, True), done.stderr
    assert f"written to the database {hospital.data / FILE}\n" in done.stdout
    until(lambda: all(map(is_off, answered_by_every_worker(hospital))), "no worker shows it")
    assert set(hospital.workers) <= {line["process"] for line in hospital.lines if tells(line)}
    assert hospital.run("switch", "on", "card", CARD).returncode == 0
    until(lambda: CARD in topics(answered(hospital)), "it is shown again")


def test_a_client_that_is_switched_off_gets_no_cards_and_may_send_feedback(hospital: Legwork) -> None:
    (card, *_) = answered(hospital)["cards"]
    done = hospital.run("switch", "off", "client", ISSUER)
    assert done.returncode == 0, done.stderr
    until(lambda: not any(body["cards"] for body in answered_by_every_worker(hospital)), "nobody answers with cards")
    body = answered(hospital)
    assert body["cards"] == []
    assert "switched off" in body["extension"][EVALUATION]["notEvaluated"]
    path = f"{URL}/feedback"
    feedback = {"feedback": [{"card": card["uuid"], "outcome": "accepted", "outcomeTimestamp": "2026-11-22T09:00:00Z"}]}
    feedback["feedback"][0]["acceptedSuggestions"] = [{"id": card["suggestions"][0]["uuid"]}]
    sent = httpx.post(hospital.url + path, json=feedback, headers=signed(path), trust_env=False, timeout=PATIENCE)
    assert sent.status_code == 200, sent.text
    assert hospital.run("switch", "on", "client", ISSUER).returncode == 0
    until(lambda: answered(hospital)["cards"], "it gets cards again")


def test_a_name_that_nothing_has_is_refused(hospital: Legwork) -> None:
    issue = refused(switch(hospital, kind="card", name="baseline-workout", on=False), 400)
    assert CARD in issue["diagnostics"]
    done = hospital.run("switch", "off", "client", "https://nobody.example.org")
    assert done.returncode == 1
    assert ISSUER in done.stderr


def test_what_is_switched_off_is_so_from_the_first_call_after_a_restart(tmp_path: Path) -> None:
    service = Legwork(tmp_path)
    assert service.run("database", "upgrade").returncode == 0
    assert service.run("switch", "off", "card", CARD).returncode == 0
    with service.running() as url:
        assert is_off(call(url).json())
    (kept,) = json.loads((service.data / "switches.json").read_bytes())["switches"]
    assert kept["name"] == CARD

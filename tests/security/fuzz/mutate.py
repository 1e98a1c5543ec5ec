"""A chart changed in a few places, by chance that can be repeated."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from random import Random
from typing import Any

from tests.security.fuzz.values import LONG, NUMBERS, OTHERS, STRINGS, TELLING, fitting
from tests.support.charts import Json

_MOST = 6
_IN_RESOURCE = 0.9  # the rest is small, and what is wrong with it is mostly a refusal
_IN_PREFETCH = 0.8
_TELLING = 0.5  # how often it is an element that decides something
_DEEPER = 0.8  # how likely a walk goes on
_RAW = 0.05  # how often the bytes are changed as well
_ALL = 0.25  # how often a change is made wherever the key stands
_DEPTHS = (1, 1, 2, 2, 10, 90)


@dataclass(frozen=True)
class Place:
    """Where a value stands: in a container, under a key or an index; `name` is the key that it goes by."""

    holder: Any
    key: Any
    name: str

    @property
    def value(self) -> Any:
        return self.holder[self.key]

    def put(self, value: Any) -> None:
        self.holder[self.key] = value


def mutated(seeds: tuple[bytes, ...], random: Random, most: int = _MOST) -> bytes:
    """One of the calls with one to `most` changes. Smaller numbers of the same chance make the same first changes."""
    call, donor = json.loads(random.choice(seeds)), random.choice(seeds)
    for _ in range(min(most, random.randint(1, _MOST))):
        place = _somewhere(call, random)
        if place is not None and random.random() < _ALL:
            _everywhere(call, place.name, random.choice(fitting(place.name)))
        elif place is not None:
            random.choice(_CHANGES)(place, random, donor)
    body = json.dumps(call, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass")
    return random.choice(_SPOILS)(body, random) if random.random() < _RAW else body


def _somewhere(call: Any, random: Random) -> Place | None:
    """Mostly anywhere in a resource, sometimes in what is around them; None where there is nothing."""
    prefetch = call.get("prefetch") if isinstance(call, dict) else None
    resources = list(_resources(prefetch)) if isinstance(prefetch, dict) else []
    if resources and random.random() < _IN_RESOURCE:
        places = list(_places(random.choice(resources)))
        telling = [place for place in places if place.name in TELLING] if random.random() < _TELLING else []
        return random.choice(telling or places or [None])
    return _on_a_walk(prefetch if prefetch and random.random() < _IN_PREFETCH else call, random)


def _resources(prefetch: Json) -> Iterator[Any]:
    for value in prefetch.values():
        entries = value.get("entry") if isinstance(value, dict) else None
        if isinstance(entries, list):
            yield from (entry["resource"] for entry in entries if isinstance(entry, dict) and entry.get("resource"))
        elif isinstance(value, dict):
            yield value


def _places(value: Any, name: str = "") -> Iterator[Place]:
    """Every place in a value."""
    if isinstance(value, dict):
        for key, one in value.items():
            yield Place(value, key, key)
            yield from _places(one, key)
    elif isinstance(value, list):
        for index, one in enumerate(value):
            yield Place(value, index, name)
            yield from _places(one, name)


def _on_a_walk(value: Any, random: Random) -> Place | None:
    place, name = None, ""
    while isinstance(value, (dict, list)) and value and (place is None or random.random() < _DEEPER):
        key = random.choice(list(value)) if isinstance(value, dict) else random.randrange(len(value))
        name = str(key) if isinstance(value, dict) else name
        place = Place(value, key, name)
        value = place.value
    return place


def _drop(place: Place, random: Random, donor: bytes) -> None:
    del place.holder[place.key]


def _repeat(place: Place, random: Random, donor: bytes) -> None:
    if isinstance(place.holder, list):
        place.holder.extend([place.value] * random.choice((1, 2, 20)))
    else:
        place.put([place.value, place.value])


def _fit(place: Place, random: Random, donor: bytes) -> None:
    place.put(random.choice(fitting(place.name)))


def _replace(place: Place, random: Random, donor: bytes) -> None:
    place.put(random.choice(random.choice((STRINGS, NUMBERS, OTHERS, LONG))))


def _retype(place: Place, random: Random, donor: bytes) -> None:
    value = place.value
    place.put(random.choice((str(value)[:1000], [value], {place.name: value}, bool(value), len(str(value)))))


def _nest(place: Place, random: Random, donor: bytes) -> None:
    value = place.value
    for _ in range(random.choice(_DEPTHS)):
        value = [value] if random.random() < 0.5 else {place.name: value}
    place.put(value)


def _rename(place: Place, random: Random, donor: bytes) -> None:
    if isinstance(place.holder, dict):
        key = random.choice((place.name.upper(), f"_{place.name}", "valueString", "valueQuantity", "entry", "code", ""))
        place.holder[key] = place.holder.pop(place.key)


def _graft(place: Place, random: Random, donor: bytes) -> None:
    """Something of another chart."""
    found = _somewhere(json.loads(donor), random)
    if found is not None:
        place.put(found.value)


def _mix(place: Place, random: Random, donor: bytes) -> None:
    if isinstance(place.value, str):
        at = random.randint(0, len(place.value))
        place.put(place.value[:at] + random.choice(STRINGS) + place.value[at:])
    elif isinstance(place.value, list):
        random.shuffle(place.value)
    else:
        _fit(place, random, donor)


def _everywhere(call: Any, key: str, value: Any) -> None:
    """One value for a key wherever it stands."""
    if isinstance(call, dict):
        for name, one in call.items():
            if name == key:
                call[name] = value
            else:
                _everywhere(one, key, value)
    elif isinstance(call, list):
        for one in call:
            _everywhere(one, key, value)


def _shift(place: Place, random: Random, donor: bytes) -> None:
    """A number that is nearly the same, or far off."""
    if isinstance(place.value, (int, float)) and abs(place.value) < 1e300:
        place.put(
            random.choice((place.value * 10, place.value / 1000, -place.value, place.value + 1e-9, place.value * 1e6))
        )
    else:
        _replace(place, random, donor)


_CHANGES: tuple[Callable[[Place, Random, bytes], None], ...] = (
    *(_drop, _repeat, _fit, _fit, _fit, _replace, _retype, _nest, _rename, _graft, _graft, _mix, _mix, _shift),
)


def _cut(body: bytes, random: Random) -> bytes:
    return body[: random.randrange(len(body))]


def _flip(body: bytes, random: Random) -> bytes:
    at = random.randrange(len(body))
    return body[:at] + bytes([random.randrange(256)]) + body[at + 1 :]


def _double_key(body: bytes, random: Random) -> bytes:
    key = random.choice((b'"id":', b'"code":', b'"value":', b'"resourceType":', b'"patientId":', b'"prefetch":'))
    return body.replace(key, key + random.choice((b"null", b'"x"', b"1", b"[]", b"{}")) + b"," + key)


def _odd_number(body: bytes, random: Random) -> bytes:
    odd = random.choice(
        (b"NaN", b"Infinity", b"-Infinity", b"1e400", b"-1e400", b"1E+99999", b"00", b"0x1", b"1" * 5000)
    )
    return body.replace(b'"value":', b'"value":' + odd + b',"was":', 3)


def _double(body: bytes, random: Random) -> bytes:
    at, end = sorted((random.randrange(len(body)), random.randrange(len(body))))
    return body[:end] + body[at:end][:2000] + body[end:]


_SPOILS: tuple[Callable[[bytes, Random], bytes], ...] = (_cut, _flip, _double_key, _odd_number, _double)

"""One operation in words and types; FastAPI knows the rest of it (path, method, parameters)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

from msgspec import Struct

from app.description.failures import FAILURES, REFUSALS

Json = dict[str, Any]
Tag = Literal["CDS Hooks", "Cards", "Operators", "Probes"]
Caller = Literal["client", "operator"]


@dataclass(frozen=True, slots=True)
class Content:
    """One way in which a body is written; text where there is no model. `examples` are names of examples."""

    model: type[Struct] | None
    examples: tuple[str, ...]
    media_type: str = "application/json"
    several: bool = False


@dataclass(frozen=True, slots=True)
class Operation:
    """What is sent, what comes back, and how it can fail beyond what can happen to every call."""

    tag: Tag
    description: str
    answer: tuple[Content, ...]
    means: str
    takes: tuple[Content, ...] = ()
    fails: frozenset[int] = frozenset()
    caller: Caller | None = None

    def models(self) -> Iterator[type[Struct]]:
        """The types of all bodies."""
        yield from (one.model for one in (*self.takes, *self.answer) if one.model)

    def described(self, *, token_needed: bool) -> Json:
        """The members of an Operation Object that FastAPI does not know."""
        made: Json = {"tags": [self.tag], "description": self.description, "responses": self._responses()}
        if self.takes:
            made["requestBody"] = {"required": True, "content": _content(self.takes)}
        if self.caller:
            made["security"] = [{self.caller: []}] if token_needed else [{}, {self.caller: []}]
        return made

    def _responses(self) -> Json:
        headers = {"X-Correlation-Id": {"$ref": "#/components/headers/X-Correlation-Id"}}
        good = {"description": self.means, "headers": headers, "content": _content(self.answer)}
        bad = (status for status in FAILURES if status in REFUSALS | self.fails)
        return {"200": good} | {str(one): {"$ref": f"#/components/responses/{one}"} for one in bad}


def _content(several: tuple[Content, ...]) -> Json:
    return {one.media_type: {"schema": _schema(one), "examples": _examples(one)} for one in several}


def _schema(content: Content) -> Json:
    if content.model is None:
        return {"type": "string"}
    schema = {"$ref": f"#/components/schemas/{content.model.__name__}"}
    return {"type": "array", "items": schema} if content.several else schema


def _examples(content: Content) -> Json:
    return {name: {"$ref": f"#/components/examples/{name}"} for name in content.examples}

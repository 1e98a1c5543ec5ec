"""The OpenAPI document: what FastAPI knows of the routes, joined with what `operations` says of them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec
from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from app.description.failures import FAILURES, HEADERS, failure
from app.description.models import OperationOutcome
from app.description.operation import Caller, Json
from app.description.operations import OPERATIONS
from app.fhir.templates import TEMPLATES
from app.hooks.service import HOOK

_ABOUT = (
    "CDS Hooks 2.0.1 and 3.0.0. Every answer that is not 2xx carries a FHIR OperationOutcome; a method that a path "
    "does not have is answered with 405. Optional fields that are absent are left out, never null. Times are RFC 3339."
)
_SCHEMES: dict[Caller, Json] = {
    "client": {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "JWT",
        "description": "A token of a registered client, made for this URL and used once (CDS Hooks, trusting clients).",
    },
    "operator": {"type": "http", "scheme": "bearer", "description": "The operator token, LEGWORK_OPERATOR_TOKEN."},
}


def document(app: FastAPI, *, url: str, examples: Json, open_to: frozenset[Caller] = frozenset()) -> Json:
    """The whole document. `url` is where the service is reached; who is in `open_to` needs no token.

    Raises KeyError for a route that `operations` does not describe.
    """
    made = get_openapi(
        title=app.title,
        version=app.version,
        summary=app.summary,
        description=_ABOUT,
        routes=app.routes,
        servers=[{"url": url}],
    )
    for found in _operations(made["paths"]):
        described = OPERATIONS[found["operationId"]]
        found.update(described.described(token_needed=described.caller not in open_to))
    made["components"] = {
        "schemas": _schemas(),
        "responses": {str(status): failure(status) for status in FAILURES},
        "headers": HEADERS,
        "examples": examples,
        "securitySchemes": _SCHEMES,
    }
    return made


def _operations(paths: Json) -> Iterator[Json]:
    for methods in paths.values():
        yield from methods.values()


def _schemas() -> Json:
    models = {model for one in OPERATIONS.values() for model in one.models()} | {OperationOutcome}
    ordered = sorted(models, key=lambda model: model.__name__)
    _, schemas = msgspec.json.schema_components(ordered, ref_template="#/components/schemas/{name}")
    request = schemas["HookRequest"]["properties"]
    request["hook"]["const"] = HOOK
    request["prefetch"] = _prefetch()
    return {name: _without_null(schemas[name]) for name in sorted(schemas)}


def _prefetch() -> Json:
    """What each key should hold; what it holds instead is dealt with, so nothing more is asked of it here."""
    wanted = {template.key: {"description": f"the answer to `{template.query}`"} for template in TEMPLATES}
    return {"type": "object", "description": "null: asked for, and nothing found", "properties": wanted}


def _without_null(schema: Any) -> Any:
    """An absent field is left out, so no default is null (protocol M2)."""
    if isinstance(schema, list | tuple):
        return [_without_null(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    if "anyOf" in schema and schema.get("default", ...) is None:
        kinds = [one for one in schema["anyOf"] if one != {"type": "null"}]
        rest = {key: value for key, value in schema.items() if key not in ("anyOf", "default")}
        return _without_null({**rest, **(kinds[0] if len(kinds) == 1 else {"anyOf": kinds})})
    return {key: _without_null(value) for key, value in schema.items()}

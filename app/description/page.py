"""The document arranged as a page is read: operations by tag, references followed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from app.description.operation import Json

_BOUNDS = {
    "pattern": "matching",
    "minimum": "at least",
    "maximum": "at most",
    "minLength": "characters at least",
    "maxLength": "characters at most",
}


def page(document: Json) -> Json:
    """What the template of the page is filled with."""
    operations = list(_operations(document))
    return {
        "info": document["info"],
        "servers": document["servers"],
        "tags": {tag: [one for one in operations if one["tag"] == tag] for tag in _in_order(operations)},
        "failures": [
            _failure(status, response, document) for status, response in document["components"]["responses"].items()
        ],
        "headers": document["components"]["headers"],
        "models": document["components"]["schemas"],
        "schemes": document["components"]["securitySchemes"],
        "kind": kind,
    }


def kind(schema: Json) -> list[tuple[str, str | None]]:
    """A schema in words: pieces of text, each with the name of the model that it links to, if any."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return [(name, name)]
    if "anyOf" in schema:
        return [piece for index, one in enumerate(schema["anyOf"]) for piece in (*_or(index), *kind(one))]
    if schema.get("type") == "array":
        return [("array of ", None), *kind(schema.get("items", {}))]
    if isinstance(schema.get("additionalProperties"), dict) and schema["additionalProperties"]:
        return [("object of ", None), *kind(schema["additionalProperties"])]
    return [(_plain(schema), None)]


def _or(index: int) -> list[tuple[str, str | None]]:
    return [(" or ", None)] if index else []


def _plain(schema: Json) -> str:
    if "const" in schema or "enum" in schema:
        return " | ".join(json.dumps(one) for one in schema.get("enum", [schema.get("const")]))
    bounds = [f"{words} {schema[key]}" for key, words in _BOUNDS.items() if key in schema]
    return ", ".join([schema.get("format") or schema.get("type", "anything"), *bounds])


def _in_order(operations: list[Json]) -> list[str]:
    return list(dict.fromkeys(one["tag"] for one in operations))


def _operations(document: Json) -> Iterator[Json]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield {
                **operation,
                "path": path,
                "method": method.upper(),
                "tag": operation["tags"][0],
                "anchor": operation["operationId"],
                "parameters": operation.get("parameters", []),
                "security": operation.get("security", []),
                "body": _body(operation.get("requestBody", {}), document),
                "means": operation["responses"]["200"]["description"],
                "answer": _body(operation["responses"]["200"], document),
                "failures": [status for status in operation["responses"] if status != "200"],
            }


def _failure(status: str, response: Json, document: Json) -> Json:
    return {
        "status": status,
        "description": response["description"],
        "headers": list(response["headers"]),
        "body": _body(response, document),
    }


def _body(holder: Json, document: Json) -> list[Json]:
    """One entry for each media type; examples as text."""
    return [
        {"media_type": media_type, "kind": kind(content["schema"]), "examples": _examples(content, document)}
        for media_type, content in holder.get("content", {}).items()
    ]


def _examples(content: Json, document: Json) -> dict[str, str]:
    values = {name: _followed(one, document)["value"] for name, one in content.get("examples", {}).items()}
    return {name: _text(value) for name, value in values.items()}


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, indent=2, ensure_ascii=False)


def _followed(holder: Json, document: Json) -> Json:
    """Itself, or what it refers to within the document."""
    found: Any = holder
    if "$ref" in holder:
        found = document
        for step in holder["$ref"].removeprefix("#/").split("/"):
            found = found[step]
    return dict(found)

"""docs/configuration.md tells every setting and every key of the clients file."""

from __future__ import annotations

import re
from pathlib import Path

from fastapi.routing import APIRoute

from app.clients.schema import RegisteredClient
from app.configuration_page import EXAMPLE, configuration_page
from app.environment import variable
from app.operations.routes import build_router
from app.serving.parts import Parts
from app.settings import CARDS, Settings
from tests.support.charts import NOW
from tests.support.serving import development

DOCS = CARDS.parent / "docs"
PAGE = configuration_page()


def row(name: str) -> str:
    (found,) = [line for line in PAGE.splitlines() if line.startswith(f"| `{name}` |")]
    return found


def test_the_page_in_the_repository_is_the_generated_one() -> None:
    assert (DOCS / "configuration.md").read_text(encoding="utf-8") == PAGE, "run `make docs`"


def test_every_setting_and_every_key_has_a_row_with_example_and_meaning() -> None:
    for name in [*map(variable, Settings.model_fields), *RegisteredClient.model_fields]:
        _, _, _default, example, meaning, _ = re.split(r" ?\| ?", row(name), maxsplit=5)
        assert example, name
        assert len(meaning) > 10, name


def test_a_default_a_secret_and_a_required_key_are_told() -> None:
    assert "| `8000` | `8080` |" in row("LEGWORK_PORT")
    assert "LEGWORK_AUDIT_KEY_FILE" in row("LEGWORK_AUDIT_KEY")
    assert "| (required) |" in row("iss")
    assert str(CARDS) not in PAGE


def test_the_operator_token_is_for_what_its_row_names(tmp_path: Path) -> None:
    router = build_router(Parts(development(tmp_path), lambda: NOW, None))
    paths = {route.path for route in router.routes if isinstance(route, APIRoute)}
    assert set(re.findall(r"(?<= )/[a-z/]+", row("LEGWORK_OPERATOR_TOKEN"))) == paths


def test_the_example_is_linked_and_there() -> None:
    assert f"({EXAMPLE})" in PAGE
    assert (DOCS / EXAMPLE).is_file()

"""docs/operating.md says what is true: the queries, the scopes, the commands, the links."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import typer.main

from app.cli import app
from app.clients.read import read_clients
from app.fhir.scope import leaves_out
from app.fhir.templates import TEMPLATES, Template

PAGE = Path("docs/operating.md")
TEXT = PAGE.read_text(encoding="utf-8")


def row(template: Template) -> list[str]:
    """The cells of a template's line."""
    (line,) = [line for line in TEXT.splitlines() if line.startswith(f"| `{template.key}` |")]
    return [cell.strip() for cell in line.strip("|").split("|")]


def test_the_table_has_one_line_for_each_template_in_their_order() -> None:
    keys = re.findall(r"^\| `(\w+)` \| `\w+[?/]", TEXT, re.MULTILINE)
    assert keys == [template.key for template in TEMPLATES]


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda template: template.key)
def test_the_query_is_that_of_the_template(template: Template) -> None:
    assert row(template)[1].strip("`").removesuffix("…") == template.query


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda template: template.key)
def test_the_scopes_cover_what_is_read_and_nothing_else(template: Template) -> None:
    for scopes in re.findall(r"`([^`]+)`", row(template)[3]):
        assert not [kind for kind in template.type_names if leaves_out(scopes, kind)]
        assert {re.sub(r"user/(\w+)\..*", r"\1", scope) for scope in scopes.split()} == template.type_names


def test_every_command_that_is_named_exists() -> None:
    commands = typer.main.get_command(app)
    known = set(getattr(commands, "commands", {}))
    named = set(re.findall(r"(?:^ {4}|`)legwork ([a-z-]+)", TEXT, re.MULTILINE))
    assert named
    assert named <= known, named - known


def test_every_file_that_is_linked_is_there() -> None:
    links = [link for link in re.findall(r"\]\(([^)]+)\)", TEXT) if "://" not in link]
    assert links
    assert [link for link in links if not (PAGE.parent / link).exists()] == []


def test_every_client_that_is_shown_can_be_registered(tmp_path: Path) -> None:
    shown = re.findall(r"```yaml\n(.*?)```", TEXT, re.DOTALL)
    assert shown
    file = tmp_path / "clients.yaml"
    file.write_text("clients:\n" + "".join(shown), encoding="utf-8")
    assert len(read_clients(file).issuers) == len(shown)

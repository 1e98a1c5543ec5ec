"""The `legwork` command."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated
from uuid import UUID

import typer
from rich.console import Console

from app.errors import KnowledgeError, LegworkError
from app.settings import CARDS, Settings

app = typer.Typer(help="Legwork: CDS Hooks for leg weakness.", no_args_is_help=True, pretty_exceptions_enable=False)
_out = Console(soft_wrap=True)
_err = Console(stderr=True, soft_wrap=True)


def main() -> None:
    """Run the command; a failure meant for the user is one line, not a traceback."""
    try:
        app()
    except LegworkError as error:
        _err.print(str(error), style="red", markup=False)
        raise SystemExit(1) from error


@app.command()
def check(folder: Annotated[Path, typer.Argument(help="the knowledge folder")] = CARDS) -> None:
    """Validate the knowledge and run its cases: every problem with file and line."""
    from app.cases.read import check_cases
    from app.knowledge.knowledge import load_knowledge

    try:
        knowledge = load_knowledge(folder)
    except KnowledgeError as error:
        problems = list(error.problems)
    else:
        problems = check_cases(folder, knowledge)
    for problem in sorted(problems):
        _out.print(str(problem), markup=False, highlight=False)
    _out.print(
        f"{len(problems)} problem(s)" if problems else f"{folder}: no problems", style="red" if problems else "green"
    )
    raise typer.Exit(1 if problems else 0)


@app.command()
def explain(
    file: Annotated[Path, typer.Argument(help="a hook request or a patient Bundle, as JSON")],
    as_json: Annotated[bool, typer.Option("--json", help="for machines")] = False,
    now: Annotated[str | None, typer.Option(help="the time to evaluate at, as in 2026-11-22T09:00:00Z")] = None,
    folder: Annotated[Path, typer.Option("--cards", help="the knowledge folder")] = CARDS,
) -> None:
    """Show what is read from a chart, what each card makes of it, and the cards."""
    from app.explain.as_json import explain_as_json
    from app.explain.as_text import explain_as_text
    from app.explain.chart_file import read_chart_file
    from app.facts.context import build_lexicon
    from app.knowledge.knowledge import load_knowledge
    from app.pipeline import evaluate

    lexicon = build_lexicon(load_knowledge(folder))
    chart_file = read_chart_file(file)
    evaluation = evaluate(chart_file.chart, lexicon, chart_file.subject, _time(now), UUID(int=0))
    conclusion = evaluation.conclusion
    chart_file.require_inputs(triggered=bool(conclusion.weakness or conclusion.silent_because))
    if as_json:
        typer.echo(explain_as_json(evaluation))
    else:
        explain_as_text(evaluation, lexicon.knowledge.vocabulary, Console())


def _time(text: str | None) -> datetime:
    if text is None:
        return datetime.now(UTC)
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise typer.BadParameter("a time such as 2026-11-22T09:00:00Z was expected", param_hint="--now") from error
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


@app.command()
def serve() -> None:
    """Start the service; docs/configuration.md lists the variables that configure it."""
    settings = Settings()
    settings.require_servable()
    if settings.workers > 1:
        from app.observability.multiprocess import prepare_folder

        prepare_folder()  # before anything imports prometheus_client
    from app.server import bind, prepare

    listener = bind(settings)
    run = prepare(settings)
    port = listener.getsockname()[1]
    base = f"http://{settings.host}:{port}"
    _out.print(f"Legwork is at {base}/cds-services (stop with Ctrl+C). Try:")
    request = "fixtures/patients/cauda-equina-undated/request.json"
    _out.print(f"  curl -s -H 'Content-Type: application/json' -d @{request} {base}/cds-services/leg-weakness-workup")
    run(listener)


@app.command()
def reload() -> None:
    """Check knowledge and clients, and have every worker on every machine read them anew."""
    import asyncio

    from app.serving.reload import reload_everywhere

    generation = asyncio.run(reload_everywhere(Settings()))
    _out.print(f"generation {generation}: running workers read the files within two seconds", style="green")


@app.command()
def feedback(
    export: Annotated[bool, typer.Option("--export", help="each item, in place of the summary")] = False,
    comments: Annotated[bool, typer.Option("--comments", help="with what users wrote, which may name people")] = False,
) -> None:
    """Print how often each card was shown, accepted and overridden, as CSV."""
    import asyncio

    from app.operations.feedback import print_feedback

    asyncio.run(print_feedback(Settings(), export=export, comments=comments))


audit = typer.Typer(help="The audit trail.", no_args_is_help=True)
app.add_typer(audit, name="audit")


@audit.command()
def verify() -> None:
    """Check every chain of the audit trail; exit code 1 when something was tampered with."""
    import asyncio

    from app.operations.audit import find_problems

    problems = asyncio.run(find_problems(Settings()))
    for problem in problems:
        _out.print(str(problem), markup=False, highlight=False)
    tampered = any(problem.is_tampering for problem in problems)
    _out.print("tampered with" if tampered else "not tampered with", style="red" if tampered else "green")
    raise typer.Exit(1 if tampered else 0)


@app.command()
def load_patients(
    url: Annotated[str, typer.Argument(help="base URL of an R4 server, as in http://127.0.0.1:8080/fhir")],
    folder: Annotated[Path, typer.Argument(help="folder of patients")] = CARDS.parent / "fixtures" / "patients",
    wait: Annotated[float, typer.Option(help="seconds that the server has to come up")] = 0.0,
    token_file: Annotated[Path | None, typer.Option(help="file with a bearer token for the server")] = None,
) -> None:
    """Put the fixture patients on a FHIR server, to try the service with it."""
    from app.fhir.templates import TEMPLATES
    from app.trial.load import Target
    from app.trial.load import load_patients as load

    today, keys = datetime.now(UTC).date(), [template.key for template in TEMPLATES]
    refused = 0
    token = token_file.read_text(encoding="utf-8").strip() if token_file else None
    for patient in load(Target(url, token, wait), folder, keys, today=today):
        refused += len(patient.refusals)
        _out.print(f"{patient.name}: {patient.stored} stored", highlight=False)
        for line in (*patient.notes, *(f"refused {one.name}: {one.reason}" for one in patient.refusals)):
            _out.print(f"  {line}", markup=False, highlight=False)
    raise typer.Exit(1 if refused else 0)


@app.command()
def docs() -> None:
    """Write the generated pages of this checkout anew."""
    from app.catalogue.page import catalogue
    from app.catalogue.proofs import proofs_page
    from app.configuration_page import configuration_page
    from app.knowledge.knowledge import load_knowledge

    root = CARDS.parent
    (root / "docs" / "configuration.md").write_text(configuration_page(), encoding="utf-8")
    (CARDS / "README.md").write_text(catalogue(load_knowledge(CARDS)), encoding="utf-8")
    (root / "docs" / "decision-proofs.md").write_text(proofs_page(CARDS, root / "fixtures"), encoding="utf-8")

"""The `legwork` command."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Literal
from uuid import UUID
from zoneinfo import ZoneInfo

import typer
from rich.console import Console

from app.errors import KnowledgeError, LegworkError
from app.settings import CARDS, Settings

app = typer.Typer(help="Legwork: CDS Hooks for leg weakness.", no_args_is_help=True, pretty_exceptions_enable=False)
# No emoji: rich would write one for the line number in `causes/gout.yaml:100: …`.
_out = Console(soft_wrap=True, emoji=False)
_err = Console(stderr=True, soft_wrap=True, emoji=False)
_FOLDER = "the knowledge folder, in place of LEGWORK_CARDS_DIR"


def main() -> None:
    """Run the command; a failure meant for the user is one line, not a traceback."""
    try:
        app()
    except LegworkError as error:
        _err.print(str(error), style="red", markup=False)
        raise SystemExit(1) from error


@app.command()
def check(folder: Annotated[Path | None, typer.Argument(help=_FOLDER)] = None) -> None:
    """Validate the knowledge and run its cases: every problem with file and line; warn of overdue reviews."""
    from app.cases.read import check_cases
    from app.knowledge.check import overdue_reviews
    from app.knowledge.knowledge import load_knowledge

    folder = folder or Settings().cards_dir
    try:
        knowledge = load_knowledge(folder)
    except KnowledgeError as error:
        problems = list(error.problems)
    else:
        problems = check_cases(folder, knowledge)
        for warning in overdue_reviews(knowledge.cards, datetime.now(UTC).date()):
            _out.print(warning, style="yellow", markup=False, highlight=False)
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
    every_card: Annotated[bool, typer.Option("--all", help="every signal of every card, whatever came of it")] = False,
    now: Annotated[str | None, typer.Option(help="the time to evaluate at, as in 2026-11-22T09:00:00Z")] = None,
    folder: Annotated[Path | None, typer.Option("--cards", help=_FOLDER)] = None,
) -> None:
    """Show what is read from a chart, what each card makes of it, and the cards."""
    from app.explain.as_json import explain_as_json
    from app.explain.as_text import explain_as_text
    from app.explain.chart_file import read_chart_file
    from app.facts.context import build_lexicon
    from app.knowledge.knowledge import load_knowledge
    from app.pipeline import evaluate

    settings = Settings()
    lexicon = build_lexicon(load_knowledge(folder or settings.cards_dir))
    chart_file = read_chart_file(file)
    moment = _time(now, settings.time_zone)
    evaluation = evaluate(chart_file.chart, lexicon, chart_file.subject, moment, UUID(int=0))
    chart_file.require_inputs(triggered=evaluation.conclusion.is_settled)
    if as_json:
        typer.echo(explain_as_json(evaluation))
    else:
        explain_as_text(evaluation, lexicon.knowledge.vocabulary, Console(emoji=False), every_card=every_card)


def _time(text: str | None, zone: ZoneInfo) -> datetime:
    """In the time zone of the hospital, whose days count."""
    if text is None:
        return datetime.now(zone)
    try:
        moment = datetime.fromisoformat(text)
        return moment.astimezone(zone) if moment.tzinfo else moment.replace(tzinfo=zone)
    except (ValueError, OverflowError) as error:
        raise typer.BadParameter("a time such as 2026-11-22T09:00:00Z was expected", param_hint="--now") from error


@app.command()
def serve() -> None:
    """Start the service; docs/configuration.md lists the variables that configure it."""
    from app.serving.early_signals import heed_early_signals

    heed_early_signals()
    settings = Settings()
    settings.require_servable()
    if settings.workers > 1:
        from app.observability.multiprocess import prepare_folder

        prepare_folder()  # before anything imports prometheus_client
    from app.server import bind, prepare

    listener = bind(settings)
    settings = settings.model_copy(update={"port": listener.getsockname()[1]})
    run = prepare(settings, listener)
    base = settings.listening_url
    _out.print(f"Legwork is at {base}/cds-services (stop with Ctrl+C). Try:")
    request = "fixtures/patients/cauda-equina-undated/request.json"
    _out.print(f"  curl -s -H 'Content-Type: application/json' -d @{request} {base}/cds-services/leg-weakness-workup")
    run()


@app.command()
def reload() -> None:
    """Check knowledge and clients, and have every worker on every machine read them anew."""
    import asyncio

    from app.serving.reload import reload_everywhere
    from app.serving.storage import database_place

    settings = Settings()
    generation = asyncio.run(reload_everywhere(settings))
    _out.print(f"generation {generation}: running workers read the files within two seconds", style="green")
    _written_to(database_place(settings))


@app.command()
def switch(
    way: Annotated[Literal["off", "on"], typer.Argument(help="off or on")],
    kind: Annotated[Literal["card", "client"], typer.Argument(help="card or client")],
    name: Annotated[str, typer.Argument(help="the id of the card, or the `iss` of the client")],
) -> None:
    """Switch a card or a client off, or on again, for every worker on every machine."""
    import asyncio

    from app.operations.switching import Change, switch_everywhere
    from app.serving.storage import database_place

    settings = Settings()
    off = asyncio.run(switch_everywhere(settings, Change(kind, name, on=way == "on")))
    _out.print(
        "running workers heed it within two seconds. Switched off now:" if off else "nothing is switched off now"
    )
    for one in off:
        _out.print(f"  {one.kind} {one.name}, since {one.off_since:%Y-%m-%d %H:%M} UTC", markup=False, highlight=False)
    _written_to(database_place(settings))


def _written_to(place: str) -> None:
    """For who means another service than the one whose database this is."""
    _out.print(f"written to the database {place}", markup=False, highlight=False)


@app.command()
def check_ehr(
    iss: Annotated[str | None, typer.Argument(help="the client; without it, all of them")] = None,
    patient: Annotated[str | None, typer.Option(help="id of a patient to try the queries with")] = None,
    token_file: Annotated[Path | None, typer.Option(help="file with a token that may read the patient")] = None,
    scope: Annotated[str | None, typer.Option(help="SMART scope of the token")] = None,
) -> None:
    """Test the keys of a registered client, its FHIR server and, with a token, each query, before it goes live.

    The token is read from a file, or from the variable CHECK_EHR_TOKEN. Exit code 1 when anything failed.
    """
    import asyncio
    import os

    from app.operations.ehr import check_ehrs, read_trial
    from app.trial.ehr.table import findings_table

    trial = read_trial(patient, os.environ.get("CHECK_EHR_TOKEN"), token_file, scope)

    async def check_all() -> bool:
        failed = False
        async for client, findings in check_ehrs(Settings(), iss, trial):
            _out.print(findings_table(client.iss, findings))
            failed = failed or any(one.verdict == "failed" for one in findings)
        return failed

    raise typer.Exit(1 if asyncio.run(check_all()) else 0)


@app.command()
def feedback(
    export: Annotated[bool, typer.Option("--export", help="each item, in place of the summary")] = False,
    comments: Annotated[bool, typer.Option("--comments", help="with what users wrote, which may name people")] = False,
) -> None:
    """Print how often each card was shown, accepted and overridden, as CSV."""
    import asyncio

    from app.operations.feedback import print_feedback

    asyncio.run(print_feedback(Settings(), export=export, comments=comments))


database = typer.Typer(help="Upgrade, back up and restore the database.", no_args_is_help=True)
app.add_typer(database, name="database")


@database.command()
def upgrade() -> None:
    """Migrate the schema to that of this version, as the service does at its start."""
    import asyncio

    from app.operations.database import upgrade as migrate

    _out.print(f"the database has schema {asyncio.run(migrate(Settings()))}")


@database.command()
def downgrade(revision: Annotated[str, typer.Argument(help="that of the older version, or base")]) -> None:
    """Migrate the schema back, before an older version is installed; stop the service first."""
    import asyncio

    from app.operations.database import downgrade as migrate

    asyncio.run(migrate(Settings(), revision))
    _out.print(f"the database has schema {revision}")


@database.command()
def backup(file: Annotated[Path, typer.Argument(help="a new file")]) -> None:
    """Copy the SQLite database to a file; the service may run meanwhile."""
    from app.operations.database import back_up

    back_up(Settings(), file)
    _out.print(f"the database was copied to {file}", style="green")


@database.command()
def restore(
    file: Annotated[Path, typer.Argument(help="a backup")],
    replace: Annotated[bool, typer.Option("--replace", help="in place of the database that is there")] = False,
) -> None:
    """Copy a backup to where the SQLite database is; stop the service first."""
    from app.operations.database import restore as put_back

    put_back(Settings(), file, replace=replace)
    _out.print(f"{file} is the database now", style="green")
    _out.print("Tokens used since the backup are not known to be used: start when the last of them has expired.")


@database.command()
def clean() -> None:
    """Delete what is past its time, as the service does each hour."""
    import asyncio

    from app.operations.database import clean as delete

    _out.print(f"{asyncio.run(delete(Settings()))} rows were deleted")


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
    from app.trial.token import read_token

    today, keys = datetime.now(UTC).date(), [template.key for template in TEMPLATES]
    refused = 0
    token = read_token(token_file) if token_file else None
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


if __name__ == "__main__":
    main()

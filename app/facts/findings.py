"""Conditions and Observations to findings."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import timedelta
from hashlib import sha256

from msgspec.json import encode
from msgspec.structs import replace

from app.chart.decode import LeftOut, reference_of
from app.chart.resources import CodeableConcept, Component, Condition, Observation
from app.facts.context import Lexicon, Reading, coded_names, display_of, words_of
from app.facts.dates import COUNTED, observed_at, usable_moment
from app.facts.model import Finding
from app.facts.moment import UNKNOWN_AGE, Age, Moment, age_if_before, age_of
from app.facts.onset import onset_of
from app.facts.status import counts, has_clinical_status, is_encounter_diagnosis, is_unsure
from app.knowledge.index import plain_icd
from app.knowledge.systems import ICD10CM, canonical_system

_SEQUELA = re.compile(r"[ST]\w{5}S")  # ICD-10-CM: the seventh character S of an injury code means a late effect
_SEMANTIC_TAG = re.compile(r"(?<!\s)\s*\([^()]*\)\s*$")  # SNOMED CT: `Present (qualifier value)`
_FIRST_CLAUSE = re.compile(r"[,;.]")  # `Yes, since yesterday`
_LONG_AGO = Age(timedelta.max, timedelta.max)

Findings = Iterator[Finding | LeftOut]


def read_conditions(conditions: Iterable[Condition], reading: Reading) -> Findings:
    """The findings of Conditions: of each those its codes name, and apart from them those its words name."""
    for condition in conditions:
        named = _named(condition.code, reading.lexicon)
        if named and counts(condition):
            yield from _read_condition(condition, _without_echo(named, reading.lexicon), reading)


def _read_condition(condition: Condition, found: list[Finding], reading: Reading) -> Findings:
    recorded = usable_moment(condition.recordedDate, reading)
    if _encounter_diagnosis_lapsed(condition, recorded, reading):
        yield LeftOut(reference_of(condition), "an encounter diagnosis without clinicalStatus, recorded too long ago")
        return
    reference, onset = _source_of(condition), onset_of(condition, reading)
    suspected = is_unsure(condition)
    names = frozenset(name for finding in found for name in finding.names)
    for finding in found:
        yield replace(
            finding,
            reference=reference,
            display=display_of(condition.code),
            onset=onset,
            recorded=recorded,
            age=_age(condition.code, names, onset, recorded, reading),
            recorded_age=age_of(recorded, reading.now) if recorded else UNKNOWN_AGE,
            suspected=finding.suspected or suspected,
        )


def _source_of(resource: Condition | Observation) -> str:
    """The reference. One without an id is told from others by what it says: it must not pass for each of them."""
    reference = reference_of(resource)
    return reference if resource.id else f"{reference}#{sha256(encode(resource)).hexdigest()[:8]}"


def _without_echo(found: list[Finding], lexicon: Lexicon) -> list[Finding]:
    """The words of a code that is a sequela by its name say the old weakness again, and not another one."""
    vocabulary = lexicon.knowledge.vocabulary
    coded = [name for one in found if not one.from_text for name in one.names]
    if not any(vocabulary.findings[name].chronic for name in coded):
        return found
    echoed = frozenset(name for name, role in vocabulary.roles.items() if role == "trigger")
    kept = [replace(one, names=one.names - echoed) if one.from_text else one for one in found]
    return [one for one in kept if one.names]


def read_finding_observations(observations: Iterable[Observation], reading: Reading) -> Findings:
    """The findings among Observations; of several answers to one question the newest counts."""
    newest: dict[frozenset[str], tuple[Finding, bool]] = {}
    for observation in observations:
        for item, present in _answers(observation, reading):
            if isinstance(item, LeftOut):
                yield item
                continue
            known = newest.get(item.names)
            if known is None or _newer(item, known[0]) or (present and not _newer(known[0], item)):
                newest[item.names] = (item, present)
    yield from (finding for finding, present in newest.values() if present)


def may_name_finding(observation: Observation) -> bool:
    """Whether there is anything to read: a quantity names no finding."""
    return observation.valueQuantity is None or bool(observation.component)


def _answers(observation: Observation, reading: Reading) -> Iterator[tuple[Finding | LeftOut, bool]]:
    """Each finding of the Observation and its components, and whether it is there."""
    if observation.status not in COUNTED:
        return
    parts: tuple[Observation | Component, ...] = (observation, *observation.component)
    answered = [answer for part in parts if _may_answer(part, reading.lexicon) for answer in _answer(part, reading)]
    if not answered:
        return
    when, reference = observed_at(observation, reading), _source_of(observation)
    if when and reading.is_future(when):
        yield LeftOut(reference_of(observation), "dated in the future"), False
        return
    age = age_if_before(when, reading.now) if when else UNKNOWN_AGE
    recorded_age = age_of(when, reading.now) if when else UNKNOWN_AGE
    for finding, present in answered:
        yield replace(finding, reference=reference, recorded=when, age=age, recorded_age=recorded_age), present


def _may_answer(part: Observation | Component, lexicon: Lexicon) -> bool:
    """Whether anything in question or answer may name a finding; most ask for something else."""
    if part.valueQuantity is not None:
        return False
    value = answer_of(part)
    if coded_names(part.code, lexicon) or coded_names(value, lexicon):
        return True
    return lexicon.text.any_name.lets_pass(f"{words_of(part.code)}\n{words_of(value)}")


def answer_of(part: Observation | Component) -> CodeableConcept:
    """The answer, coded or in words."""
    return part.valueCodeableConcept or CodeableConcept(text=part.valueString)


def _answer(part: Observation | Component, reading: Reading) -> Iterator[tuple[Finding, bool]]:
    """Findings named by the question (`Foot drop: present`) and by the answer (`Finding: foot drop`)."""
    asked = _named(part.code, reading.lexicon)
    present = _is_present(part, reading) if asked else None
    if present is not None:
        yield from ((replace(finding, display=display_of(part.code)), present) for finding in asked)
    value = answer_of(part)
    yield from _said_together(part, value, reading)
    told = _named(value, reading.lexicon)
    # A question about the family or the past makes the answer say nothing of the patient today.
    if told and not any(clause.negators for clause in reading.lexicon.text.clauses(words_of(part.code))):
        yield from ((replace(finding, display=display_of(value)), True) for finding in told)


def _said_together(
    part: Observation | Component, value: CodeableConcept, reading: Reading
) -> Iterator[tuple[Finding, bool]]:
    """Alarming findings that only question and answer together name, as in `Ankle reflexes: absent`."""
    question, answer = words_of(part.code), words_of(value)
    if not question or not answer:
        return
    lexicon = reading.lexicon
    clause = f"{question.splitlines()[0]} {answer.splitlines()[0]}"
    together = frozenset(said.name for said in lexicon.text.find(clause, lexicon.alarming))
    if not together:
        return
    alone = {said.name for text in (question, answer) for said in lexicon.text.find(text)}
    names = together - alone - coded_names(part.code, lexicon)
    if names:
        yield Finding(names, "", clause, from_text=True), True


def _is_present(part: Observation | Component, reading: Reading) -> bool | None:
    """Whether the answer is yes, is no, or is none of these."""
    if part.valueBoolean is not None:
        return part.valueBoolean
    rules = reading.lexicon.knowledge.text
    answers = {_SEMANTIC_TAG.sub("", _FIRST_CLAUSE.split(one)[0]).strip().lower() for one in _worded(part)}
    if answers & {*rules.absent}:
        return False
    return True if answers & {*rules.present} else None


def _worded(part: Observation | Component) -> list[str]:
    """All that the answer says, each by itself; a code without words, such as `Y`, says itself."""
    value = answer_of(part)
    return [*words_of(value).splitlines(), *(one.code or "" for one in value.coding if not one.display)]


def _newer(one: Finding, other: Finding) -> bool:
    if one.recorded is None or other.recorded is None:
        return other.recorded is None and one.recorded is not None
    return one.recorded.is_after(other.recorded)


def _named(concept: CodeableConcept | None, lexicon: Lexicon) -> list[Finding]:
    """What a concept names, by code and by words; dates and reference are filled in by the caller."""
    coded = coded_names(concept, lexicon)
    found = [Finding(coded, "", "")] if coded else []
    wanted = lexicon.alarming if coded else None
    said = [one for one in lexicon.text.find(words_of(concept), wanted) if one.name not in coded]
    if not said:
        return found
    for suspected in (False, True):
        names = frozenset(one.name for one in said if one.suspected == suspected)
        if names:
            found.append(Finding(names, "", "", suspected=suspected, from_text=True))
    return found


def _age(
    concept: CodeableConcept | None,
    names: frozenset[str],
    onset: Moment | None,
    recorded: Moment | None,
    reading: Reading,
) -> Age:
    if _is_sequela(concept):
        return _LONG_AGO
    if onset:
        return _not_younger(age_of(onset, reading.now), recorded, reading)
    entries = reading.lexicon.knowledge.vocabulary.findings
    if any(entries[name].chronic for name in names):
        return _LONG_AGO
    return age_if_before(recorded, reading.now) if recorded else UNKNOWN_AGE


def _not_younger(age: Age, recorded: Moment | None, reading: Reading) -> Age:
    """An onset known by its year or month alone lies before it was recorded (decision 6)."""
    least = age_of(recorded, reading.now).least if recorded else age.least
    return Age(least, age.most) if age.most is not None and age.least < least <= age.most else age


def _is_sequela(concept: CodeableConcept | None) -> bool:
    codings = concept.coding if concept else ()
    icd = [coding.code or "" for coding in codings if canonical_system(coding.system) == ICD10CM]
    return any(_SEQUELA.fullmatch(plain_icd(code)) for code in icd)


def _encounter_diagnosis_lapsed(condition: Condition, recorded: Moment | None, reading: Reading) -> bool:
    """Decision 7: it counts for a while, then it is a visit of the past."""
    if not is_encounter_diagnosis(condition) or has_clinical_status(condition) or recorded is None:
        return False
    counts = reading.lexicon.knowledge.rules.encounter_diagnosis_counts.time
    return age_of(recorded, reading.now).least > counts

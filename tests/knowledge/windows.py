"""How long what was done or ordered is enough, and what stands for what, as the evidence prints it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Window:
    """How long `done` and `ordered` are enough; `acute` is done, in weakness of 7 days or less.

    `episode`: only what came after the onset of the weakness counts (decision 10).
    """

    done: str
    ordered: str
    acute: str | None = None
    episode: bool = False


_METABOLIC = Window("7 days", "24 hours", acute="24 hours")
_ELECTROLYTE = Window("7 days", "24 hours")
_BLOOD_COUNT = Window("30 days", "7 days", acute="7 days")
_MUSCLE = Window("7 days", "48 hours")
_YEARLY = Window("12 months", "30 days")
_THYROID = Window("6 months", "30 days")
_SUGAR = Window("90 days", "30 days")
_SPINE = Window("6 months", "30 days", episode=True)
_WHOLE_SPINE_OR_BRAIN = Window("6 months", "7 days", episode=True)
_HEAD = Window("7 days", "1 hour", episode=True)
_NERVE = Window("12 months", "60 days", episode=True)
_REFERRAL = Window("90 days", "90 days")

SECTION_4 = {
    "basic-metabolic-panel": _METABOLIC,
    "potassium-level": _METABOLIC,
    "sodium-level": _METABOLIC,
    "magnesium-level": _ELECTROLYTE,
    "ck-level": _MUSCLE,
    "tsh-level": _THYROID,
    "hba1c-level": _SUGAR,
    # section 11a: 3 months when there are new neurological signs
    "b12-level": Window("12 months", "30 days", acute="3 months"),
    "folate-level": _YEARLY,
    "methylmalonate-level": _YEARLY,
    "vitamin-d-level": _YEARLY,
    "mri-lumbar-spine": _SPINE,
    "mri-whole-spine": _WHOLE_SPINE_OR_BRAIN,
    "mri-brain": _WHOLE_SPINE_OR_BRAIN,
    # "this event" is what came after the onset, at most the 7 days of a TIA (cause 3)
    "ct-head": _HEAD,
    "nerve-conduction-emg": _NERVE,
    "neurology-referral": _REFERRAL,
    "neurosurgery-spine-referral": _REFERRAL,
    "physical-therapy-referral": _REFERRAL,
}
ELSEWHERE = {
    # 1a (cord) for done; ordered as for the lumbar spine
    "mri-cervical-spine": _SPINE,
    "mri-thoracic-spine": _SPINE,
    # 1b and 9, this episode
    "lumbar-puncture": Window("14 days", "14 days", episode=True),
    # cause 4, yearly
    "diabetic-foot-exam": Window("12 months", "90 days"),
    # cause 7
    "osmolality-level": Window("24 hours", "24 hours"),
}
BY_ANALOGY = {
    "creatinine-level": _METABOLIC,
    "glucose-level": _METABOLIC,
    "bun-level": _METABOLIC,
    "urea-level": _METABOLIC,
    "esr-level": _METABOLIC,
    "crp-level": _METABOLIC,
    "calcium-level": _ELECTROLYTE,
    "phosphate-level": _ELECTROLYTE,
    "ecg": Window("24 hours", "24 hours"),
    "cbc": _BLOOD_COUNT,
    "hemoglobin-level": _BLOOD_COUNT,
    "mcv-level": _BLOOD_COUNT,
    "wbc-level": _BLOOD_COUNT,
    "platelets-level": _BLOOD_COUNT,
    "urine-myoglobin-level": _MUSCLE,
    "free-t4-level": _THYROID,
    "fasting-glucose-level": _SUGAR,
    "ct-lumbar-spine": _SPINE,
    "cta-head-neck": _HEAD,
    "neurophysiology-referral": _NERVE,
}
WINDOWS = SECTION_4 | ELSEWHERE | BY_ANALOGY
ALWAYS_ASKED = {
    "capillary-glucose": "a stroke mimic to exclude now (cause 3)",
    "spirometry-fvc": "serial: nothing suppresses it while weakness progresses (1b)",
    "bladder-scan-pvr": "repeated, and no window is stated",
    "emergency-referral": "an emergency is never silenced (section 4)",
    "neurological-exam": "no window is stated",
    "physical-exam": "no window is stated",
}
PANELS = {
    "basic-metabolic-panel": ("potassium-level", "sodium-level", "creatinine-level"),
    "cbc": ("hemoglobin-level", "mcv-level", "wbc-level", "platelets-level"),
}
NEEDLESS_AFTER: dict[str, set[str]] = {
    # a whole spine satisfies any level, a brain no spine (evidence 6.5)
    "mri-lumbar-spine": {"mri-whole-spine"},
    "mri-cervical-spine": {"mri-whole-spine"},
    "mri-thoracic-spine": {"mri-whole-spine"},
    "ct-lumbar-spine": {"mri-lumbar-spine", "mri-whole-spine"},
    "ct-head": {"mri-brain"},
    "nerve-conduction-emg": {"neurophysiology-referral"},
    "neurophysiology-referral": {"nerve-conduction-emg"},
    # one analyte, whatever the sample
    "glucose-level": {"capillary-glucose"},
    **{part: {panel} for panel, parts in PANELS.items() for part in parts},
}
GIVE_WAY = {
    # decision 26 and issue: a panel replaces its parts, a whole spine its levels
    *(part for parts in PANELS.values() for part in parts),
    *("mri-lumbar-spine", "mri-cervical-spine", "mri-thoracic-spine"),
}
EITHER_FIRST = ("nerve-conduction-emg", "neurophysiology-referral")

"""What the steps of gates found, in sentences; Chinese and English."""

from __future__ import annotations

from collections.abc import Sequence
from types import MappingProxyType
from typing import Final

from spatial.policy.numerals import grouped, phase_word
from spatial.policy.review.building_sentences import BUILDING_SENTENCES
from spatial.policy.review.gate import Step
from spatial.policy.review.handover_sentences import HANDOVER_SENTENCES
from spatial.policy.review.plan_sentences import PLAN_SENTENCES
from spatial.policy.review.sync_sentences import SYNC_SENTENCES
from spatial.policy.review.words import SYNC_WORDS, figure_word
from spatial.policy.terms import LANGUAGES, term

# By the reason of a step.
STEPS: Final = MappingProxyType(
    {**PLAN_SENTENCES, **BUILDING_SENTENCES, **HANDOVER_SENTENCES, **SYNC_SENTENCES}
)
# As a step that is over, where it is called otherwise.
_DONE: Final = MappingProxyType({"built": ("建成", "building")})


def sentence(step: Step, *, lang: str) -> str:
    """Say what a step of a gate found."""
    at = LANGUAGES.index(lang)
    said = STEPS[step.reason][at].format(
        facility=step.facility or "—",
        phase=phase_word(step.phase or "—", lang=lang),
        item=step.item or "—",
        step=term(SYNC_WORDS, step.item or "", lang=lang),
        done=term({**SYNC_WORDS, **_DONE}, step.item or "", lang=lang),
        needed=figure_word(step.needed, lang=lang),
        provided=figure_word(step.provided, lang=lang),
        deficit=figure_word(step.deficit, lang=lang),
        date="—" if step.date is None else step.date.isoformat(),
        against="—" if step.against is None else step.against.isoformat(),
    )
    if step.allowed is None:
        return said
    allowed = grouped(step.allowed)
    return (
        said
        + (f"（按容许比例不少于{allowed}㎡）", f" (at least {allowed} m² by the tolerance)")[at]
    )


def gate_reason(steps: Sequence[Step], *, lang: str) -> str:
    """Say what set a gate's verdict, each sentence once."""
    sentences = dict.fromkeys(sentence(step, lang=lang) for step in steps)
    return ("；", "; ")[LANGUAGES.index(lang)].join(sentences)

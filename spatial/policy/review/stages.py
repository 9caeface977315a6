"""The stages of a review, in their order, and what each compares with (readings §7)."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from spatial.policy.pack import Pack
from spatial.policy.rule import Rule

REVIEW_GATE: Final = "review_gate"
ALL_STAGES: Final = "all"
# The four steps of 四同步, in order, as the dates of phases and facilities name them.
SYNC_STEPS: Final = ("planned", "built", "accepted", "handed_over")


@dataclass(frozen=True)
class Stage:
    """One stage.

    Parameters
    ----------
    id
        As packs, projects and the command line call it.
    name_zh, name_en
        For people.
    sync
        Steps of 四同步 that must have been taken in step by then; the last is the stage's own.
    before_building
        True where what is submitted is judged; False where what has been built is.
    provided_by
        Whose list of facilities stands for the project where it has one: ``control_plan``,
        ``planning_conditions`` or ``project``.
    """

    id: str
    name_zh: str
    name_en: str
    sync: tuple[str, ...]
    before_building: bool
    provided_by: str

    @property
    def own_step(self) -> str:
        """The step of 四同步 that is being taken at this stage."""
        return self.sync[-1]

    @property
    def conditions_fixed(self) -> bool:
        """True where the 规划条件 are fixed and hold in place of the general rule."""
        return self.provided_by == "project"


STAGES: Final = MappingProxyType(
    {
        stage.id: stage
        for stage in (
            Stage(
                "plan",
                "规划编制（控规）",
                "plan",
                ("planned",),
                before_building=True,
                provided_by="control_plan",
            ),
            Stage(
                "land_grant",
                "土地出让",
                "land grant",
                ("planned",),
                before_building=True,
                provided_by="planning_conditions",
            ),
            Stage(
                "design",
                "方案审查",
                "design review",
                ("planned",),
                before_building=True,
                provided_by="project",
            ),
            Stage(
                "verification",
                "规划核实",
                "planning verification",
                ("planned", "built"),
                before_building=False,
                provided_by="project",
            ),
            Stage(
                "completion",
                "竣工验收",
                "completion acceptance",
                ("planned", "built", "accepted"),
                before_building=False,
                provided_by="project",
            ),
            Stage(
                "handover",
                "移交",
                "handover",
                SYNC_STEPS,
                before_building=False,
                provided_by="project",
            ),
        )
    }
)


def gates_at(pack: Pack, stage: Stage) -> tuple[Rule, ...]:
    """Return the gates of a pack that stand at a stage, in the order of the pack."""
    return tuple(
        rule
        for rule in pack.rules
        if rule.kind == REVIEW_GATE and rule.parameters["stage"] in (stage.id, ALL_STAGES)
    )

"""The checks gates of packs name, and judging a gate by them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

from spatial.errors import PackError
from spatial.policy.pack import Pack
from spatial.policy.review import completion, conditions, grant, handing_over
from spatial.policy.review.gate import GateCase, Step
from spatial.policy.review.land import CHECK as LAND
from spatial.policy.review.land import land_minimum
from spatial.policy.review.suitability import facility_conditions
from spatial.policy.review.sync import four_sync

CHECKS: Final[Mapping[str, Callable[[GateCase], list[Step]]]] = MappingProxyType(
    {
        check.__name__: check
        for check in (
            *grant.CHECKS,
            *conditions.CHECKS,
            *completion.CHECKS,
            *handing_over.CHECKS,
            four_sync,
            facility_conditions,
        )
    }
)


def judge_gate(case: GateCase, pack: Pack) -> tuple[Step, ...]:
    """Take every step of a gate, in the order of its checks.

    Raises
    ------
    PackError
        When the pack names a check there is none of.
    """
    steps: list[Step] = []
    for name in case.rule.parameters["checks"]:
        if name == LAND:
            wanted = case.rule.parameters["uses_rule"]
            used = {rule.id: rule for rule in pack.rules}.get(str(wanted))
            steps += land_minimum(case, used)
        elif name in CHECKS:
            steps += CHECKS[name](case)
        else:
            known = ", ".join((LAND, *CHECKS))
            raise PackError(f"{pack.id}, {case.rule.id}: no check {name!r}; known are {known}")
    return tuple(steps)

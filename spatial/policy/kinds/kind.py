"""What a module of this folder provides."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

from numpy.typing import NDArray

from spatial.policy.facts import Facts
from spatial.policy.rule import Rule
from spatial.profiles import PROFILES

# JSON Schema of parameters that several kinds use.
POSITIVE: Final = MappingProxyType({"type": "number", "exclusiveMinimum": 0})
COUNT: Final = MappingProxyType({"type": "integer", "minimum": 1})
PROFILE: Final = MappingProxyType({"enum": list(PROFILES)})
TARGET_GROUP: Final = MappingProxyType({"enum": ["population_0_3", "population_60_plus"]})


@dataclass(frozen=True)
class RuleKind:
    """A kind of rule.

    Parameters
    ----------
    name
        As packs call it.
    parameters
        JSON Schema of each parameter; all of them are required.
    judge
        The pure function from a rule and the facts to the columns of
        `spatial.policy.findings.blank_findings`, one row a district.
    reach
        True for a rule about distance, whose share rolls up to areas as coverage.
    deficit_unit
        Unit of deficits that add up over an area; None where they do not add up.
    """

    name: str
    parameters: Mapping[str, Any]
    judge: Callable[[Rule, Facts], dict[str, NDArray[Any]]]
    reach: bool
    deficit_unit: str | None = None

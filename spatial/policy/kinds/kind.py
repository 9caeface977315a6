"""What a module of this folder provides: kinds of rule about districts, and about areas."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Final

from numpy.typing import NDArray

from spatial.facility_kinds import FACILITY_KINDS
from spatial.fields import AREA_KINDS, LEVELS
from spatial.policy.area_facts import AreaFacts
from spatial.policy.area_figures import AREA_FIELDS
from spatial.policy.area_findings import AreaFinding
from spatial.policy.facility_sums import FACILITY_SUMS
from spatial.policy.facts import Facts
from spatial.policy.rule import Rule
from spatial.profiles import PROFILES

# JSON Schema of parameters that several kinds use.
POSITIVE: Final = MappingProxyType({"type": "number", "exclusiveMinimum": 0})
NUMBER_OR_NULL: Final = MappingProxyType({"type": ["number", "null"]})
COUNT: Final = MappingProxyType({"type": "integer", "minimum": 1})
TEXT: Final = MappingProxyType({"type": "string", "minLength": 1})
PROFILE: Final = MappingProxyType({"enum": list(PROFILES)})
TARGET_GROUP: Final = MappingProxyType({"enum": ["population_0_3", "population_60_plus"]})
OPERATOR: Final = MappingProxyType({"enum": [">=", ">", "<="]})
LOGIC: Final = MappingProxyType({"enum": ["all", "any"]})
LEVEL: Final = MappingProxyType({"enum": list(LEVELS)})
UNIT_KINDS: Final = MappingProxyType(
    {"type": "array", "uniqueItems": True, "items": {"enum": list(AREA_KINDS)}}
)
_NAME: Final = {"type": "string", "pattern": "^[a-z][a-z0-9_]*$"}
MEASURE: Final = MappingProxyType(
    {
        "oneOf": [
            {
                "type": "object",
                "additionalProperties": False,
                "required": ["of", "sum", "kinds", "status"],
                "properties": {
                    "of": {"const": "facilities"},
                    "sum": {"enum": list(FACILITY_SUMS)},
                    "kinds": {
                        "type": "array",
                        "minItems": 1,
                        "uniqueItems": True,
                        "items": {"enum": list(FACILITY_KINDS)},
                    },
                    "status": {"enum": ["operating", "approved"]},
                    "where": {
                        "type": "object",
                        "propertyNames": {
                            "enum": [
                                "operator",
                                "takes_outside_children",
                                "open_to_residents",
                                "registered",
                                "own_entrance",
                                "lift",
                            ]
                        },
                        "additionalProperties": {"type": "array", "minItems": 1},
                    },
                    "opened_from": {"type": "string", "pattern": r"^\d{4}-\d{2}-\d{2}$"},
                    "indicator": _NAME,
                },
            },
            {
                "type": "object",
                "additionalProperties": False,
                "required": ["of", "field"],
                "properties": {"of": {"const": "areas"}, "field": {"enum": list(AREA_FIELDS)}},
            },
            {
                "type": "object",
                "additionalProperties": False,
                "required": ["of", "name"],
                "properties": {"of": {"const": "indicator"}, "name": _NAME},
            },
        ]
    }
)
ONE: Final = MappingProxyType(
    {
        "type": "object",
        "additionalProperties": False,
        "required": ["measure", "at_least"],
        "properties": {"measure": dict(MEASURE), "at_least": dict(POSITIVE)},
    }
)
HAS: Final = MappingProxyType({"type": "array", "items": dict(ONE)})


@dataclass(frozen=True)
class DistrictKind:
    """A kind of rule about districts.

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


@dataclass(frozen=True)
class AreaKind:
    """A kind of rule about areas.

    Parameters
    ----------
    name
        As packs call it.
    parameters
        JSON Schema of each required parameter.
    judge
        The pure function from a rule and the facts to findings, for every area it applies to.
    optional
        JSON Schema of parameters that may be left out.
    evaluable
        ``true`` where what is asked can be worked out from data Yike holds, ``statement`` for
        texts answered by a recorded yes or no, ``review-stage`` for gates of a project review.
        Rules that rest on imported figures alone say ``needs-register`` themselves.
    """

    name: str
    parameters: Mapping[str, Any]
    judge: Callable[[Rule, AreaFacts], Sequence[AreaFinding]]
    optional: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))
    evaluable: str = "true"

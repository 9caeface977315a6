"""Bodies of questions about reach."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Annotated, Any, Final

from pydantic import BaseModel, ConfigDict, Field

from service.core.model_input import Number, Text
from service.core.parameters import AsOfDate
from service.evaluations.schemas import PenaltiesBody
from service.reach.dependencies import FASTEST, SLOWEST, ProfileName
from service.reach.walking import MAX_LIMITS
from spatial.reach import Direction

Limits = Annotated[list[Number], Field(min_length=1, max_length=MAX_LIMITS)]
Speed = Annotated[Number, Field(ge=SLOWEST, le=FASTEST)]


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    profile: ProfileName = Field(default=ProfileName.ADULT, description="Who walks")
    speed: Speed | None = Field(
        default=None, description="Metres a second instead of the profile's"
    )
    direction: Direction = Field(
        default=Direction.TOWARD,
        description="Whether people walk toward the places or away from them",
    )
    penalties: PenaltiesBody = PenaltiesBody()


class IsochronesBody(_Body):
    """Origins, and how far from or to each."""

    origins: dict[str, Any] = Field(
        description="A FeatureCollection; a MultiPoint is one origin with several entrances"
    )
    minutes: Limits | None = Field(default=None, description="Minutes of walking, each above 0")
    metres: Limits | None = Field(default=None, description="Metres instead of minutes")
    streets: Annotated[bool, Field(strict=True)] = Field(
        default=False, description="Show the streets reached as lines, too"
    )


class CatchmentsBody(_Body):
    """Facilities, and how far from each people are counted."""

    facilities: dict[str, Any] | list[Text] = Field(
        description="Ids of stored facilities, or a FeatureCollection of places"
    )
    metres: Limits = Field(
        default=[Decimal(300), Decimal(500), Decimal(800)],
        description="Limits in a straight line and on foot",
    )
    minutes: Limits = Field(
        default=[Decimal(5), Decimal(10), Decimal(15)], description="Limits on foot"
    )
    area: Text | None = Field(
        default=None,
        description="Code of the area whose districts are counted; all of the key's if not given",
    )
    as_of: AsOfDate | None = Field(default=None, description="Day the data are seen on")


# What the members that every question has are called, in Chinese and English.
WALKING_TITLES: Final[Mapping[str, tuple[str, str]]] = {
    "profile": ("步行者", "Who walks"),
    "speed": ("步速", "Walking speed"),
    "direction": ("方向", "Direction"),
    "penalties": ("附加时间", "Seconds lost"),
}


def exact(numbers: Sequence[Decimal] | None) -> tuple[Fraction, ...] | None:
    """Return numbers as fractions."""
    return None if numbers is None else tuple(Fraction(number) for number in numbers)


_AMOUNT: Final[Mapping[str, Any]] = {
    "type": "object",
    "required": ["inside", "at_least", "districts_without", "share"],
    "properties": {
        "inside": {
            "type": ["number", "null"],
            "description": "null where not known: never 0 for want of data",
        },
        "at_least": {"type": "number", "description": "What is known to be inside"},
        "districts_without": {
            "type": "integer",
            "description": "Districts that are or may be inside and do not say how many they have",
        },
        "share": {"type": ["number", "null"], "minimum": 0, "maximum": 1},
    },
}
_FIGURES: Final[Mapping[str, Any]] = {
    "type": "object",
    "properties": {
        "measure": {"enum": ["straight", "walking"]},
        "metres": {"type": "number"},
        "minutes": {"type": ["number", "null"]},
        "districts": {"type": "integer", "description": "With a demand point inside"},
        "districts_whole": {"type": "integer", "description": "With all of them inside"},
        "districts_undetermined": {
            "type": "integer",
            "description": "With a point near enough whose walk is not known",
        },
        "households": _AMOUNT,
        "population": _AMOUNT,
        "population_60_plus": _AMOUNT,
        "population_0_3": _AMOUNT,
    },
}
CATCHMENTS_SCHEMA: Final[Mapping[str, Any]] = {
    "type": "object",
    "description": "Who is within reach of facilities, of each and of all together",
    "required": ["union", "items", "totals"],
    "properties": {
        "profile": {"type": "string"},
        "speed_m_per_s": {"type": "number"},
        "direction": {"enum": ["toward", "away"]},
        "as_of": {"type": "string", "format": "date"},
        "area": {"type": ["string", "null"]},
        "network": {"type": ["string", "null"]},
        "districts": {"type": "integer", "description": "Districts counted"},
        "districts_planned": {"type": "integer", "description": "Not counted: nobody lives there"},
        "totals": {"type": "object"},
        "union": {"type": "array", "items": _FIGURES},
        "items": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["index", "id", "status"],
                "properties": {
                    "index": {"type": "integer", "description": "Place in the body, from 0"},
                    "id": {"type": "string"},
                    "status": {
                        "enum": [
                            "ok",
                            "off_network",
                            "island",
                            "no_network",
                            "invalid_geometry",
                            "not_found",
                            "forbidden",
                        ]
                    },
                    "detail": {"type": "string"},
                    "snap_m": {"type": ["number", "null"]},
                    "figures": {"type": ["array", "null"], "items": _FIGURES},
                },
            },
        },
    },
}

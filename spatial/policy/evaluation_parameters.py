"""What the user of an evaluation may set."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from types import MappingProxyType
from typing import Any

from spatial.errors import InputError
from spatial.profiles import NO_PENALTIES, Penalties


@dataclass(frozen=True)
class EvaluationParameters:
    """What the user may set.

    Parameters
    ----------
    snap_limit_m
        A place farther than this from every street is off the network, metres (≤ is on it).
    grid_spacing_m
        Spacing of demand points in polygons without buildings, metres.
    min_share
        The user's own least share by rule id, in [0, 1], for area rows; shown as the user's own.
    target_year
        Year whose targets are compared with, due or not; None for those due on the date.
    penalties
        Seconds that walks lose on stairs, at crossings and with lifts; none by default, as clauses
        name none. Walking metres are then metres on the level that take as long.
    """

    snap_limit_m: float = 200.0
    grid_spacing_m: float = 50.0
    min_share: Mapping[str, Decimal] = field(default_factory=lambda: MappingProxyType({}))
    target_year: int | None = None
    penalties: Penalties = NO_PENALTIES

    def __post_init__(self) -> None:
        """Refuse what makes no sense.

        Raises
        ------
        InputError
            Naming the parameter.
        """
        for name in ("snap_limit_m", "grid_spacing_m"):
            value = getattr(self, name)
            if not 0 < value <= 1000:  # noqa: PLR2004 - a kilometre is no connector and no grid
                msg = f"parameter {name}: {value} is not between 0 and 1000 m"
                raise InputError(msg)
        for rule, share in self.min_share.items():
            if not 0 <= share <= 1:
                msg = f"parameter min_share, {rule}: {share} is not between 0 and 1"
                raise InputError(msg)

    def as_json(self) -> dict[str, Any]:
        """Return the parameters as plain data, decimals as text."""
        return {
            "snap_limit_m": self.snap_limit_m,
            "grid_spacing_m": self.grid_spacing_m,
            "min_share": {rule: str(share) for rule, share in sorted(self.min_share.items())},
            "target_year": self.target_year,
            "penalties": self.penalties.as_json(),
        }

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> EvaluationParameters:
        """Return the parameters `as_json` wrote, exactly."""
        return cls(
            snap_limit_m=float(document["snap_limit_m"]),
            grid_spacing_m=float(document["grid_spacing_m"]),
            min_share=MappingProxyType(
                {rule: Decimal(share) for rule, share in document["min_share"].items()}
            ),
            target_year=document["target_year"],
            penalties=Penalties(
                **{name: Fraction(text) for name, text in document["penalties"].items()}
            ),
        )

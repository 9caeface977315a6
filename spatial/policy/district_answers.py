"""What was found of the districts, for areas to rest on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from spatial.policy.rolled_share import Judged


@dataclass(frozen=True, eq=False)
class Found:
    """What was found of the districts.

    Parameters
    ----------
    findings
        Of all districts: a row a district and rule, in the order of the packs.
    flag
        Of each district; None where none has changed.
    districts
        Numbers of those judged again.
    changed
        For each rule about districts whether any of them found another answer.
    """

    findings: pd.DataFrame
    flag: NDArray[Any] | None
    districts: NDArray[np.int64]
    changed: Sequence[bool]

    def column(self, name: str, rule: int) -> NDArray[Any]:
        """Return a column of the findings of the rule with this number, by district."""
        return self.findings[name].to_numpy()[rule :: len(self.changed)]

    def to_roll_up(self, rule: int) -> Judged:
        """Return what roll-ups take of a rule."""
        by_point = self.column("demand", rule) == "point"
        served = (self.column("value", rule) <= self.column("threshold", rule)).astype(float)
        return Judged(
            verdict=self.column("verdict", rule),
            share_inside=np.where(by_point, served, self.column("covered_share", rule)),
            by_point=by_point,
            open=pd.notna(self.column("missing", rule)),
            deficit=self.column("deficit", rule),
        )

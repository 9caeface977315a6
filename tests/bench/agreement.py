"""Whether two contenders give the same answers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Agreement:
    """How far two contenders agree.

    Parameters
    ----------
    what
        Whose answers, and about what.
    agree, total
        Rows that agree, of how many.
    tolerance_m
        Distances no farther apart than this agree, metres; None for verdicts and counts.
    largest_m
        Largest difference of two distances, metres; None for verdicts and counts.
    required
        True where anything less than full agreement is a failure of the benchmark.
    """

    what: str
    agree: int
    total: int
    tolerance_m: float | None = None
    largest_m: float | None = None
    required: bool = True

    @property
    def failed(self) -> bool:
        """True where rows that have to agree do not."""
        return self.required and self.agree < self.total


def distances_agree(
    what: str,
    a: NDArray[np.float64],
    b: NDArray[np.float64],
    *,
    limit_m: float,
    tolerance_m: float,
    required: bool = True,
) -> Agreement:
    """Compare distances; whatever lies beyond `limit_m`, infinite included, is taken for equal.

    Parameters
    ----------
    a, b
        Metres of the same places, shape (n,). NaN agrees with nothing.
    limit_m
        Search limit of both, metres.
    tolerance_m
        Largest difference that agrees, metres, inclusive.
    required
        Whether anything less than full agreement is a failure.
    """
    gap = np.abs(np.minimum(a, limit_m) - np.minimum(b, limit_m))
    return Agreement(
        what,
        agree=int((gap <= tolerance_m).sum()),
        total=len(gap),
        tolerance_m=tolerance_m,
        largest_m=float(np.nanmax(gap)) if len(gap) else 0.0,
        required=required,
    )


def verdicts_agree(
    what: str, a: NDArray[Any], b: NDArray[Any], *, required: bool = True
) -> Agreement:
    """Compare verdicts or counts of the same rows, shape (n,) each."""
    return Agreement(what, agree=int((a == b).sum()), total=len(a), required=required)

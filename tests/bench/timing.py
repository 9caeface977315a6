"""Timing contenders side by side: interleaved repetitions, so that load hits all alike."""

from __future__ import annotations

import gc
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Timing:
    """Seconds one contender took, one figure a repetition.

    Parameters
    ----------
    name
        The contender.
    seconds
        In the order of the repetitions.
    """

    name: str
    seconds: tuple[float, ...]

    @property
    def median(self) -> float:
        """Median seconds."""
        return statistics.median(self.seconds)


@dataclass(frozen=True)
class Budget:
    """What a ratio is held to.

    Parameters
    ----------
    limit
        The number.
    at_least
        True: the ratio is to be ≥ `limit`; False: ≤.
    """

    limit: float
    at_least: bool

    def holds(self, ratio: float) -> bool:
        """Tell whether `ratio` is within the budget."""
        return ratio >= self.limit if self.at_least else ratio <= self.limit

    def __str__(self) -> str:
        return f"{'≥' if self.at_least else '≤'} {self.limit:g}"


@dataclass(frozen=True)
class Ratio:
    """How one contender's time relates to another's.

    Parameters
    ----------
    over, under
        Names: the ratio is the time of `over` divided by the time of `under`.
    values
        One a repetition, of the two measured next to each other.
    budget
        What the median is held to; None where nothing is.
    """

    over: str
    under: str
    values: tuple[float, ...]
    budget: Budget | None

    @property
    def median(self) -> float:
        """Median of the ratios."""
        return statistics.median(self.values)

    @property
    def holds(self) -> bool | None:
        """Whether the budget is kept; None without one."""
        return None if self.budget is None else self.budget.holds(self.median)


def interleave(
    contenders: Mapping[str, Callable[[], object]], *, repetitions: int, warm_up: int = 2
) -> dict[str, Timing]:
    """Time contenders in turn, A B A B …, after warming each up.

    Parameters
    ----------
    contenders
        What to run, by name.
    repetitions
        How often each is timed.
    warm_up
        How often each runs before, untimed.
    """
    for _ in range(warm_up):
        for run in contenders.values():
            run()
    seconds: dict[str, list[float]] = {name: [] for name in contenders}
    for _ in range(repetitions):
        for name, run in contenders.items():
            gc.collect()
            start = time.perf_counter()
            result = run()
            seconds[name].append(time.perf_counter() - start)
            del result  # taken apart outside the measured time
    return {name: Timing(name, tuple(each)) for name, each in seconds.items()}


def compare(over: Timing, under: Timing, *, budget: Budget | None = None) -> Ratio:
    """Relate two timings of one `interleave`, repetition by repetition."""
    pairs = zip(over.seconds, under.seconds, strict=True)
    return Ratio(over.name, under.name, tuple(a / b for a, b in pairs), budget)


def at_most(limit: float) -> Budget:
    """Hold a ratio to ≤ `limit`."""
    return Budget(limit, at_least=False)


def at_least(limit: float) -> Budget:
    """Hold a ratio to ≥ `limit`."""
    return Budget(limit, at_least=True)


def growth_exponent(sizes: Sequence[int], seconds: Sequence[float]) -> float:
    """Fit seconds = c × size ** exponent by least squares on logarithms; 1 is linear."""
    slope: NDArray[np.float64] = np.polyfit(np.log(sizes), np.log(seconds), 1)
    return float(slope[0])

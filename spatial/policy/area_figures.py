"""Figures of areas: sums over facilities, fields of areas, and imported indicators."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from copy import copy
from fractions import Fraction
from typing import Any, Final

import numpy as np
import pandas as pd
from geopandas import GeoDataFrame
from numpy.typing import NDArray

from spatial.fields import LEVELS
from spatial.policy.area_tree import AreaTree
from spatial.policy.counting import Standing, standing
from spatial.policy.facility_sums import FacilitySums, Splicing
from spatial.policy.figure import Figure
from spatial.policy.indicator_figures import IndicatorFigures
from spatial.policy.places import Membership, membership

AREA_FIELDS: Final = (
    "population",
    "population_60_plus",
    "population_0_3",
    "households",
    "employees",
)


class AreaFigures:
    """Figures of all areas, worked out once each.

    Parameters
    ----------
    areas
        Validated areas in EPSG:4326, ordered by code.
    facilities
        Validated facilities in EPSG:4326, or None where none were given: then nothing is known
        of them, which is not the same as there being none.
    indicators
        Columns ``area, indicator, year, value, source``; None for none.
    as_of
        Facilities are seen on this date; of an indicator the latest year up to it counts.
    """

    def __init__(
        self,
        areas: GeoDataFrame,
        facilities: GeoDataFrame | None,
        indicators: pd.DataFrame | None,
        *,
        as_of: dt.date,
    ) -> None:
        self.areas = areas
        self.as_of = as_of
        self.tree = AreaTree(areas)
        # Plain lists: asked thousands of times, one value at a time.
        self._fields: dict[str, list[Any]] = {name: areas[name].tolist() for name in AREA_FIELDS}
        self._indicators = IndicatorFigures(indicators, self.tree, as_of=as_of)
        self._known_answers: dict[
            tuple[tuple[int, ...], str, int | None], tuple[Sequence[object], dict[int, Any]]
        ] = {}
        self._known_sums: FacilitySums | None = None
        if facilities is not None:
            self._known_sums = FacilitySums(
                facilities,
                places=membership(facilities, areas),
                standing=standing(facilities, as_of=as_of),
            )

    def of(
        self, facilities: pd.DataFrame, *, places: Membership, standing: Standing
    ) -> AreaFigures:
        """Return figures of the same areas for other facilities.

        Parameters
        ----------
        facilities
            As in the constructor.
        places, standing
            Where they lie and how they stand.
        """
        return self._with(FacilitySums(facilities, places=places, standing=standing))

    def taken(
        self, facilities: pd.DataFrame, chosen: NDArray[np.bool_], *, standing: Standing
    ) -> AreaFigures:
        """Return figures of the same areas for some of the facilities, as in `of`."""
        return self._with(self.sums.taken(facilities, chosen, standing=standing))

    def _with(self, sums: FacilitySums) -> AreaFigures:
        other = copy(self)
        other._known_sums = sums  # noqa: SLF001 - one of this class, here and below
        other._known_answers = {}  # noqa: SLF001
        return other

    def edited(
        self, now: AreaFigures, *, gone: AreaFigures, came: AreaFigures, change: Splicing
    ) -> AreaFigures:
        """Carry known sums over to facilities after edits: what is gone taken off, what came added.

        Parameters
        ----------
        now
            Of all facilities after the edits.
        gone, came
            Of those removed and of those changed as they were; of those added and of those
            changed as they are.
        change
            Puts arrays of a row a facility together.
        """
        self.sums.carry_over(now.sums, gone=gone.sums, came=came.sums, change=change)
        touched = gone.areas_with() | came.areas_with()
        for question, (asked, answers) in self._known_answers.items():
            kept = {area: answer for area, answer in answers.items() if area not in touched}
            now._known_answers[question] = (asked, kept)
        return now

    def answers(
        self, asked: Sequence[object], logic: str, since: int | None = None
    ) -> dict[int, Any]:
        """Return what is known so far of a question about these figures, by area, to be added to.

        Parameters
        ----------
        asked, logic, since
            The question: the very objects a rule holds, which stand for their contents.
        """
        key = (tuple(map(id, asked)), logic, since)
        # Held beside the answers, so that no other objects can come to have their identity.
        return self._known_answers.setdefault(key, (asked, {}))[1]

    @property
    def sums(self) -> FacilitySums:
        """Sums over the facilities; only where some were given."""
        if self._known_sums is None:
            raise ValueError("nothing is known of facilities")
        return self._known_sums

    def areas_with(self) -> set[int]:
        """List the areas that hold any of the facilities, and all areas these lie in."""
        return self.tree.around(self.sums.places, slice(None))

    def figure(self, measure: Mapping[str, Any], area: int) -> Figure:
        """Work out a measure of a pack for the area numbered `area`."""
        match measure["of"]:
            case "facilities":
                name = measure.get("indicator")
                found = None if name is None else self.indicator(str(name), area)
                return found if found is not None else self._facility_figure(measure, area)
            case "areas":
                return self._area_figure(str(measure["field"]), area)
            case _:
                name = str(measure["name"])
                found = self.indicator(name, area)
                return found or Figure(
                    Fraction(0), ({"indicator": name, "area": self.tree.code(area)},)
                )

    def indicator(self, name: str, area: int, *, before: int | None = None) -> Figure | None:
        """Find an imported figure; see `IndicatorFigures.latest`."""
        return self._indicators.latest(name, area, before=before)

    def recorded(self, name: str, area: int) -> Figure | None:
        """Find an imported figure of the area itself; see `IndicatorFigures.recorded`."""
        return self._indicators.recorded(name, area)

    def below(self, area: int, *, level: str, kinds: Sequence[str]) -> list[int]:
        """List areas inside an area; see `AreaTree.below`."""
        return self.tree.below(area, level=level, kinds=kinds)

    def _area_figure(self, field: str, area: int) -> Figure:
        own = self._fields[field][area]
        if not pd.isna(own):
            return Figure(Fraction(int(own)), source="areas")
        parts = [self._area_figure(field, child) for child in self.tree.children(area)]
        missing = [gap for part in parts for gap in part.missing]
        if not parts:
            missing = [{"field": field, "area": self.tree.code(area)}]
        if missing:
            return Figure(Fraction(0), tuple(missing))
        return Figure(sum((part.known for part in parts), Fraction(0)), source="areas")

    def _facility_figure(self, measure: Mapping[str, Any], area: int) -> Figure:
        if self._known_sums is None:
            return Figure(Fraction(0), ({"layer": "facilities"},))
        level = self.tree.level(area)
        if level not in LEVELS:
            return Figure(Fraction(0), ({"field": "level", "area": self.tree.code(area)},))
        return self._known_sums.figure(measure, area, level=str(level))

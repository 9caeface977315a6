"""Figures of areas: sums over facilities, fields of areas, and imported indicators.

A figure is exact and knows what it lacks: nothing is counted as zero because it is not known.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from copy import copy
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction
from typing import Any, Final, Protocol

import numpy as np
import pandas as pd
from geopandas import GeoDataFrame
from numpy.typing import NDArray

from spatial.fields import LEVELS
from spatial.policy.counting import Standing, standing
from spatial.policy.places import Membership, membership

FACILITY_SUMS: Final = (
    "count",
    "places",
    "inclusive_places",
    "beds",
    "nursing_beds",
    "dementia_beds",
    "floor_area_m2",
    "site_area_m2",
)
AREA_FIELDS: Final = (
    "population",
    "population_60_plus",
    "population_0_3",
    "households",
    "employees",
)


@dataclass(frozen=True)
class Figure:
    """A figure of one area.

    Parameters
    ----------
    known
        Sum of what is known, exact.
    missing
        What is not known, each a mapping fit for JSON: then `known` is a lower bound.
    facilities
        Ids of facilities in the sum.
    source
        Where it comes from: ``facilities``, ``areas``, or the source of an indicator.
    year
        Year of an indicator, else None.
    """

    known: Fraction
    missing: tuple[Mapping[str, str], ...] = ()
    facilities: tuple[str, ...] = ()
    source: str = ""
    year: int | None = None

    @property
    def shown(self) -> Fraction | None:
        """The figure as it may be shown: nothing where nothing of it is known, never 0."""
        return None if self.missing and self.known == 0 else self.known

    def of_year(self, since: int | None) -> Figure:
        """Return the figure as one that lacks its latest year where it is older than `since`."""
        if since is None or self.year is None or self.year >= since:
            return self
        gap = {"figure_of_year": str(since), "latest": str(self.year)}
        return replace(self, missing=(*self.missing, gap))

    @property
    def complete(self) -> bool:
        """True where nothing is missing."""
        return not self.missing


class Splicing(Protocol):
    """What puts rows of facilities that stayed together with those that came."""

    def spliced(self, before: NDArray[Any], came: NDArray[Any]) -> NDArray[Any]:
        """Return a row a facility, as they are numbered now."""


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
        self._facilities: pd.DataFrame | None = facilities
        self._codes: list[str] = [str(code) for code in areas["code"]]
        # Plain lists: asked thousands of times, one value at a time.
        self._levels: list[Any] = areas["level"].tolist()
        self._kinds: list[Any] = areas["kind"].tolist()
        self._fields: dict[str, list[Any]] = {name: areas[name].tolist() for name in AREA_FIELDS}
        self._number = {code: i for i, code in enumerate(self._codes)}
        self._children = _children(areas, self._number)
        self._parents = [-1] * len(self._codes)
        for parent, children in enumerate(self._children):
            for child in children:
                self._parents[child] = parent
        self._table = _indicator_table(indicators)
        years: dict[str, set[int]] = {}
        for _, name, year in self._table:
            years.setdefault(name, set()).add(year)
        self._years = {name: sorted(of, reverse=True) for name, of in years.items()}
        self._known_sums: dict[tuple[str, str], dict[int, Figure]] = {}
        self._known_masks: dict[str, tuple[NDArray[np.bool_], NDArray[np.bool_]]] = {}
        self._measures: dict[str, Mapping[str, Any]] = {}
        self._known_answers: dict[
            tuple[tuple[int, ...], str, int | None], tuple[Sequence[object], dict[int, Any]]
        ] = {}
        self._places: Membership | None = None
        self._standing: Standing | None = None
        self._kinds_here: frozenset[Any] = frozenset()
        if facilities is not None:
            self._places = membership(facilities, areas)
            self._standing = standing(facilities, as_of=as_of)

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
        other = copy(self)
        other._facilities = facilities  # noqa: SLF001 - one of this class, here and below
        other._places, other._standing = places, standing  # noqa: SLF001
        other._known_sums, other._known_masks = {}, {}  # noqa: SLF001
        other._known_answers = {}  # noqa: SLF001
        other._kinds_here = frozenset(facilities["kind"])  # noqa: SLF001
        return other

    def taken(
        self, facilities: pd.DataFrame, chosen: NDArray[np.bool_], *, standing: Standing
    ) -> AreaFigures:
        """Return figures of the same areas for some of the facilities, as in `of`."""
        other = self.of(facilities, places=self.places[chosen], standing=standing)
        for key, masks in self._known_masks.items():
            other._known_masks[key] = (masks[0][chosen], masks[1][chosen])  # noqa: SLF001
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
        nothing = np.zeros(0 if came._facilities is None else len(came._facilities), dtype=bool)
        for key, masks in self._known_masks.items():
            measure = self._measures[key]
            added = came.masks(measure) if came.concern(measure) else (nothing, nothing)
            now._known_masks[key] = (
                change.spliced(masks[0], added[0]),
                change.spliced(masks[1], added[1]),
            )
        edited = gone.ids() | came.ids()
        touched = gone.areas_with() | came.areas_with()
        for question, (asked, answers) in self._known_answers.items():
            kept = {area: answer for area, answer in answers.items() if area not in touched}
            now._known_answers[question] = (asked, kept)
        for (name, level), sums in self._known_sums.items():
            measure = self._measures[name]
            less, more = gone._sums_at(measure, level), came._sums_at(measure, level)
            changed = {
                area: _replaced(sums.get(area), less.get(area), more.get(area), edited)
                for area in {*less, *more}
            }
            now._known_sums[name, level] = sums | changed if changed else sums
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
    def places(self) -> Membership:
        """Which areas the facilities lie in; only where some were given."""
        if self._places is None:
            raise ValueError("nothing is known of facilities")
        return self._places

    def concern(self, measure: Mapping[str, Any]) -> bool:
        """Tell whether any of the facilities of `of` is of a kind that a measure speaks of."""
        return not self._kinds_here.isdisjoint(measure["kinds"])

    def ids(self) -> set[str]:
        """Return the ids of the facilities."""
        return set() if self._facilities is None else set(self._facilities["id"].astype(str))

    def areas_with(self) -> set[int]:
        """List the areas that hold any of the facilities, and all areas these lie in."""
        return self.around(self.places, slice(None))

    def around(self, places: Membership, chosen: Any) -> set[int]:  # noqa: ANN401 - an index
        """List the areas that hold chosen places, and all areas these lie in."""
        found: set[int] = set()
        for numbers in places.area.values():
            for area in np.unique(numbers[chosen]).tolist():
                while area >= 0 and area not in found:
                    found.add(area)
                    area = self._parents[area]  # noqa: PLW2901 - up the tree
        return found

    def _sums_at(self, measure: Mapping[str, Any], level: str) -> dict[int, Figure]:
        if self._facilities is None or self._places is None or not self.concern(measure):
            return {}
        return self._sums(measure, self._facilities, self._places.area[level])

    def code(self, area: int) -> str:
        """Return the code of the area numbered `area`."""
        return self._codes[area]

    def level(self, area: int) -> str | None:
        """Return the level of the area numbered `area`."""
        return None if pd.isna(self._levels[area]) else str(self._levels[area])

    def kind(self, area: int) -> str:
        """Return the kind of the area numbered `area`."""
        return str(self._kinds[area])

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
                    Fraction(0), ({"indicator": name, "area": self._codes[area]},)
                )

    def indicator(self, name: str, area: int, *, before: int | None = None) -> Figure | None:
        """Find an imported figure: of the area itself, else the sum of all areas directly below.

        The latest year up to `as_of` (or before the year `before`) for which that is known.
        """
        for year in self._years.get(name, ()):
            if year <= self.as_of.year and (before is None or year < before):
                found = self._indicator_of_year(name, area, year)
                if found is not None:
                    return found
        return None

    def top(self) -> list[int]:
        """List the areas that lie in no other, planning units left out."""
        return [
            area
            for area, (kind, parent) in enumerate(zip(self._kinds, self._parents, strict=True))
            if parent < 0 and kind != "planning_unit"
        ]

    def recorded(self, name: str, area: int) -> Figure | None:
        """Find an imported figure of the area itself: a yes or no adds up to nothing."""
        for year in self._years.get(name, ()):
            own = self._table.get((self._codes[area], name, year))
            if own is not None and year <= self.as_of.year:
                value, source = own
                return Figure(Fraction(value), source=source, year=year)
        return None

    def below(self, area: int, *, level: str, kinds: Sequence[str]) -> list[int]:
        """List the areas of a level and kinds (empty: any) inside an area, itself included."""
        found: list[int] = []
        queue = [area]
        while queue:
            here = queue.pop()
            if self._levels[here] == level and (not kinds or self._kinds[here] in kinds):
                found.append(here)
            queue += self._children[here]
        return sorted(found)

    def _indicator_of_year(self, name: str, area: int, year: int) -> Figure | None:
        own = self._table.get((self._codes[area], name, year))
        if own is not None:
            value, source = own
            return Figure(Fraction(value), source=source, year=year)
        parts = [self._indicator_of_year(name, child, year) for child in self._children[area]]
        if not parts or any(part is None for part in parts):
            return None
        whole = [part for part in parts if part is not None]
        sources = dict.fromkeys(part.source for part in whole)
        return Figure(
            sum((part.known for part in whole), Fraction(0)), source="; ".join(sources), year=year
        )

    def _area_figure(self, field: str, area: int) -> Figure:
        own = self._fields[field][area]
        if not pd.isna(own):
            return Figure(Fraction(int(own)), source="areas")
        parts = [self._area_figure(field, child) for child in self._children[area]]
        missing = [gap for part in parts for gap in part.missing]
        if not parts:
            missing = [{"field": field, "area": self._codes[area]}]
        if missing:
            return Figure(Fraction(0), tuple(missing))
        return Figure(sum((part.known for part in parts), Fraction(0)), source="areas")

    def _facility_figure(self, measure: Mapping[str, Any], area: int) -> Figure:
        if self._facilities is None or self._places is None:
            return Figure(Fraction(0), ({"layer": "facilities"},))
        level = self._levels[area]
        if level not in LEVELS:
            return Figure(Fraction(0), ({"field": "level", "area": self._codes[area]},))
        key = (_key(measure), str(level))
        if key not in self._known_sums:
            self._measures[key[0]] = measure
            self._known_sums[key] = self._sums(
                measure, self._facilities, self._places.area[str(level)]
            )
        return self._known_sums[key].get(area, Figure(Fraction(0), source="facilities"))

    def _sums(
        self, measure: Mapping[str, Any], facilities: pd.DataFrame, area: NDArray[np.int64]
    ) -> dict[int, Figure]:
        """Sum a measure over the facilities of every area of one level at once."""
        chosen, doubtful = self.masks(measure)
        at = np.flatnonzero((chosen | doubtful) & (area >= 0))
        ids = facilities["id"].to_numpy(dtype=object)[at]
        field = str(measure["sum"])
        values = (
            np.ones(len(at), dtype=object)
            if field == "count"
            else facilities[field].astype(object).to_numpy()[at]
        )
        gathered: dict[int, tuple[list[Fraction], list[Mapping[str, str]], list[str]]] = {}
        lacking = self._lacking(measure, facilities)[at]
        for number, facility, sure, value, lacks in zip(
            area[at].tolist(),
            ids.tolist(),
            chosen[at].tolist(),
            values.tolist(),
            lacking.tolist(),
            strict=True,
        ):
            known, missing, names = gathered.setdefault(number, ([], [], []))
            if not sure:
                missing.append({"facility": str(facility), "field": str(lacks)})
                continue
            names.append(str(facility))
            if pd.isna(value):
                missing.append({"facility": str(facility), "field": field})
            else:
                known.append(Fraction(Decimal(str(value))))
        return {
            number: Figure(sum(known, Fraction(0)), tuple(missing), tuple(names), "facilities")
            for number, (known, missing, names) in gathered.items()
        }

    def _lacking(self, measure: Mapping[str, Any], facilities: pd.DataFrame) -> NDArray[Any]:
        """Name the field of each facility that leaves open whether it belongs in the sum."""
        lacking = np.full(len(facilities), "status", dtype=object)
        known = np.zeros(len(facilities), dtype=bool)
        if self._standing is not None:
            known = ~self._standing.unknown
        fields = [*measure.get("where", {}), *(["opened_on"] if "opened_from" in measure else [])]
        for field in reversed(fields):
            lacking[known & facilities[field].isna().to_numpy()] = field
        return lacking

    def masks(self, measure: Mapping[str, Any]) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
        """Tell which facilities are in the sum of a measure, and which may be, wherever they lie.

        Empty where no facilities were given.
        """
        key = _key(measure)
        if key not in self._known_masks:
            self._measures[key] = measure
            self._known_masks[key] = self._work_out_masks(measure)
        return self._known_masks[key]

    def _work_out_masks(
        self, measure: Mapping[str, Any]
    ) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
        facilities, seen = self._facilities, self._standing
        if facilities is None or seen is None:
            return np.zeros(0, dtype=bool), np.zeros(0, dtype=bool)
        kind = facilities["kind"].isin(measure["kinds"]).to_numpy(dtype=bool)
        stands = seen.operating if measure["status"] == "operating" else seen.approved
        chosen, possible = kind & stands, kind & (stands | seen.unknown)
        for field, allowed in measure.get("where", {}).items():
            allows = facilities[field].isin(allowed).fillna(value=False).to_numpy(dtype=bool)
            chosen = chosen & allows
            possible = possible & (allows | facilities[field].isna().to_numpy())
        if "opened_from" in measure:
            opened = pd.to_datetime(facilities["opened_on"])
            since = (opened >= pd.Timestamp(measure["opened_from"])).to_numpy()
            chosen = chosen & since
            possible = possible & (since | opened.isna().to_numpy())
        # Only what no known fact rules out may still belong in the sum.
        doubtful = possible & ~chosen
        return chosen, doubtful


def _replaced(
    figure: Figure | None, less: Figure | None, more: Figure | None, edited: set[str]
) -> Figure:
    """Take the part of some facilities off a sum and add another; exact, in the order of ids."""
    nothing = Figure(Fraction(0), source="facilities")
    figure, less, more = figure or nothing, less or nothing, more or nothing
    missing = [gap for gap in figure.missing if gap["facility"] not in edited]
    names = [name for name in figure.facilities if name not in edited]
    return Figure(
        figure.known - less.known + more.known,
        tuple(sorted([*missing, *more.missing], key=lambda gap: gap["facility"])),
        tuple(sorted([*names, *more.facilities])),
        "facilities",
    )


def _key(measure: Mapping[str, Any]) -> str:
    """Name a measure by what it says."""
    return repr(sorted((name, str(value)) for name, value in measure.items()))


def _children(areas: GeoDataFrame, number: Mapping[str, int]) -> list[list[int]]:
    children: list[list[int]] = [[] for _ in range(len(areas))]
    for child, (parent, kind) in enumerate(zip(areas["parent"], areas["kind"], strict=True)):
        if kind != "planning_unit" and not pd.isna(parent) and str(parent) in number:
            children[number[str(parent)]].append(child)
    return children


def _indicator_table(
    indicators: pd.DataFrame | None,
) -> dict[tuple[str, str, int], tuple[Decimal, str]]:
    if indicators is None:
        return {}
    columns = indicators[["area", "indicator", "year", "value", "source"]].to_numpy(dtype=object)
    return {
        (str(area), str(name), int(year)): (
            Decimal(str(value)),
            "" if source is None else str(source),
        )
        for area, name, year, value, source in columns.tolist()
    }

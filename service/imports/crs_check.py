"""Checking the system of a file against what is at hand, and proposing one where nobody says it.

Reading a file needs no areas and no streets; what checks it may be read after it, or stand in the
database. So reading hands on a `CrsSubject`, and whoever has areas and streets checks it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from service.imports.geometries import Geometries
from service.imports.raw import RawTable
from service.imports.systems import choose_system
from spatial.coordinate_systems import CoordinateSystem
from spatial.crs_evidence import CrsEvidence, SystemFit, sample_places, weigh_systems
from spatial.errors import InputError, UnknownCRSError
from spatial.network import Network
from spatial.webmap_crs import WebMap

# Hypotheses a table shows: the best, and the one that was named.
_SHOWN: Final = 6
# What was not measured beside what was: a gap would move what follows to another column.
_NONE: Final = "–"
_HEADING: Final = ("system", "in areas", "street ≤ 50 m", "median m", "crossed", "stands out")


@dataclass(frozen=True, eq=False)
class CrsSubject:
    """What there is to check of a file.

    Parameters
    ----------
    source
        File name for messages.
    shapes
        Some of its geometries, in the coordinates of the file.
    system
        The system they were read in; None where nobody says.
    said
        Who says so, as a message has it: ``--crs says GCJ-02``.
    """

    source: str
    shapes: Geometries
    system: CoordinateSystem | None
    said: str


@dataclass(frozen=True, eq=False)
class CrsReference:
    """What files are checked against.

    Parameters
    ----------
    areas
        Administrative areas, polygons in EPSG:4326; None where there are none.
    network
        Streets; None where there are none.
    """

    areas: NDArray[Any] | None = None
    network: Network | None = None


@dataclass(frozen=True)
class CrsVerdict:
    """What a check came to.

    Parameters
    ----------
    evidence
        What the places say.
    doubt
        Why the system could not be checked, in a few words; None where it was.
    overruled
        What the transformation of each row has to say where the user insists against the
        evidence; None otherwise.
    """

    evidence: CrsEvidence
    doubt: str | None = None
    overruled: str | None = None


class UndeclaredCRSError(UnknownCRSError):
    """Nobody says which system a file is in.

    Parameters
    ----------
    subject
        The file; with areas or streets at hand `proposal` can say more.
    """

    def __init__(self, subject: CrsSubject) -> None:
        self.subject = subject
        super().__init__(
            f"{subject.source}: no coordinate reference system is declared; "
            "say which with --crs, for example --crs EPSG:4326 for longitude and latitude"
        )


def decide_system(
    raw: RawTable, geometries: Geometries | None, *, option: str | None, source: str
) -> tuple[CoordinateSystem, CrsSubject]:
    """Decide on the system of a file, and take from the file what there is to check.

    Parameters
    ----------
    geometries
        In the coordinates of the file, None where missing; None for a file without any.
    option
        What --crs says.

    Raises
    ------
    UndeclaredCRSError
        When nobody says anything.
    InputError
        As `choose_system`.
    """
    system = choose_system(raw, option=option, source=source)
    nowhere = np.zeros(0, dtype=object)
    shapes, _ = sample_places(nowhere if geometries is None else geometries)
    if system is None:
        raise UndeclaredCRSError(CrsSubject(source, shapes, None, "nothing is said"))
    who = "its format means"
    if option is not None or raw.declared_crs is not None:
        who = "it says" if option is None else "--crs says"
    return system, CrsSubject(source, shapes, system, f"{who} {system.name}")


def proposal(subject: CrsSubject, reference: CrsReference) -> UnknownCRSError:
    """Return the refusal of a file nobody says the system of, with evidence and proposal."""
    evidence = weigh_systems(subject.shapes, areas=reference.areas, network=reference.network)
    lead = f"{subject.source}: no coordinate reference system is declared; "
    names = [fit.system.name for fit in evidence.hypotheses if fit.system is not None]
    if evidence.proposed is not None:
        sure = "its places fit" if evidence.confident else "its places may be in"
        lead += (
            f"{sure} {evidence.proposed.name}: {evidence.reason}; "
            f"if that is right, say --crs {evidence.proposed.name}"
        )
    elif names:
        choice = ", ".join(f"--crs {name}" for name in names[:_SHOWN])
        more = " …" if len(names) > _SHOWN else ""
        lead += f"say which with --crs: {evidence.reason}; by their size they may be {choice}{more}"
    else:
        lead += f"say which with --crs, for example --crs EPSG:4326: {evidence.reason}"
    return UnknownCRSError("\n".join([lead, *_old_datums(evidence), *evidence_table(evidence)]))


def check_system(subject: CrsSubject, reference: CrsReference, *, as_declared: bool) -> CrsVerdict:
    """Check the system a file was read in.

    Parameters
    ----------
    as_declared
        True to believe what is said whatever the evidence.

    Raises
    ------
    InputError
        When the evidence clearly rules the system out, unless `as_declared`.
    """
    evidence = weigh_systems(
        subject.shapes,
        areas=reference.areas,
        network=reference.network,
        named=subject.system,
    )
    if not evidence.contradicts or evidence.proposed is None:
        doubt = None if evidence.confident or not evidence.places else evidence.reason
        return CrsVerdict(evidence, doubt=doubt)
    better = evidence.proposed.name
    if as_declared:
        overruled = f"as declared, though the places fit {better}"
        return CrsVerdict(evidence, overruled=overruled)
    lead = (
        f"{subject.source}: {subject.said}, but its places fit {better}: {evidence.reason}; "
        f"say --crs {better}, or --crs-as-declared to have it as it is "
        "(if the streets or areas are in another system than they say, correct those)"
    )
    raise InputError("\n".join([lead, *_old_datums(evidence), *evidence_table(evidence)]))


def unchecked_warning(doubts: Iterable[tuple[CrsSubject, str]]) -> list[str]:
    """Return one line for all files whose system could not be checked; none without such files."""
    reasons: dict[str, list[str]] = {}
    for subject, doubt in doubts:
        name = subject.system.name if subject.system is not None else "unknown"
        reasons.setdefault(doubt, []).append(f"{subject.source} ({name})")
    if not reasons:
        return []
    parts = [f"{', '.join(files)}: {doubt}" for doubt, files in reasons.items()]
    return [f"coordinate systems believed, not checked: {'; '.join(parts)}"]


def evidence_table(evidence: CrsEvidence) -> list[str]:
    """Return the evidence as lines of a table, the best hypothesis first."""
    measured = [fit for fit in evidence.hypotheses if fit.share_in_areas is not None]
    if not measured:
        return []
    rows: list[Sequence[str]] = [_HEADING]
    rows += [_row(fit) for fit in measured[:_SHOWN]]
    if evidence.displaced is not None:
        rows.append(_row(evidence.displaced))
    widths = [max(len(row[column]) for row in rows) for column in range(len(_HEADING))]
    return [
        "  ".join(
            [row[0].ljust(widths[0])]
            + [cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True)]
        )
        for row in rows
    ]


def _row(fit: SystemFit) -> Sequence[str]:
    streets = fit.streets
    if streets is None:
        return (fit.name, _percent(fit.share_in_areas), "", "", "", "")
    return (
        fit.name,
        _percent(fit.share_in_areas),
        _percent(streets.share_near),
        _NONE if streets.median_m is None else f"{streets.median_m:.0f}",
        _percent(streets.share_crossed),
        f"{streets.stands_out:.1f}",
    )


def _percent(share: float | None) -> str:
    return _NONE if share is None else f"{100 * share:.1f} %"


def _old_datums(evidence: CrsEvidence) -> list[str]:
    proposed = evidence.proposed
    if proposed is None or isinstance(proposed.base, WebMap) or not proposed.base.is_projected:
        return []
    if "CGCS2000" not in proposed.base.name:
        return []
    note = "Beijing 1954 and Xi'an 1980 have the same numbers for places 50 to 150 m off"
    return [f"{note}: ask where the file comes from"]


def nothing_at_hand(reference: CrsReference) -> bool:
    """Tell whether there is nothing to check against."""
    return reference.network is None and (reference.areas is None or not len(reference.areas))


def polygons_of(frame: Any) -> NDArray[Any] | None:  # noqa: ANN401  # a GeoDataFrame or None
    """Return the geometries of areas as an array; None without areas."""
    return None if frame is None else np.asarray(frame.geometry.to_numpy(), dtype=object)

"""Checking the system of an uploaded file: what of it leaves the process that reads, and the check.

The process that reads has no database; it hands over some places of the file and the system they
were read in. They are held against the stored areas and streets here.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from sqlalchemy import Connection

from service.core import history
from service.imports.crs_check import (
    CrsReference,
    CrsSubject,
    check_system,
    evidence_table,
    nothing_at_hand,
    polygons_of,
    proposal,
    unchecked_warning,
)
from service.imports.systems import parse_system
from service.networks.service import latest, load
from spatial.fields import AREAS


def subject_document(subject: CrsSubject | None) -> dict[str, Any] | None:
    """Return what there is to check of a file, fit for JSON."""
    if subject is None:
        return None
    return {
        "source": subject.source,
        "shapes": shapely.to_wkb(np.asarray(subject.shapes, dtype=object), hex=True).tolist(),
        "system": None if subject.system is None else subject.system.name,
        "said": subject.said,
    }


def read_subject(document: Mapping[str, Any]) -> CrsSubject:
    """Return what `subject_document` wrote."""
    name = document["system"]
    return CrsSubject(
        document["source"],
        shapely.from_wkb(np.array(document["shapes"], dtype=object)),
        None if name is None else parse_system(name, source=document["source"]),
        document["said"],
    )


def check_uploaded(
    connection: Connection, subject: CrsSubject, *, as_declared: bool, cache_dir: Path
) -> dict[str, Any]:
    """Hold the system of a file against the current areas and the street network in use.

    Returns
    -------
    ``evidence``, lines of a table; ``overruled``, what the transformation of each row has to say
    where the user insists; ``warnings``.

    Raises
    ------
    InputError
        When nobody says the system, with a proposal; and when its places rule it out.
    """
    version = latest(connection)
    network = None if version is None else load(connection, version, cache_dir=cache_dir)
    reference = CrsReference(polygons_of(history.current(connection, AREAS)), network)
    if subject.system is None:
        raise proposal(subject, reference)
    if not len(subject.shapes) or nothing_at_hand(reference):
        doubts = [(subject, "neither areas nor streets are at hand")]
        return {"evidence": [], "overruled": None, "warnings": unchecked_warning(doubts)}
    verdict = check_system(subject, reference, as_declared=as_declared)
    doubts = [] if verdict.doubt is None else [(subject, verdict.doubt)]
    return {
        "evidence": evidence_table(verdict.evidence),
        "overruled": verdict.overruled,
        "warnings": unchecked_warning(doubts),
    }

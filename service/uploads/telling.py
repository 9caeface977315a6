"""A report as whoever reads it takes it: texts in a language, and with the names of a surface.

Identifiers stay: of fields, states, kinds of repair, systems.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any, Final

from service.imports.phrases import Language, Surface, tell

_LINES: Final = ("refused", "failed")
_LISTS: Final = ("warnings", "notes")
# Lists of entries, and which of their members is a text.
_ENTRIES: Final = (("faults", "reason"), ("quarantined", "reason"), ("repairs", "detail"))


def told_report(
    report: Mapping[str, Any], language: Language, *, surface: Surface
) -> dict[str, Any]:
    """Return a report with its texts in a language; the one given stays as it is."""
    say = partial(tell, language=language, surface=surface)
    told = dict(report)
    for name in _LINES:
        if name in told:
            told[name] = say(told[name])
    for name in _LISTS:
        if name in told:
            told[name] = [say(line) for line in told[name]]
    for name, text in _ENTRIES:
        if name in told:
            told[name] = [{**entry, text: say(entry[text])} for entry in told[name]]
    if "crs" in told:
        crs = dict(told["crs"])
        if crs["transformation"] is not None:
            crs["transformation"] = say(crs["transformation"])
        if "evidence" in crs:
            crs["evidence"] = [say(line) for line in crs["evidence"]]
        told["crs"] = crs
    return told

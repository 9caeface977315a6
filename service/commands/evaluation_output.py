"""What the commands that evaluate print and write, wherever the data come from."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import typer
from geopandas import GeoDataFrame

from service.commands.progress import warn
from service.exports.content import Language
from service.exports.summary import summary_lines
from service.exports.systems import LONLAT, OutputSystem


@dataclass(frozen=True)
class Output:
    """What a call asks to be told.

    Parameters
    ----------
    out
        Files to write.
    lang
        Language of texts.
    json
        True to print the summary as JSON, and nothing else, on the standard output.
    verbose
        True to print every warning.
    system
        Of the coordinates written.
    """

    out: tuple[Path, ...]
    lang: Language
    json: bool
    verbose: bool
    system: OutputSystem = LONLAT


def report(
    summary: Mapping[str, Any],
    worst: GeoDataFrame,
    *,
    notices: Sequence[str],
    warnings: Sequence[str],
    output: Output,
) -> None:
    """Print the summary on the standard output, warnings and files written on the other."""
    warn(warnings, every=output.verbose)
    for path in output.out:
        typer.echo(f"yike: wrote {path}", err=True)
    if output.json:
        typer.echo(json.dumps(summary, ensure_ascii=False))
        return
    for line in summary_lines(summary, worst, notices=notices, lang=output.lang):
        typer.echo(line)

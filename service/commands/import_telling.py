"""What ``yike import`` says of files as it reads and stores them."""

from __future__ import annotations

from collections.abc import Sequence

import typer

from service.commands.import_network import NetworkOptions, tell_network
from service.commands.import_reading import Part, Read
from service.commands.import_storing import Imported
from service.commands.options import FileOptions
from service.commands.progress import tell
from service.imports.saved_mapping import SavedMapping, save_mapping
from service.imports.street_reader import ReadNetwork
from service.uploads.wording import report_lines


def tell_import(
    part: Part, result: Imported, streets: NetworkOptions, *, dry_run: bool, json_: bool
) -> None:
    """Print what became of a file, and of what is not stored yet the whole report."""
    if not json_:
        typer.echo(result.line(dry_run=dry_run))
    if isinstance(part.read, ReadNetwork) and result.diagnosis is not None:
        for line in tell_network(part.read, result.diagnosis, label=part.path, options=streets):
            typer.echo(line, err=json_)
    if result.stored is not None:
        aside = result.stored.report["rows"]["quarantined"]
        if aside and not dry_run:
            say(f"{result.file}: {aside} rows set aside")
        if dry_run and not json_:
            for line in report_lines(result.stored.report, streets.lang):
                typer.echo(line)
    if not dry_run and result.written:
        import_id = result.import_id
        say(f"this is import {import_id}; 'yike imports undo {import_id}' takes it back")


def tell_columns(kind: str, read: Sequence[Read], options: FileOptions) -> None:
    """Say what columns were taken for, and save it where that is asked for."""
    layers = [one for one in read if not isinstance(one, ReadNetwork)]
    tell([line for one in layers for line in one.notes])
    if options.save_to is None:
        return
    # All files of a call have one mapping: the columns of each are added to it.
    saved = options.saved_of(kind)
    for one in layers:
        saved = one.mapping(before=saved)
    save_mapping(options.save_to, SavedMapping({} if saved is None else {kind: saved}))
    say(f"wrote {options.save_to}")


def say(message: str) -> None:
    """Print a line beside what the command answers."""
    typer.echo(f"yike: {message}", err=True)

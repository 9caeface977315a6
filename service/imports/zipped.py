"""Reading the one layer of a zip archive, as Shapefiles are sent."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from service.imports.archive import Entry, entries, opened_archive, unpack
from service.imports.raw import RawTable, Reading
from service.imports.transport import Streamed
from service.imports.vector_tables import named_table, several_tables
from spatial.errors import Fault, InputError, InputFaults

# What lies beside a file and belongs to it.
COMPANIONS: Final[Mapping[str, tuple[str, ...]]] = {
    ".shp": (".shx", ".dbf", ".prj", ".cpg"),
    ".tab": (".dat", ".map", ".id", ".ind"),
    ".mif": (".mid",),
}
_Open = Callable[..., RawTable | Streamed]


@dataclass(frozen=True)
class ZipReader:
    """Reads an archive that holds one layer, or several of which one is named.

    Parameters
    ----------
    readers
        By suffix, what reads the files inside; kept as a function, as an archive is a format
        itself.
    """

    readers: Callable[[], Mapping[str, _Open]]

    def __call__(
        self, path: Path, *, prefer: str, table: str | None, how: Reading
    ) -> RawTable | Streamed:
        """Unpack the layer and read it.

        Raises
        ------
        InputError
            When the archive is a trap, damaged, or holds no layer, or several and none is named;
            else as the format of the layer.
        """
        source = str(path)
        if how.work_dir is None:
            raise InputError(f"{source}: is packed, and there is no folder to unpack it in")
        readers = self.readers()
        with opened_archive(path, limits=how.limits, source=source) as archive:
            every = entries(archive)
            main = _main(every, readers, prefer=prefer, table=table, source=source)
            suffix = main.name.suffix.lower()
            # Under a name of ours: those of an archive never become those of files.
            place = how.work_dir / f"unpacked{suffix}"
            unpack(archive, main, place, limits=how.limits, source=source)
            for entry in every:
                beside = entry.name.suffix.lower()
                if beside in COMPANIONS.get(suffix, ()) and _same_stem(entry, main):
                    target = place.with_suffix(beside)
                    unpack(archive, entry, target, limits=how.limits, source=source)
        named = f"{source}, {main.name}"
        try:
            return readers[suffix](place, prefer=prefer, table=None, how=how)
        except InputFaults as error:
            raise InputFaults(
                [Fault(source, fault.row, fault.field, fault.message) for fault in error.faults]
            ) from None
        except InputError as error:
            raise type(error)(str(error).replace(str(place), named)) from None


def _same_stem(entry: Entry, main: Entry) -> bool:
    return (
        entry.name.parent == main.name.parent
        and entry.name.stem.casefold() == main.name.stem.casefold()
    )


def _main(
    every: Sequence[Entry],
    readers: Mapping[str, _Open],
    *,
    prefer: str,
    table: str | None,
    source: str,
) -> Entry:
    found = [entry for entry in every if entry.name.suffix.lower() in readers]
    by_stem: dict[str, list[Entry]] = defaultdict(list)
    for entry in found:
        by_stem[entry.name.stem].append(entry)
    if table is not None:
        by_stem = {named_table(table, by_stem, source=source): by_stem[table]}
        found = by_stem[table]
    elif len(found) > 1 and len(by_stem.get(prefer, ())) == 1:
        found = by_stem[prefer]
    if len(found) == 1:
        return found[0]
    if not found:
        known = ", ".join(readers)
        raise InputError(f"{source}: holds no file that is read ({known})")
    if len(by_stem) < len(found):
        names = ", ".join(str(entry.name) for entry in found)
        raise InputError(f"{source}: holds files of one name ({names}); pack one alone")
    raise several_tables(list(by_stem), source=source)

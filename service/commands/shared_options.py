"""Options that several commands have, each said once."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

TextLanguage = Annotated[str, typer.Option(help="Language of texts: zh or en.")]
OwnLanguage = Annotated[str | None, typer.Option(help="Language of texts: zh or en.")]
FacilitiesFile = Annotated[Path | None, typer.Option(help="File of facilities.")]
BuildingsFile = Annotated[Path | None, typer.Option(help="File of residential buildings.")]
SeenOn = Annotated[
    str | None, typer.Option(help="Date facilities are seen on, YYYY-MM-DD; default today.")
]
AssumedStatus = Annotated[
    str | None,
    typer.Option(help="Status of facilities that give neither a status nor a date."),
]
CrsAsDeclared = Annotated[
    bool,
    typer.Option(
        "--crs-as-declared", help="Believe the system said, whatever the places say of it."
    ),
]
WalkingProfile = Annotated[str, typer.Option(help="Who walks.")]
WalkingSpeed = Annotated[str | None, typer.Option(help="Metres a second instead of the profile's.")]
Longitude = Annotated[float | None, typer.Option(help="Longitude of the place, degrees.")]
Latitude = Annotated[float | None, typer.Option(help="Latitude of the place, degrees.")]
PlacesFile = Annotated[
    Path | None, typer.Option(help="File of places instead, as many as you like.")
]
DistrictsFile = Annotated[Path | None, typer.Option(help="File of residential districts.")]
AreasFile = Annotated[Path | None, typer.Option(help="File of administrative areas.")]
ParksFile = Annotated[Path | None, typer.Option(help="File of industrial parks.")]
FiguresFile = Annotated[
    Path | None, typer.Option(help="CSV of figures: area, indicator, year, value, source.")
]
WrittenSystem = Annotated[
    str | None,
    typer.Option(help="System of the coordinates written, as EPSG:4547; default EPSG:4326."),
]
SavedMappingFile = Annotated[
    Path | None, typer.Option(help="Saved mapping of columns (.yaml); --map goes before it.")
]
KindsFromNames = Annotated[
    bool,
    typer.Option("--kinds-from-names", help="Facilities without a type are what their names say."),
]
Planarize = Annotated[
    bool,
    typer.Option(
        "--planarize", help="Split street lines where they cross or touch without a common end."
    ),
]
TextEncoding = Annotated[
    str | None,
    typer.Option(help="Encoding of the text of the files, where what is found is wrong."),
]
HeadingRow = Annotated[
    int | None,
    typer.Option(min=1, help="Row of a workbook's sheet that heads its columns."),
]
Verbose = Annotated[bool, typer.Option(help="Print every warning.")]
AreaLimits = Annotated[
    list[str] | None,
    typer.Option(help="Limit it to this area, by code, and all under it; may be repeated."),
]

"""The settings of a base map of the bureau's own, under the map of the page."""

from __future__ import annotations

import re
from typing import Annotated, Final, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, StringConstraints, model_validator

from service.core.setting_group import Group

Subdomain = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9-]{1,63}$")]
# The host goes into a header as it is: letters, digits, dots, dashes and {s}, and nothing else.
_HOST: Final = r"(?:[A-Za-z0-9.-]|\{s\})+(?::[0-9]{1,5})?"


def _check_tiles(address: str) -> str:
    if not re.fullmatch(rf"https?://{_HOST}/[!-~]*", address):
        raise ValueError("expected an address like https://map.example/{z}/{x}/{y}.png?key=…")
    missing = [name for name in ("{z}", "{x}", "{y}") if name not in address]
    if missing:
        raise ValueError(f"{', '.join(missing)} is missing")
    return address


HttpAddress = Annotated[str, AfterValidator(_check_tiles)]


class MapSettings(Group):
    """A base map of the bureau's own under the page's map; none unless set."""

    url: HttpAddress | None = Field(
        default=None,
        description="Base map of the page: address of its tiles with {z}, {x} and {y} (and {s}), "
        "its key in it; unset: Yike's own streets, nothing is asked of others",
    )
    labels_url: HttpAddress | None = Field(
        default=None, description="Tiles drawn above the base map, as 天地图's place names"
    )
    subdomains: tuple[Subdomain, ...] = Field(
        default=(), description="What {s} stands for, a JSON list"
    )
    attribution: str = Field(default="", description="What the map must say of its origin")
    tile_size_px: Literal[256, 512] = Field(default=256, description="Size of the tiles")
    max_zoom: int = Field(default=18, ge=0, le=24, description="Deepest zoom the tiles have")

    @model_validator(mode="after")
    def _whole(self) -> MapSettings:
        for name in ("url", "labels_url"):
            address = getattr(self, name)
            if address is not None and ("{s}" in address) != bool(self.subdomains):
                raise ValueError(f"{name}: {{s}} and subdomains go together")
        if self.labels_url is not None and self.url is None:
            raise ValueError("labels_url is set without url")
        return self

    def tiles(self, address: str) -> list[str]:
        """List the addresses a template with ``{s}`` stands for."""
        return [address.replace("{s}", one) for one in self.subdomains or ("",)]

    def origins(self) -> list[str]:
        """List the origins the page asks for tiles, each once."""
        addresses = [one for one in (self.url, self.labels_url) if one is not None]
        parts = [urlsplit(tile) for one in addresses for tile in self.tiles(one)]
        return list(dict.fromkeys(f"{part.scheme}://{part.netloc}" for part in parts))

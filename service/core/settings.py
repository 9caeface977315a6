"""Every setting of Yike, read once from the environment and never changed afterwards.

Names are ``YIKE_`` followed by the field's name; a field of a group is joined by two
underscores: ``YIKE_DATABASE__URL``.
"""

from __future__ import annotations

import difflib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Final, Literal

from pydantic import (
    BaseModel,
    Field,
    SecretStr,
    ValidationError,
)
from pydantic_settings import BaseSettings, SettingsConfigDict
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from service.core.map_settings import MapSettings
from service.core.setting_group import Group
from service.core.usage import UsageFault
from service.core.work_settings import (
    ImportSettings,
    JobSettings,
    ReviewSettings,
    UploadSettings,
)
from service.imports.limits import MIB

PREFIX: Final = "YIKE_"
SEPARATOR: Final = "__"
# Read by the test suite and by the entry script; no setting of the program.
OTHER_NAMES: Final = ("YIKE_TEST_DATABASE_URL",)

Port = Annotated[int, Field(ge=1, le=65535)]


def checkout() -> Path:
    """Tell the folder of the clone, the parent of the package ``service``."""
    return Path(__file__).resolve().parents[2]


def default_state_dir() -> Path:
    """Tell where Yike keeps what it makes: ``.yike`` in a clone, else the user's state folder."""
    root = checkout()
    if (root / "pyproject.toml").is_file():
        return root / ".yike"
    base = os.environ.get("XDG_STATE_HOME") or "~/.local/state"
    return Path(base).expanduser() / "yike"


class DatabaseSettings(Group):
    """The database, where it is one of the user's own."""

    url: SecretStr | None = Field(
        default=None,
        description="Database of your own, application role; unset: the private cluster",
    )
    owner_url: SecretStr | None = Field(
        default=None,
        description="The same database, role that migrates; unset: the application role",
    )
    pool_size: int = Field(
        default=10,
        ge=1,
        description="Connections the serving process keeps open; "
        "each process for reviews has one more",
    )
    wait_seconds: float = Field(
        default=5, gt=0, description="How long a request waits for a connection; then it is a 503"
    )


class ServerSettings(Group):
    """Where and how the service listens."""

    host: str = Field(default="127.0.0.1", description="Address the service listens on")
    port: Port = Field(default=8000, description="Port the service listens on")
    allowed_hosts: tuple[str, ...] = Field(
        default=("localhost", "127.0.0.1", "[::1]"),
        description="Host names requests may be addressed to, a JSON list",
    )
    max_body_bytes: int = Field(
        default=32 * 1024 * 1024, ge=1024, description="Largest request body accepted"
    )


class SessionSettings(Group):
    """How long a browser stays signed in."""

    link_seconds: int = Field(
        default=3600, ge=1, description="How long a one-time sign-in link can be used"
    )
    idle_seconds: int = Field(
        default=8 * 3600, ge=1, description="How long a signed-in browser may be idle"
    )
    max_seconds: int = Field(
        default=7 * 24 * 3600, ge=1, description="How long a browser stays signed in at most"
    )


class LogSettings(Group):
    """What is logged and how."""

    level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(
        default="INFO", description="Least severe entries written"
    )
    format: Literal["console", "json"] = Field(
        default="console", description="Form of the log lines"
    )


class EvaluationSettings(Group):
    """Limits of an evaluation asked for over HTTP."""

    max_districts: int = Field(
        default=20_000,
        ge=1,
        description="Most districts evaluated within one request; more are evaluated as a job",
    )


class ExportSettings(Group):
    """Limits of a file asked for over HTTP."""

    max_rows: int = Field(default=1_000_000, ge=1, description="Most rows of a file over HTTP")


class ReachSettings(Group):
    """Limits of questions about reach asked over HTTP."""

    max_origins: int = Field(
        default=1000, ge=1, description="Most origins, or facilities, of one question about reach"
    )


class ScenarioSettings(Group):
    """What scenarios may keep in memory."""

    max_baselines: int = Field(
        default=2, ge=1, description="Evaluations kept ready in memory for scenarios"
    )


class PageSettings(Group):
    """Sizes of the pages of a list."""

    default_limit: int = Field(
        default=100, ge=1, description="Rows of a page when none is asked for"
    )
    max_limit: int = Field(default=10_000, ge=1, description="Most rows of a page")


class OgcSettings(Group):
    """Limits of the OGC face, whose callers write conditions of their own."""

    statement_seconds: float = Field(
        default=30, ge=0.001, description="Longest time one query under /ogc may take"
    )
    reader_seconds: float = Field(
        default=60, gt=0, description="How long a client may take to accept a piece of a long page"
    )


class TileSettings(Group):
    """Limits of map tiles."""

    max_features: int = Field(default=20_000, ge=1, description="Most features of a map tile")
    max_seconds: float = Field(
        default=10, gt=0, description="Longest time the database may work on a map tile"
    )
    cache_bytes: int = Field(
        default=128 * MIB, ge=0, description="Memory for map tiles that were made already"
    )


class Settings(BaseSettings):
    """Every setting; build one with `load_settings` and hand it on.

    Notes
    -----
    A `Settings` whose ``database.url`` is filled in comes from
    `service.core.address.with_database`, whichever database is used.
    """

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_nested_delimiter=SEPARATOR, frozen=True, extra="ignore"
    )

    database: DatabaseSettings = DatabaseSettings()
    server: ServerSettings = ServerSettings()
    session: SessionSettings = SessionSettings()
    log: LogSettings = LogSettings()
    evaluation: EvaluationSettings = EvaluationSettings()
    jobs: JobSettings = JobSettings()
    reviews: ReviewSettings = Field(default_factory=ReviewSettings)
    export: ExportSettings = ExportSettings()
    reach: ReachSettings = ReachSettings()
    scenario: ScenarioSettings = ScenarioSettings()
    page: PageSettings = PageSettings()
    ogc: OgcSettings = OgcSettings()
    tiles: TileSettings = TileSettings()
    page_map: MapSettings = MapSettings()
    imports: ImportSettings = ImportSettings()
    uploads: UploadSettings = UploadSettings()
    lang: Literal["zh", "en"] = Field(
        default="zh", description="Language of texts where none is asked for"
    )
    state_dir: Path = Field(
        default_factory=default_state_dir,
        description="Folder of the private cluster and caches; default `.yike` in the clone, "
        "installed `~/.local/state/yike`",
    )
    cache_dir: Path = Field(
        default_factory=lambda data: data["state_dir"] / "cache",
        description="Folder of cached street networks, may be deleted; "
        "default `cache` in the state folder",
    )

    def with_urls(self, *, url: str, owner_url: str) -> Settings:
        """Return these settings with the database's addresses filled in."""
        database = self.database.model_copy(
            update={"url": SecretStr(url), "owner_url": SecretStr(owner_url)}
        )
        return self.model_copy(update={"database": database})


def setting_names() -> dict[str, str]:
    """List the environment name of every setting with its description, in order."""
    return dict(_names(Settings, PREFIX))


def _names(model: type[BaseModel], prefix: str) -> Iterator[tuple[str, str]]:
    for name, field in model.model_fields.items():
        if isinstance(field.annotation, type) and issubclass(field.annotation, Group):
            yield from _names(field.annotation, f"{prefix}{name.upper()}{SEPARATOR}")
        else:
            yield f"{prefix}{name.upper()}", field.description or ""


def load_settings() -> Settings:
    """Read the settings from the environment of the process.

    Raises
    ------
    UsageFault
        If a value cannot be used, or a name with the prefix is no setting: a misspelt
        ``YIKE_DATABASE_URL`` would otherwise send the work to another database in silence.
    """
    known = setting_names()
    for name in os.environ:
        if name.startswith(PREFIX) and name.upper() not in known and name not in OTHER_NAMES:
            near = difflib.get_close_matches(name, known, n=1)
            hint = f"; did you mean {near[0]}?" if near else ""
            raise UsageFault(f"environment: {name} is no setting of Yike{hint}")
    try:
        settings = Settings()
    except ValidationError as fault:
        lines = []
        for error in fault.errors():
            path = SEPARATOR.join(str(part) for part in error["loc"]).upper()
            name = path if path.startswith(PREFIX) else PREFIX + path
            lines.append(f"environment: {name}: {error['msg']}")
        raise UsageFault("\n".join(lines)) from None
    return settings.model_copy(update={"database": _with_driver(settings.database)})


def _with_driver(database: DatabaseSettings) -> DatabaseSettings:
    """Name psycopg as the driver where a plain ``postgresql://`` address is given."""
    filled: dict[str, SecretStr] = {}
    for field in ("url", "owner_url"):
        secret: SecretStr | None = getattr(database, field)
        if secret is None:
            continue
        name = f"{PREFIX}DATABASE{SEPARATOR}{field.upper()}"
        try:
            url = make_url(secret.get_secret_value())
        except ArgumentError:
            raise UsageFault(
                f"environment: {name} is no database address; "
                "expected postgresql://user:password@host:port/database"
            ) from None
        if url.get_backend_name() not in {"postgresql", "postgres"}:
            raise UsageFault(f"environment: {name} must be a PostgreSQL address, postgresql://…")
        full = url.set(drivername="postgresql+psycopg")
        filled[field] = SecretStr(full.render_as_string(hide_password=False))
    if "owner_url" in filled and "url" not in filled:
        raise UsageFault("environment: YIKE_DATABASE__OWNER_URL is set without YIKE_DATABASE__URL")
    return database.model_copy(update=dict(filled))

"""`spatial` is a pure library: nothing of the service, the web, the database or the clock."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FORBIDDEN = {
    "service",
    "migrations",
    "seed",
    "fastapi",
    "starlette",
    "sqlalchemy",
    "psycopg",
    "geoalchemy2",
    "pydantic_settings",
    "structlog",
    "typer",
}


def imported(path: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            names.add(node.module.split(".")[0])
    return names


@pytest.mark.parametrize(
    "path", sorted((ROOT / "spatial").rglob("*.py")), ids=lambda path: str(path.relative_to(ROOT))
)
def test_spatial_imports_nothing_of_the_service(path: Path) -> None:
    assert not imported(path) & FORBIDDEN


@pytest.mark.parametrize("path", sorted((ROOT / "spatial").rglob("*.py")), ids=str)
def test_spatial_asks_no_clock(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    for call in ("date.today(", "datetime.now(", "time.time(", "Timestamp.now("):
        assert call not in text


def test_seed_does_not_import_the_service() -> None:
    for path in (ROOT / "seed").rglob("*.py"):
        assert "service" not in imported(path), path

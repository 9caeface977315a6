"""The container files say nothing that the settings do not know, and hold no password."""

import re
from pathlib import Path

import pytest
import yaml

from service.core.settings import setting_names

ROOT = Path(__file__).parents[2]
DOCKERFILE = (ROOT / "Dockerfile").read_text()
COMPOSE = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
ENVIRONMENTS = {name: found.get("environment", {}) for name, found in COMPOSE["services"].items()}
SECRETS = [
    pytest.param(name, value, id=f"{service}-{name}")
    for service, environment in ENVIRONMENTS.items()
    for name, value in environment.items()
    if "PASSWORD" in name or "URL" in name
]


@pytest.mark.parametrize("file", ["Dockerfile", "docker-compose.yml"])
def test_every_setting_named_exists(file):
    named = set(re.findall(r"\bYIKE_\w+", (ROOT / file).read_text()))
    assert named
    assert named <= set(setting_names())


@pytest.mark.parametrize(("name", "value"), SECRETS)
def test_every_password_comes_from_outside_and_has_no_default(name, value):
    if "URL" in name:
        value = re.fullmatch(r"postgresql://\w+:(.*)@database/yike", value)[1]
    assert re.fullmatch(r"\$\{[A-Z_]+:\?[^}]+\}", value)


def test_the_database_has_its_three_passwords_and_the_service_one():
    ids = [str(secret.id) for secret in SECRETS]
    assert sum(name.startswith("database-") for name in ids) == 3
    assert [name for name in ids if name.startswith("service-")] == ["service-YIKE_DATABASE__URL"]


def test_nothing_is_published_beyond_this_machine():
    published = [port for found in COMPOSE["services"].values() for port in found.get("ports", [])]
    assert published == ["127.0.0.1:8000:8000"]


def test_the_image_runs_as_an_ordinary_user_and_is_checked():
    instructions = re.findall(r"^(USER|HEALTHCHECK|CMD) (.*)$", DOCKERFILE, re.MULTILINE)
    final_user = [value for name, value in instructions if name == "USER"][-1]
    assert final_user == "yike"
    assert "HEALTHCHECK" in dict(instructions)
    assert COMPOSE["services"]["database"]["healthcheck"]["test"][1] == "pg_isready"


def test_the_image_and_the_entry_script_agree_on_uv():
    in_image = re.search(r"uv==([\d.]+)", DOCKERFILE)[1]
    in_script = re.search(r"^UV_VERSION=([\d.]+)$", (ROOT / "yike").read_text(), re.MULTILINE)[1]
    assert in_image == in_script


def test_the_context_sent_to_the_builder_is_what_is_copied():
    ignored = (ROOT / ".dockerignore").read_text().splitlines()
    allowed = {line[1:] for line in ignored if line.startswith("!")}
    copied = {
        word.partition("/")[0]
        for line in re.findall(r"^COPY (?!--from)(.*)$", DOCKERFILE, re.MULTILINE)
        for word in line.split()[:-1]
    }
    assert copied == allowed

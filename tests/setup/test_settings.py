"""Settings: read from the environment, frozen, without a secret in their text."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from service.core.settings import checkout, load_settings, setting_names
from service.core.usage import UsageFault


def test_the_defaults_listen_on_this_machine_alone_and_name_no_database():
    settings = load_settings()
    assert settings.server.host == "127.0.0.1"
    assert settings.server.port == 8000
    assert settings.database.url is None
    assert settings.lang == "zh"
    assert settings.state_dir == checkout() / ".yike"
    assert settings.cache_dir == settings.state_dir / "cache"


def test_every_setting_has_a_name_and_says_what_it_is_for():
    names = setting_names()
    assert "YIKE_DATABASE__OWNER_URL" in names
    assert "YIKE_CACHE_DIR" in names
    assert all(names.values())


def test_values_come_from_the_environment(monkeypatch, tmp_path):
    monkeypatch.setenv("YIKE_SERVER__PORT", "9000")
    monkeypatch.setenv("YIKE_SERVER__ALLOWED_HOSTS", '["map.example"]')
    monkeypatch.setenv("YIKE_STATE_DIR", str(tmp_path))
    settings = load_settings()
    assert settings.server.port == 9000
    assert settings.server.allowed_hosts == ("map.example",)
    assert settings.cache_dir == Path(tmp_path) / "cache"


def test_as_many_processes_review_as_there_are_processors_but_two_to_four(monkeypatch):
    monkeypatch.delenv("YIKE_REVIEWS__PROCESSES")
    for processors, processes in ((1, 2), (2, 2), (3, 3), (4, 4), (64, 4)):
        monkeypatch.setattr("os.sched_getaffinity", lambda _, count=processors: set(range(count)))
        assert load_settings().reviews.processes == processes
    for given, taken in (("0", 0), ("1", 1), ("64", 64)):
        monkeypatch.setenv("YIKE_REVIEWS__PROCESSES", given)
        assert load_settings().reviews.processes == taken


def test_a_plain_address_gets_the_driver_and_the_password_stays_hidden(monkeypatch):
    monkeypatch.setenv("YIKE_DATABASE__URL", "postgresql://yike:hidden%40word@db/yike")
    settings = load_settings()
    assert (
        settings.database.url.get_secret_value()
        == "postgresql+psycopg://yike:hidden%40word@db/yike"
    )
    assert "hidden" not in repr(settings)


def test_settings_do_not_change():
    with pytest.raises(ValidationError, match="frozen"):
        load_settings().lang = "en"


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("YIKE_SERVER__PROT", "is no setting of Yike; did you mean YIKE_SERVER__PORT"),
        ("YIKE_REVIEWS__PROCESSES", "YIKE_REVIEWS__PROCESSES: Input should be a valid integer"),
        ("YIKE_ZZZ", "YIKE_ZZZ is no setting of Yike"),
        ("YIKE_SERVER__PORT", "YIKE_SERVER__PORT: Input should be a valid integer"),
        ("YIKE_LANG", "YIKE_LANG: Input should be 'zh' or 'en'"),
    ],
)
def test_a_wrong_name_or_value_is_named(monkeypatch, name, message):
    monkeypatch.setenv(name, "x")
    with pytest.raises(UsageFault, match=f"environment: .*{message}"):
        load_settings()

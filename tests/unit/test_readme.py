"""The README tells the truth: its settings, commands and pictures are those of the program."""

import re
from pathlib import Path

from service.core.settings import setting_names
from service.imports.packs import shipped_pack
from spatial.policy.pack_file import load_pack

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_every_setting_is_in_the_table_with_its_description() -> None:
    table = dict(re.findall(r"^\| `(YIKE_[A-Z_]+)` \| (.+) \|$", README, flags=re.MULTILINE))
    assert table == setting_names()


def test_pictures_and_links_exist() -> None:
    for target in re.findall(r"\]\(([^)#]+)\)", README):
        if not target.startswith("http"):
            assert (ROOT / target).exists(), target


def test_the_illustration_is_called_one() -> None:
    assert "an illustration, not an assessment of Wuhan" in README
    assert "仅为演示，并非对武汉的评估" in README
    assert "OpenStreetMap contributors" in README


def test_the_pack_of_twenty_lines_is_a_pack(tmp_path: Path) -> None:
    (text,) = re.findall(r"```yaml\n(.*?)```", README, flags=re.DOTALL)
    path = tmp_path / "example.yaml"
    path.write_text(text, encoding="utf-8")
    pack = load_pack(path, find=shipped_pack)
    assert pack.rule("jinhua.childcare.area.new").parameters["m2_per_100hh"] == 20
    assert len(pack.rules) == len(shipped_pack("jinhua-2022").rules)


def test_every_command_named_exists() -> None:
    listed = set(re.findall(r"`\./yike ([\w-]+)", README))
    commands = (ROOT / "service" / "cli.py").read_text(encoding="utf-8")
    script = (ROOT / "yike").read_text(encoding="utf-8")
    for command in listed:
        assert f'"{command}"' in commands or re.search(rf"\b{command}\b[^\n]*\)", script), command

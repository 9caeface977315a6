"""The entry script: sound bash, and in a fresh clone its standard output is the command's."""

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
INSTALLER = ROOT / "service" / "bundles" / "files" / "install"
SCRIPTS = [ROOT / "yike", ROOT / ".ci" / "run", INSTALLER]


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.name)
def test_the_script_is_sound(script):
    subprocess.run(["bash", "-n", script], check=True)
    assert os.access(script, os.X_OK)
    if shutil.which("shellcheck"):
        subprocess.run(["shellcheck", script], check=True)


def test_the_set_up_names_no_package_host():
    for script in [*SCRIPTS, ROOT / "debian.sh"]:
        assert "://" not in script.read_text()


def clone_to(folder: Path) -> Path:
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    for name in listed.stdout.split("\0"):
        if name and (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, folder / name)
    return folder


@pytest.mark.full
def test_in_a_fresh_clone_set_up_messages_go_to_standard_error(tmp_path):
    clone = clone_to(tmp_path / "clone")
    command = [clone / "yike", "packs", "--json"]
    # From elsewhere: the paths a user gives are relative to where the user is.
    first = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert json.loads(first.stdout)
    assert "yike: installing the locked Python packages" in first.stderr
    second = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert second.stdout == first.stdout
    assert second.stderr == ""
    # A killed set-up leaves no stamp: the environment is made again, whatever it holds.
    (clone / ".yike" / "venv.complete").unlink()
    (clone / ".yike" / "venv" / "lib").rename(clone / ".yike" / "venv" / "torn")
    third = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert third.stdout == first.stdout
    assert not (clone / ".yike" / "venv" / "torn").exists()


def test_a_state_folder_of_someone_else_is_refused(tmp_path):
    for name in ("yike", "debian.sh"):
        shutil.copy(ROOT / name, tmp_path)
    state = tmp_path / ".yike"
    state.mkdir()
    if os.geteuid() == 0:
        os.chown(state, 12345, 12345)
    else:
        state.rmdir()
        state.symlink_to("/usr")
    done = subprocess.run([tmp_path / "yike", "packs"], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "belongs to" in done.stderr
    assert "clone into a folder of your own" in done.stderr

"""Bundles: the right wheels, a steady archive, an installer that works or says why not."""

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
import zipfile
from importlib.metadata import version
from pathlib import Path
from types import SimpleNamespace

import pytest
from packaging.tags import sys_tags
from packaging.utils import parse_wheel_filename

from service.bundles.bundle import Bundle, debian_packages
from service.bundles.lock import LockedWheel, locked_wheels, needed
from service.bundles.target import Target, glibc_minor, targets_of
from service.bundles.wheels import export_requirements, fetch
from service.commands import bundle as command
from service.core.usage import UsageFault

ROOT = Path(__file__).parents[2]
TOOLS = ROOT / ".yike" / "tools" / "bin"
LOCK = (ROOT / "uv.lock").read_text()
MACHINE = os.uname().machine


@pytest.fixture(scope="module")
def exported():
    return export_requirements(TOOLS / "uv", ROOT)


# --- which wheels ---------------------------------------------------------------------------


def test_the_wheels_chosen_are_what_this_environment_holds(exported):
    (target,) = targets_of(())
    wheels = locked_wheels(LOCK, needed(exported, target), target)
    assert len(wheels) > 80
    running = set(sys_tags())
    for wheel in wheels:
        assert version(wheel.name) == wheel.version
        assert parse_wheel_filename(wheel.file)[3] & running
        assert wheel.sha256 in LOCK
    assert [wheel.name for wheel in wheels] == sorted(wheel.name for wheel in wheels)
    assert not {"pytest", "playwright", "yike"} & {wheel.name for wheel in wheels}


def test_another_python_gets_its_own_wheels_and_versions(exported):
    chosen = {
        python: {one.name: one for one in locked_wheels(LOCK, needed(exported, target), target)}
        for python in ((3, 11), (3, 13))
        for target in [Target(python, "aarch64")]
    }
    assert "-cp311-" in chosen[3, 11]["numpy"].file
    assert "-cp313-" in chosen[3, 13]["numpy"].file
    assert chosen[3, 11]["numpy"].file.endswith("_aarch64.whl")
    # A marker of the lock: only for Python before 3.12.
    assert "cligj" in chosen[3, 11]
    assert "cligj" not in chosen[3, 13]


def test_what_has_no_wheel_is_named():
    lock = """
        [[package]]
        name = "only-source"
        version = "1"
        [[package]]
        name = "newer-libc"
        version = "2"
        wheels = [{url = "x/newer_libc-2-py3-none-manylinux_2_99_x86_64.whl", hash = "sha256:00"}]
    """
    target = Target((3, 11), "x86_64")
    requirements = needed("only-source==1\nnewer-libc==2 ; sys_platform == 'linux'\n", target)
    with pytest.raises(UsageFault) as fault:
        locked_wheels(lock, requirements, target)
    assert str(fault.value) == "no wheel for Python 3.11 on x86_64: only-source 1, newer-libc 2"


@pytest.mark.parametrize(
    ("platforms", "minor"),
    [
        (["any"], 0),
        (["manylinux_2_17_x86_64", "manylinux2014_x86_64"], 17),
        (["manylinux_2_28_x86_64", "manylinux_2_24_x86_64"], 24),
        (["manylinux1_x86_64"], 5),
    ],
)
def test_the_c_library_a_wheel_needs(platforms, minor):
    assert glibc_minor(platforms) == minor


def test_a_wheel_that_cannot_be_fetched_is_said_in_a_line(tmp_path, monkeypatch):
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    wheel = LockedWheel("affine", "0.0.1", "affine-0.0.1-py3-none-any.whl", "0" * 64, None)
    (target,) = targets_of(())
    # One that was damaged on disk is no better than none.
    (tmp_path / wheel.file).write_text("torn")
    with pytest.raises(UsageFault, match=r"^cannot fetch one wheel: No matching .* packages\?$"):
        fetch([wheel], target, python=TOOLS / "python", folder=tmp_path)


# --- the command ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "line"),
    [
        ("3.9", "--python: Yike needs 3.11 or later, not 3.9"),
        ("new", "--python: must be a version as 3.11, not 'new'"),
    ],
)
def test_a_version_that_is_none_is_refused(given, line):
    with pytest.raises(UsageFault) as fault:
        targets_of([given])
    assert str(fault.value) == line


def test_a_page_that_is_not_built_of_this_source_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(command, "checkout", lambda: tmp_path)
    with pytest.raises(UsageFault, match=r"made in a clone, by its entry script: \./yike bundle"):
        command.bundle()
    (tmp_path / ".yike" / "tools").mkdir(parents=True)
    for name in ("uv.lock", ".yike/tools/complete"):
        (tmp_path / name).touch()
    with pytest.raises(UsageFault, match="the page is not built"):
        command.bundle()
    (tmp_path / ".yike" / "page.complete").touch()
    monkeypatch.setattr(command, "built_page", lambda: tmp_path)
    (tmp_path / "index.html").touch()
    with pytest.raises(UsageFault, match=r"--out: x\.zip: must end in \.tar"):
        command.bundle(out=Path("x.zip"))


def test_the_image_the_script_and_the_bundle_share_one_list():
    named = debian_packages(ROOT / "debian.sh")
    assert named["debian-12"][:4] == (
        "python3",
        "python3-venv",
        "postgresql-15",
        "postgresql-15-postgis-3",
    )
    assert set(named) == {"debian-12", "debian-13", "ubuntu-24.04"}
    in_image = re.search(
        r"--no-install-recommends \\\n\s+(.*?) \\\n", (ROOT / "Dockerfile").read_text()
    )[1]
    assert in_image.split() == list(named["debian-12"][4:])
    script = (ROOT / "yike").read_text()
    assert '. "$ROOT/debian.sh"' in script
    assert not [name for name in named["debian-12"] if re.search(rf"\b{name}\b(?!-)", script)]


# --- the archive and its installer -----------------------------------------------------------


def tiny_wheel(folder, name, files):
    """Write a wheel by hand: what it installs, and a list of it."""
    path = folder / f"{name}-9.9-py3-none-any.whl"
    info = f"{name}-9.9.dist-info"
    contents = {
        **files,
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: 9.9\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    record = "".join(f"{one},,\n" for one in [*contents, f"{info}/RECORD"])
    with zipfile.ZipFile(path, "w") as archive:
        for one, text in {**contents, f"{info}/RECORD": record}.items():
            archive.writestr(one, text)
    return path


def tiny_bundle(folder, target):
    """Make a bundle whose Yike only says its version, with a package it imports."""
    own = tiny_wheel(
        folder,
        "yike",
        {
            "tinyyike.py": "def main():\n    import tinyhelp\n    print(tinyhelp.VERSION)\n",
            "yike-9.9.dist-info/entry_points.txt": "[console_scripts]\nyike = tinyyike:main\n",
        },
    )
    help_ = tiny_wheel(folder, "tinyhelp", {"tinyhelp.py": "VERSION = '9.9'\n"})
    digest = hashlib.sha256(help_.read_bytes()).hexdigest()
    locked = {target: [LockedWheel("tinyhelp", "9.9", help_.name, digest, None)]}
    return Bundle(version="9.9", own=own, locked=locked, folder=folder, root=ROOT)


def unpacked(bundle, folder):
    folder.mkdir()
    path = folder / f"{bundle.name}.tar"
    bundle.write(path)
    with tarfile.open(path) as archive:
        archive.extractall(folder, filter="data")
    return folder / bundle.name


def install(folder, *arguments, **environment):
    return subprocess.run(
        [folder / "install", *arguments],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture(scope="module")
def python():
    """The version of the Python the installer will find."""
    ask = '. "$1"; "$(find_python)" -c "import sys; print(*sys.version_info[:2])"'
    done = subprocess.run(
        ["bash", "-euc", ask, "bash", ROOT / "debian.sh"],
        capture_output=True,
        text=True,
        check=True,
    )
    major, minor = done.stdout.split()
    return int(major), int(minor)


@pytest.fixture(scope="module")
def tiny(tmp_path_factory, python):
    folder = tmp_path_factory.mktemp("tiny")
    bundle = tiny_bundle(folder, Target(python, MACHINE))
    home = unpacked(bundle, folder / "unpacked")
    target = folder / "有 空格"
    first = install(home, target, PIP_NO_INDEX="", PIP_FIND_LINKS="/nowhere", PYTHONPATH="/nowhere")
    return SimpleNamespace(bundle=bundle, home=home, target=target, first=first, folder=folder)


def test_the_same_contents_give_the_same_archive(tiny):
    one, two = tiny.folder / "one.tar", tiny.folder / "two.tar"
    tiny.bundle.write(one)
    tiny.bundle.write(two)
    assert one.read_bytes() == two.read_bytes()
    with tarfile.open(one) as archive:
        members = archive.getmembers()
    assert [one.name for one in members] == sorted(one.name for one in members)
    assert {(one.uid, one.uname, one.mtime) for one in members} == {(0, "", 1_577_836_800)}
    modes = {one.name.partition("/")[2]: one.mode for one in members}
    assert [name for name, mode in modes.items() if mode != 0o644] == ["install"]
    assert {"LICENSE", "NOTICE", "README.md", "manual/docs/bundle.md", "SHA256SUMS"} <= set(modes)
    readme = (tiny.home / "README.md").read_text()
    assert "{" not in readme.replace("${", "")
    assert "debian-12, debian-13, ubuntu-24.04" in readme


def test_every_file_has_its_checksum(tiny):
    sums = dict(
        reversed(line.split("  ")) for line in (tiny.home / "SHA256SUMS").read_text().splitlines()
    )
    found = {
        str(path.relative_to(tiny.home)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in tiny.home.rglob("*")
        if path.is_file() and path.name != "SHA256SUMS"
    }
    assert sums == found


def test_it_installs_what_is_in_it_and_nothing_else(tiny):
    assert tiny.first.returncode == 0, tiny.first.stderr
    program = tiny.target / "bin" / "yike"
    assert subprocess.run([program], capture_output=True, text=True, check=True).stdout == "9.9\n"
    again = install(tiny.home, tiny.target)
    assert again.returncode == 0
    assert "this bundle is installed already" in again.stderr
    # An installation that was interrupted is made anew; the program of before stays until then.
    (home,) = (tiny.target / "lib").glob("yike-*")
    assert program.resolve().is_relative_to(home)
    assert "rm -rf" not in tiny.first.stderr + again.stderr


def test_damage_is_said_with_the_name_of_the_file(tiny, tmp_path):
    home = shutil.copytree(tiny.home, tmp_path / "copy")
    wheel = home / "wheels" / "tinyhelp-9.9-py3-none-any.whl"
    whole = wheel.read_bytes()
    wheel.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    done = install(home, tmp_path / "target")
    assert done.returncode == 2
    assert "damaged bundle: wheels/tinyhelp-9.9-py3-none-any.whl: FAILED;" in done.stderr
    wheel.unlink()
    done = install(home, tmp_path / "target")
    assert "damaged bundle: wheels/tinyhelp-9.9-py3-none-any.whl: FAILED open" in done.stderr
    assert not (tmp_path / "target").exists()


@pytest.mark.parametrize(
    ("target", "message"),
    [
        (
            Target((3, 11), "riscv128"),
            "this bundle is for Linux on riscv128, this machine is Linux",
        ),
        (Target((3, 99), MACHINE), "this bundle is for Python 3.99, this machine has Python 3."),
    ],
)
def test_a_machine_it_is_not_for_is_told(tmp_path, target, message):
    home = unpacked(tiny_bundle(tmp_path, target), tmp_path / "unpacked")
    done = install(home, tmp_path / "target")
    assert done.returncode == 2
    assert message in done.stderr
    assert not (tmp_path / "target").exists()


def test_a_folder_that_cannot_be_had_is_told(tiny, tmp_path):
    (tmp_path / "file").touch()
    for folder in (tmp_path / "file", tmp_path / "file" / "in"):
        done = install(tiny.home, folder)
        assert done.returncode == 2
        assert str(folder) in done.stderr
        assert done.stdout == ""


def test_the_packages_of_this_machine_are_printed(tiny):
    done = install(tiny.home, "--packages")
    assert done.returncode == 0, done.stderr
    names = done.stdout.split()
    assert [re.sub(r"^postgresql-\d+", "postgresql-N", name) for name in names[:4]] == [
        "python3",
        "python3-venv",
        "postgresql-N",
        "postgresql-N-postgis-3",
    ]


# --- the real one ----------------------------------------------------------------------------


def without_network():
    """The words before a command that cut it off from any network."""
    for words in (["unshare", "--net"], ["unshare", "--map-root-user", "--net"]):
        if subprocess.run([*words, "true"], capture_output=True, check=False).returncode == 0:
            return words
    pytest.skip("unshare cannot cut the network here")


@pytest.mark.full
def test_the_bundle_of_this_clone_installs_and_works_without_a_network(tmp_path, python):
    archive = tmp_path / "yike.tar"
    made = subprocess.run(
        [ROOT / "yike", "bundle", "--out", archive, "--python", f"{python[0]}.{python[1]}"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert made.stdout == f"{archive}\n"
    with tarfile.open(archive) as opened:
        opened.extractall(tmp_path, filter="data")
    (home,) = tmp_path.glob("yike-*")
    cut = without_network()
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(tmp_path / "home"),
        "PIP_NO_INDEX": "1",
        "LC_ALL": "C.UTF-8",
    }

    def run(*words):
        done = subprocess.run(
            [*cut, *words],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    run(home / "install", tmp_path / "opt")
    program = tmp_path / "opt" / "bin" / "yike"
    assert {"jinhua-2022", "dali-2022"} <= {
        one["id"] for one in json.loads(run(program, "packs", "--json"))
    }
    run(program, "demo", "demo")
    given = [
        word
        for option, name in (
            ("districts", "districts"),
            ("facilities", "facilities"),
            ("areas", "areas"),
            ("network", "streets"),
        )
        for word in (f"--{option}", f"demo/{name}.gpkg")
    ]
    words = ["evaluate", "--pack", "jinhua-2022", "--as-of", "2026-06-30", *given]
    summary = json.loads(run(program, *words, "--json", "--out", "result.gpkg"))
    own = subprocess.run(
        [sys.executable, "-m", "service.cli", *words, "--json", "--out", "own.gpkg"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert summary["flags"] == json.loads(own.stdout)["flags"]
    script = "from service.page.built import built_page; print(built_page() / 'index.html')"
    index = Path(run(program.resolve().parent / "python", "-c", script).strip())
    assert index.is_relative_to(tmp_path / "opt")
    assert "<script" in index.read_text()

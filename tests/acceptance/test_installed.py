"""The wheel of this tree, installed into a fresh environment, works outside of the tree. Nothing is downloaded."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import sysconfig
import venv
import zipfile
from typing import TYPE_CHECKING

import pytest

from campaign import __version__
from campaign.config.starter import NAMES
from tests.support.desk import ROOT

if TYPE_CHECKING:
    from pathlib import Path


def pip(*words: object) -> None:
    options = ("--quiet", "--disable-pip-version-check", "--no-index", "--no-deps")
    done = subprocess.run(
        [sys.executable, "-m", "pip", *map(str, words), *options], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from a copy, because building leaves files beside the sources."""
    sources = tmp_path_factory.mktemp("sources")
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, sources)
    shutil.copytree(ROOT / "campaign", sources / "campaign", ignore=shutil.ignore_patterns("__pycache__"))
    pip("wheel", "--no-build-isolation", "--wheel-dir", sources / "dist", sources)
    [built] = (sources / "dist").glob("*.whl")
    return built


@pytest.fixture(scope="module")
def environment(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A fresh environment with the wheel; what the wheel depends on comes from the environment of the tests."""
    folder = tmp_path_factory.mktemp("environment")
    venv.create(folder, symlinks=True)
    pip("--python", folder / "bin" / "python", "install", wheel)
    [packages] = folder.glob("lib/python*/site-packages")
    # A path in a .pth file: the .pth files over there, such as the one of this tree, are not read.
    (packages / "dependencies.pth").write_text(sysconfig.get_path("purelib"), encoding="utf-8")
    return folder


def run(environment: Path, folder: Path, *words: str, language: str = "en") -> str:
    done = subprocess.run(
        [environment / "bin" / "campaign", *words],
        cwd=folder,
        env={"PATH": "/usr/bin:/bin", "CAMPAIGN_LANG": language},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def test_the_wheel_has_every_file_of_the_package(wheel: Path) -> None:
    files = (path.relative_to(ROOT) for path in (ROOT / "campaign").rglob("*") if path.is_file())
    wanted = {path.as_posix() for path in files if "__pycache__" not in path.parts and path.suffix != ".po"}
    assert {path.rpartition(".")[2] for path in wanted} >= {"py", "typed", "html", "css", "js", "mo"}
    assert wanted <= set(zipfile.ZipFile(wheel).namelist())


def test_the_installed_command_is_the_one_of_the_wheel(environment: Path, tmp_path: Path) -> None:
    assert run(environment, tmp_path, "--version").split()[-1] == __version__
    words = [str(environment / "bin" / "python"), "-c", "import campaign; print(campaign.__file__)"]
    where = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, check=True).stdout
    assert where.startswith(str(environment))


def test_the_installed_command_speaks_korean(environment: Path, tmp_path: Path) -> None:
    assert "사용법: campaign" in run(environment, tmp_path, "--lang", "ko", "--help")


def test_the_installed_command_makes_a_starter_and_checks_it(environment: Path, tmp_path: Path) -> None:
    made = run(environment, tmp_path, "new", "first", language="ko")
    assert made.split() == [f"first/{name}" for name in NAMES]
    checked = run(environment, tmp_path / "first", "check", "campaign.toml", language="ko")
    assert re.search(r"보낼 행 +3 +SMS 3", checked)
    assert (tmp_path / "first" / "reports" / "first-check.xlsx").is_file()

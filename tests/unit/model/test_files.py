"""Files are replaced as a whole, or stay as they were."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from campaign.model.files import replace_file, replacing, sync_folder

if TYPE_CHECKING:
    from pathlib import Path


def test_a_file_is_its_owners_alone_unless_it_keeps_its_permissions(tmp_path: Path) -> None:
    path = tmp_path / "새 파일.csv"
    replace_file(path, b"one")
    assert (path.read_bytes(), path.stat().st_mode & 0o777) == (b"one", 0o600)
    path.chmod(0o644)
    replace_file(path, b"two", keeps_permissions=True)
    assert (path.read_bytes(), path.stat().st_mode & 0o777) == (b"two", 0o644)
    replace_file(path, b"three")
    assert (path.read_bytes(), path.stat().st_mode & 0o777) == (b"three", 0o600)
    assert [one.name for one in tmp_path.iterdir()] == [path.name]


def test_several_files_take_their_places_after_the_block_and_none_if_it_raises(tmp_path: Path) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    first.write_bytes(b"old")
    with replacing({first: b"new", second: b"new"}):
        assert (first.read_bytes(), second.exists()) == (b"old", False)
    assert (first.read_bytes(), second.read_bytes()) == (b"new", b"new")
    with pytest.raises(ValueError, match="no"), replacing({first: b"newer"}):
        raise ValueError("no")
    assert first.read_bytes() == b"new"
    assert sorted(one.name for one in tmp_path.iterdir()) == ["first", "second"]


def test_no_file_is_replaced_if_one_of_them_cannot_be_written(tmp_path: Path) -> None:
    first = tmp_path / "first"
    first.write_bytes(b"old")
    with pytest.raises(FileNotFoundError), replacing({first: b"new", tmp_path / "no folder" / "second": b"new"}):
        pass
    assert first.read_bytes() == b"old"
    assert [one.name for one in tmp_path.iterdir()] == ["first"]


def test_a_folder_that_cannot_be_opened_is_no_error(tmp_path: Path) -> None:
    sync_folder(tmp_path)
    sync_folder(tmp_path / "no folder")

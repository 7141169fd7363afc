"""What a class handed in: every file of a folder or an archive is one submission, whatever it is."""

from __future__ import annotations

import os
import zipfile
from pathlib import Path

import pytest

from cnngrad.batch.grading.archive import with_data
from cnngrad.batch.grading.submissions import submissions_of
from cnngrad.errors import CnngradError
from cnngrad.limits import DEFAULT, Limits


def files(folder: Path, *names: str) -> Path:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"db: {len(name)}\n")
    return folder


def found(path: Path) -> list[tuple[str, str | None]]:
    """Student and source of each, the source inside of the folder."""
    handed = submissions_of(str(path), lambda: ("dW",), DEFAULT).handed
    return [(each.student, each.source and each.source.removeprefix(f"{path}/")) for each in handed]


def problems(path: Path, limits: Limits = DEFAULT) -> dict[str, str]:
    handed = submissions_of(str(path), lambda: ("dW",), limits)
    read = with_data(handed.archive, handed.handed, limits) if handed.archive else handed.handed
    return {each.student: each.problem.message for each in read if each.problem}


def test_files_come_by_student_and_source_whatever_the_locale(tmp_path: Path) -> None:
    names = ["b.yaml", "a.yaml", "a.pdf", "B.yaml", "ä.yaml", "10.yaml", "9.yaml", ".hidden", "Thumbs.db"]
    files(tmp_path, *names, "__MACOSX/x.yaml", ".git/config")
    expected = [
        ("10", "10.yaml"),
        ("9", "9.yaml"),
        ("B", "B.yaml"),
        ("a", "a.pdf"),
        ("a", "a.yaml"),
        ("b", "b.yaml"),
        ("ä", "ä.yaml"),
    ]
    assert found(tmp_path) == expected


def test_a_folder_for_each_student(tmp_path: Path) -> None:
    files(tmp_path, "ann/hw3.yaml", "ann/dW.npy", "bob/sub/hw3.yaml")
    assert found(tmp_path) == [("ann", "ann/dW.npy"), ("ann", "ann/hw3.yaml"), ("bob", "bob/sub/hw3.yaml")]


def test_a_folder_around_all_is_no_student(tmp_path: Path) -> None:
    files(tmp_path, "hw3/ann/a.yaml", "hw3/bob/a.yaml", "hw3/cy.yaml")
    assert [student for student, _ in found(tmp_path)] == ["ann", "bob", "cy"]
    assert found(files(tmp_path / "one", "ann/a.yaml", "ann/b.yaml")) == [("ann", "ann/a.yaml"), ("ann", "ann/b.yaml")]
    download = files(tmp_path / "two", "download/doe_1_2_a.yaml")
    assert found(download) == [("1", "download/doe_1_2_a.yaml")]


def test_links_are_not_followed_out_of_the_folder_nor_into_folders(tmp_path: Path) -> None:
    folder = files(tmp_path / "subs", "ann.yaml")
    (tmp_path / "key.yaml").write_text("db: 1\n")
    (folder / "inside").symlink_to("ann.yaml")
    (folder / "outside").symlink_to("../key.yaml")
    (folder / "loop").symlink_to(".")
    (folder / "broken").symlink_to("nothing")
    (folder / "itself").symlink_to("itself")
    assert [student for student, _ in found(folder)] == ["ann", "broken", "inside", "itself", "loop", "outside"]
    assert problems(folder) == {
        "loop": "is a link to a folder; put the files themselves there",
        "outside": "is a link out of the folder of submissions; put the file itself there",
    }
    link = tmp_path / "link"
    link.symlink_to("subs")
    assert len(found(link)) == 6


def test_a_name_of_bytes_that_are_no_text_is_written_with_backslashes(tmp_path: Path) -> None:
    try:
        (tmp_path / os.fsdecode(b"j\xffne.yaml")).write_text("db: 1\n")
    except OSError:
        pytest.skip("this file system has no such names")
    (handed,) = submissions_of(str(tmp_path), lambda: (), DEFAULT).handed
    assert (handed.student, handed.source) == ("j\\udcffne", f"{tmp_path}/j\\udcffne.yaml")


def test_what_the_run_writes_is_no_submission(tmp_path: Path) -> None:
    files(tmp_path, "ann.yaml", "results.jsonl")
    outputs = [str(tmp_path / "results.jsonl")]
    assert [each.student for each in submissions_of(str(tmp_path), lambda: (), DEFAULT, outputs).handed] == ["ann"]


def test_a_single_file_is_a_class_of_one(tmp_path: Path) -> None:
    files(tmp_path, "doejane_12345_67890_hw3.yaml")
    (handed,) = submissions_of(str(tmp_path / "doejane_12345_67890_hw3.yaml"), lambda: (), DEFAULT).handed
    assert (handed.student, handed.name) == ("12345", "doejane")


def test_where_there_is_nothing_to_grade(tmp_path: Path) -> None:
    files(tmp_path, ".hidden")
    (tmp_path / "empty.zip").write_bytes(b"PK\x05\x06" + bytes(18))
    (tmp_path / "no.zip").write_bytes(b"no archive")
    (tmp_path / "empty").mkdir()
    for name, says in {
        "empty": "holds no submissions; put a file for each student into it",
        "empty.zip": "holds no submissions; put a file for each student into it",
        "no.zip": "is damaged or no .zip file; download it again",
        "missing": "does not exist; check the name and the folder",
    }.items():
        with pytest.raises(CnngradError) as caught:
            submissions_of(str(tmp_path / name), lambda: (), DEFAULT)
        assert str(caught.value) == f"{tmp_path / name}: {says}"


def archive(path: Path, *names: str, **more: bytes) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as writer:
        for name in names:
            writer.writestr(name, f"db: {len(name)}\n")
        for name, data in more.items():
            writer.writestr(name, data)
    return path


def test_an_archive_is_read_as_a_folder_is(tmp_path: Path) -> None:
    path = archive(tmp_path / "hw.zip", "hw/ann.yaml", "hw/bob/x.yaml", "__MACOSX/hw/._ann.yaml", "hw/.DS_Store")
    assert found(path) == [("ann", "hw/ann.yaml"), ("bob", "hw/bob/x.yaml")]
    moodle = archive(tmp_path / "m.zip", "Jane Doe_1234567_assignsubmission_file_/hw3.yaml")
    assert [student for student, _ in found(moodle)] == ["1234567"]
    alone = archive(tmp_path / "class.zip", "class/ann.yaml")
    assert [student for student, _ in found(alone)] == ["ann"]
    read = list(with_data(str(path), submissions_of(str(path), lambda: (), DEFAULT).handed, DEFAULT))
    assert [each.data for each in read] == [b"db: 11\n", b"db: 13\n"]


def test_what_an_archive_may_not_hold_is_said_of_the_file_alone(tmp_path: Path) -> None:
    path = archive(tmp_path / "a.zip", "ann.yaml", "../evil.yaml", "/root.yaml", "C:\\dos.yaml", bomb=bytes(10**6))
    with zipfile.ZipFile(path, "a") as writer:
        link = zipfile.ZipInfo("link")
        link.external_attr = 0o120777 << 16
        writer.writestr(link, "/etc/passwd")
        writer.writestr("packed.yaml", "db: 1", zipfile.ZIP_LZMA)
        writer.writestr("ann.yaml/x", "db: 1")
    out = "has a name that leads out of the archive; pack it again"
    assert problems(path, Limits(file=1000)) == {
        "evil": out,
        "root": out,
        "C:": out,
        "bomb": "has 1,000,000 bytes, over the limit of 1,000; raise it with limit='file=1000000'",
        "link": "is a link; pack the file itself",
        "packed": "is compressed in a way that is not read here; pack it again as a usual .zip",
    }


def test_an_archive_that_lies_about_sizes_or_is_encrypted_or_damaged(tmp_path: Path) -> None:
    path = archive(tmp_path / "a.zip", ann=b"db: 1\n" * 10**5)
    data = path.read_bytes()
    central = data.rindex(b"PK\x01\x02")
    # A central directory (APPNOTE 4.3.12): flags at 8, checksum at 16, sizes at 20 and 24.
    small = data[: central + 24] + (10).to_bytes(4, "little") + data[central + 28 :]
    locked = data[: central + 8] + b"\x01\x00" + data[central + 10 :]
    broken = data[: central + 16] + b"\0\0\0\0" + data[central + 20 :]
    for changed, says in {
        small: "is damaged in the archive; download it again",
        locked: "is encrypted; pack it again without a password",
        broken: "is damaged in the archive; download it again",
    }.items():
        path.write_bytes(changed)
        assert problems(path) == {"ann": says}

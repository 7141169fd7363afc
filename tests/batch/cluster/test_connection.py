"""What a cluster must be so that a run on it begins."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from batch.cluster import members
from commands import cnngrad, process


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--scheduler", "here"], "--scheduler: 'here' is no address; write tcp://HOST:PORT or tls://HOST:PORT"),
        (
            ["--scheduler", "tcp://h:1", "--scheduler-file", "f"],
            "--scheduler: is given beside --scheduler-file; give one of them",
        ),
        (["--scheduler-file", "none.json"], "--scheduler-file: 'none.json' cannot be read: No such file or directory"),
        (["--scheduler-file", "s.json"], "--scheduler-file: 's.json' has no address; let a Dask scheduler write it"),
        (
            ["--scheduler", "tcp://h:1", "--jobs", "2"],
            "--jobs: counts workers of this machine; leave it out, the cluster has its own",
        ),
    ],
)
def test_what_names_no_cluster_is_said_before_a_file_is_touched(
    options: list[str], says: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("s.json").write_text("[]")
    Path("o.jsonl").write_text("kept")
    outcome = cnngrad("batch", "example:ties", "-o", "o.jsonl", *options)
    assert (outcome.code, outcome.out, outcome.err) == (2, "", f"error: {says}\n")
    assert Path("o.jsonl").read_text() == "kept"


def test_without_distributed_it_is_said_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    outcome = cnngrad("batch", "example:ties", "--scheduler", "tcp://127.0.0.1:1")
    says = "--scheduler: needs dask and distributed; install them with pip install 'cnngrad[cluster]'"
    assert (outcome.code, outcome.out, outcome.err) == (2, "", f"error: {says}\n")


@pytest.mark.slow
def test_a_worker_with_another_version_is_refused(
    scheduler: members.Member, workers: list[members.Member], tmp_path: Path
) -> None:
    (tmp_path / "sitecustomize.py").write_text("import cnngrad\ncnngrad.__version__ = '0.0.1'\n")
    with members.worker(scheduler.address, tmp_path, {"path": str(tmp_path)}):
        outcome = process("batch", "example:ties", "--scheduler", scheduler.address)
    assert (outcome.code, outcome.out) == (2, "")
    assert outcome.err.startswith("error: --scheduler: tcp://127.0.0.1:")
    assert outcome.err.endswith(" has cnngrad 0.0.1, this program cnngrad 0.1.0; install the same version everywhere\n")


TLS = """
distributed:
  comm:
    require-encryption: true
    tls:
      ca-file: {0}/ca.pem
      scheduler: {{cert: {0}/cert.pem, key: {0}/key.pem}}
      worker: {{cert: {0}/cert.pem, key: {0}/key.pem}}
      client: {{cert: {0}/cert.pem, key: {0}/key.pem}}
"""
CERTIFICATES = (
    "req -x509 -newkey rsa:2048 -nodes -keyout ca-key.pem -out ca.pem -subj /CN=ca",
    "req -newkey rsa:2048 -nodes -keyout key.pem -out request.pem -subj /CN=cluster",
    "x509 -req -in request.pem -CA ca.pem -CAkey ca-key.pem -CAcreateserial -out cert.pem",
)


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl makes the certificates")
def test_with_tls_only_who_has_a_certificate_is_let_in(tmp_path: Path) -> None:
    pytest.importorskip("distributed")
    for line in CERTIFICATES:
        subprocess.run(["openssl", *line.split()], cwd=tmp_path, check=True, capture_output=True)
    (tmp_path / "tls.yaml").write_text(TLS.format(tmp_path))
    tls = {"DASK_CONFIG": str(tmp_path / "tls.yaml")}
    with (
        members.bounded(),
        members.scheduler(tmp_path / "s.json", tls) as scheduler,
        members.worker(scheduler.address, tmp_path, tls),
    ):
        there = process("batch", "example:ties", "--scheduler-file", tmp_path / "s.json", env=tls)
        plain = process("batch", "example:ties", "--scheduler", scheduler.address.replace("tls", "tcp"), env=tls)
        stranger = process("batch", "example:ties", "--scheduler", scheduler.address)
    assert scheduler.address.startswith("tls://")
    assert there == process("batch", "example:ties")
    assert (plain.code, stranger.code) == (2, 2)
    assert " is not allowed by Dask's configuration: encryption required by Dask configuration" in plain.err
    assert f"error: --scheduler: {scheduler.address} needs TLS: " in stranger.err


@pytest.mark.slow
def test_a_configuration_of_dask_that_cannot_be_read_is_said(tmp_path: Path) -> None:
    pytest.importorskip("distributed")
    (tmp_path / "dask.yaml").write_text("distributed: [: x")
    outcome = process(
        "batch", "example:ties", "--scheduler", "tcp://127.0.0.1:1", env={"DASK_CONFIG": os.fspath(tmp_path)}
    )
    assert (outcome.code, outcome.out) == (2, "")
    assert outcome.err == (
        "error: --scheduler: needs a configuration of Dask that can be read: A dask config file at "
        f"'{tmp_path / 'dask.yaml'}' is malformed; correct it\n"
    )

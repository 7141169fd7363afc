"""A Dask cluster that somebody else started: found by its address, its versions compared, its workers counted."""

from __future__ import annotations

import asyncio
import json
import logging
import re
import time
import warnings
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import field
from typing import Any

from cnngrad.batch.cluster.task import VERSIONS, versions
from cnngrad.errors import CnngradError, Problem, escape, excerpt, option
from cnngrad.patterns import pattern
from cnngrad.records import dataclass

CONNECT = 8
"""Seconds in which a scheduler answers."""
WORKERS = 30
"""Seconds without any worker after which a run ends."""
_COUNTED = 2
"""Seconds for which a number of workers is good enough."""
_ADDRESS = pattern(r"(?:tcp|tls)://(?:\[[0-9A-Fa-f:.%\w]+\]|[\w.-]+):[0-9]{1,5}", re.ASCII)
_LARGEST_PORT = 65535
_SILENT = logging.CRITICAL + 1


@contextmanager
def connected(scheduler: str | None, scheduler_file: str | None) -> Iterator[Connection]:
    """The cluster of this scheduler; CnngradError where there is none, or one with other versions."""
    address, named = _address(scheduler, scheduler_file)
    with _quiet():
        connection = Connection(_client(address, named), address, named)
        try:
            connection.check_versions()
            yield connection
        finally:
            with suppress(Exception):
                connection.client.close(timeout=CONNECT)


def _address(scheduler: str | None, scheduler_file: str | None) -> tuple[str, str]:
    """The address of the scheduler, and how a message names what said it."""
    if scheduler is not None and scheduler_file is not None:
        says = f"is given beside {option('scheduler_file')}; give one of them"
        raise CnngradError(Problem(says, option("scheduler")))
    if scheduler_file is None:
        return _checked(scheduler or "", option("scheduler")), option("scheduler")
    named = option("scheduler_file")
    try:
        with open(scheduler_file, "rb") as file:
            address = json.loads(file.read(2**20))["address"]
    except OSError as error:
        raise CnngradError(Problem(f"{excerpt(scheduler_file, 80)} cannot be read: {error.strerror}", named)) from None
    except (ValueError, KeyError, TypeError, RecursionError):
        says = f"{excerpt(scheduler_file, 80)} has no address; let a Dask scheduler write it"
        raise CnngradError(Problem(says, named)) from None
    return _checked(address, named), named


def _checked(address: object, named: str) -> str:
    """An address that Dask understands, of the two kinds that are meant for a network."""
    if isinstance(address, str) and _ADDRESS.fullmatch(address) and int(address.rpartition(":")[2]) <= _LARGEST_PORT:
        return address
    says = f"{excerpt(str(address), 80)} is no address; write tcp://HOST:PORT or tls://HOST:PORT"
    raise CnngradError(Problem(says, named))


@contextmanager
def _quiet() -> Iterator[None]:
    """Within this context Dask neither logs nor warns: what matters is said by us, in one line."""
    _distributed()
    import dask

    names = [name for name in logging.root.manager.loggerDict if name.partition(".")[0] in ("distributed", "tornado")]
    levels = {name: logging.getLogger(name).level for name in (*names, "asyncio")}
    for name in levels:
        logging.getLogger(name).setLevel(_SILENT)
    try:
        with dask.config.set({"distributed.admin.large-graph-warning-threshold": "1TiB"}):
            yield
    finally:
        for name, level in levels.items():
            logging.getLogger(name).setLevel(level)


def _distributed() -> Any:
    """Dask's package for clusters, where it is installed."""
    try:
        import distributed
    except ImportError:
        says = "needs dask and distributed; install them with pip install 'cnngrad[cluster]'"
        raise CnngradError(Problem(says, option("scheduler"))) from None
    except ValueError as error:
        why = escape(str(error).partition(", original error")[0])
        says = f"needs a configuration of Dask that can be read: {why}; correct it"
        raise CnngradError(Problem(says, option("scheduler"))) from None
    return distributed


def _client(address: str, named: str) -> Any:
    """Dask's client of the scheduler at this address."""
    distributed = _distributed()
    try:
        with warnings.catch_warnings(), ThreadPoolExecutor(1) as thread:  # this one may have an event loop already
            warnings.simplefilter("ignore")  # of versions that differ; ours are compared
            thread.submit(asyncio.run, _greeted(address, distributed)).result()
            client = distributed.Client(address, timeout=CONNECT, set_as_default=False, name="cnngrad")
            # Requests that nobody waits for any more end without a word, also when the run is over.
            client.loop.asyncio_loop.set_exception_handler(lambda loop, context: None)
            return client
    except (OSError, ImportError, TypeError, ValueError, RuntimeError) as error:
        says = f"{address} {_why_not(address, error)}"
        raise CnngradError(Problem(says, named)) from None


async def _greeted(address: str, distributed: Any) -> None:
    """Return when a scheduler has answered; Dask's client waits forever for one that is silent."""
    options = distributed.Security().get_connection_args("client")
    connecting = distributed.comm.connect(address, timeout=CONNECT, **options)
    (await asyncio.wait_for(connecting, CONNECT)).abort()


def _why_not(address: str, error: Exception) -> str:
    reason = escape(str(error).strip().partition("\n")[0])
    if address.startswith("tls:") and not (isinstance(error, TimeoutError) or reason.startswith("Timed out")):
        return f"needs TLS: {reason}; set distributed.comm.tls in Dask's configuration"
    if isinstance(error, RuntimeError):
        return f"is not allowed by Dask's configuration: {reason}; write tls://HOST:PORT where encryption is required"
    return f"gives no answer within {CONNECT} s; check the address, and that a Dask scheduler runs there"


@dataclass
class Connection:
    """A client of a scheduler, with what was last known of its workers."""

    client: Any
    address: str
    named: str
    _threads: int = 0
    _counted: float = field(default=float("-inf"))
    _without: float | None = None

    def problem(self, says: str) -> CnngradError:
        """What is wrong with the cluster."""
        return CnngradError(Problem(f"{self.address} {says}", self.named))

    def threads(self) -> int:
        """How many chunks the workers compute at once; CnngradError where there was no worker for a while."""
        now = time.monotonic()
        if now - self._counted > _COUNTED:
            self._threads = sum(self._ask(self.client.scheduler.ncores).values())
            self._counted = time.monotonic()
            self._note(self._counted)
        return self._threads

    def _note(self, now: float) -> None:
        if self._threads:
            self._without = None
        elif self._without is None:
            self._without = now
        elif now - self._without > WORKERS:
            raise self.problem(f"has had no worker for {WORKERS} s; start one with dask worker {self.address}")

    def _ask(self, question: Any, *arguments: Any, **options: Any) -> Any:
        """What the scheduler answers; CnngradError where it does not."""
        try:
            return self.client.sync(question, *arguments, callback_timeout=WORKERS, **options)
        except (OSError, TimeoutError):
            raise self.lost() from None

    def lost(self) -> CnngradError:
        """The scheduler is gone, and all that it knew with it."""
        return self.problem("is lost: the scheduler ended or cannot be reached any more; start it and run again")

    def check_versions(self) -> None:
        """Raise CnngradError where the scheduler or a worker has other versions than this program."""
        for name, ours in versions().items():
            found = {self.address: self._on_scheduler(name), **self._on_workers(name)}
            for where, theirs in found.items():
                if theirs != ours:
                    self._refuse(where, name, theirs, ours)

    def _refuse(self, where: str, name: str, theirs: object, ours: str) -> None:
        has = f"no {name}" if isinstance(theirs, Exception) else f"{name} {escape(str(theirs))}"
        says = f"{where} has {has}, this program {name} {ours}; install the same version everywhere"
        raise CnngradError(Problem(says, self.named))

    def _on_scheduler(self, name: str) -> Any:
        try:
            return self._ask(self.client._run_on_scheduler, eval, VERSIONS[name])
        except CnngradError:
            raise
        except Exception as error:
            return error

    def _on_workers(self, name: str) -> Mapping[str, Any]:
        found: Mapping[str, Any] = self._ask(self.client._run, eval, VERSIONS[name], on_error="return")
        # A worker that ends just now is no worker with another version.
        return {where: answer for where, answer in found.items() if not isinstance(answer, OSError)}

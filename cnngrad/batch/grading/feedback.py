"""What each student reads: a folder with a file for each submission."""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import field

from cnngrad.errors import CnngradError, Mark, Problem, option
from cnngrad.homework.class_list import file_name
from cnngrad.records import dataclass

ENDINGS = {"text": ".txt", "html": ".html"}
LONGEST = 200
"""Bytes of a name, so that every file system has it."""
_RESERVED = {"con", "prn", "aux", "nul", *(f"{name}{n}" for name in ("com", "lpt") for n in range(1, 10))}
"""Names that Windows keeps for devices, whatever their ending."""


@dataclass
class Feedback:
    """The files of a run, in the order of the submissions: `name` has to be asked for each of them, written or not, so
    that a run that goes on gives the same names."""

    folder: str
    ending: str
    used: set[str] = field(default_factory=set)

    def name(self, student: str) -> str:
        """The file of a student's next submission: NAME.txt, then NAME-2.txt; no two differ in capitals alone."""
        stem = _stem(student)
        number, name = 1, stem
        while (key := name.casefold()) in self.used:
            number += 1
            name = f"{stem}-{number}"
        self.used.add(key)
        return name + self.ending

    def write(self, name: str, text: str) -> None:
        """Write a file as a whole: in place of the one of this name, or not at all."""
        temporary = os.path.join(self.folder, f".cnngrad-{os.urandom(8).hex()}")
        path = os.path.join(self.folder, name)
        try:
            with open(temporary, "xb") as file:
                file.write(text.encode("utf-8", "backslashreplace"))
                file.flush()
                os.fsync(file.fileno())
            os.replace(temporary, path)
        except BaseException as error:
            with suppress(OSError):
                os.unlink(temporary)
            if not isinstance(error, OSError):
                raise
            says = f"{error.strerror or error}; the file is as it was"
            raise CnngradError(Problem(says, "", Mark(path))) from None


def feedback_in(folder: str, kind: str, submissions: str = "") -> Feedback:
    """The feedback of this kind (text or html) in a folder, which is made if it is not there.

    CnngradError for a folder inside of the submissions, where its files would be the next run's submissions.
    """
    key = option("feedback")
    if says := _refusal(os.path.realpath(folder), submissions):
        raise CnngradError(Problem(f"{says}; name another", key))
    try:
        os.makedirs(folder, exist_ok=True)
    except (OSError, ValueError) as error:
        says = f"no folder can be made there: {getattr(error, 'strerror', None) or error}; name another"
        raise CnngradError(Problem(says, key, Mark(folder))) from None
    return Feedback(folder, ENDINGS[kind])


def _refusal(place: str, submissions: str) -> str:
    """Why feedback may not be written at this place, if it may not."""
    given = os.path.realpath(submissions) if submissions else ""
    if os.path.isdir(given) and os.path.commonpath([place, given]) == given:
        return f"is in {submissions}, where it would be taken for submissions"
    if os.path.isfile(given) and os.path.dirname(given) == place and given.lower().endswith((*ENDINGS.values(),)):
        return "is the folder of the submission, which might be replaced"
    return ""


def _stem(student: str) -> str:
    stem = file_name(student) or "unnamed"
    stem = stem.encode()[:LONGEST].decode("utf-8", "ignore")
    return f"_{stem}" if stem.partition(".")[0].lower() in _RESERVED else stem

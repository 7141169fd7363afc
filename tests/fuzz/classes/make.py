"""A command on a whole class, with everything that stands on the disk."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from .. import answers, spoil
from ..draw import Draw, draw_for
from ..dress import Files
from ..options import LIMITS
from ..specs import WEIGHTS, spec_of
from ..tree import STYLES, written
from . import sheets
from .archives import archive
from .contents import Exercise, content, exercise
from .disk import ClassMutant, Disk, Entry, Link, Odd
from .names import ENDINGS, file_of, student

SIZES = {0: 0.3, 1: 2.0, 3: 3.0, 6: 2.0, 12: 0.4}
LONGEST = 900
"""Characters of a number that a key may have."""
TARGETS = ("missing", ".", "..", "self", "../hw.yaml", "../hw.key.yaml", "ann.yaml", "bob", "/", "\udcff", "x" * 255)
BESIDE = ("x.txt", ".yaml", ".key.yaml", "d.yaml", "ann.yml", "ann.json", "Thumbs.db")
ODDS: tuple[Entry, ...] = (b"", b"op: conv", Odd("folder"), Link("loop"), Odd("fifo"))
TRAPS: Disk = {
    "pipe.npy": Odd("fifo"),
    "out.npy": Link("../hw.yaml"),
    "loop.csv": Link("loop.csv"),
    "ann.npy": b"\x93NUMPY",
}
"""What an answer may name, and what must be no more than a row."""
GIVEN = ("specs", "specs", "many.jsonl", "many.jsonl", "specs many.jsonl", "specs/**/*.yaml", "specs/*")
HINTS = ("law", "quantity", "cell", "mistake", "full")
RUNS = {
    "resume": 4.0, "csv": 3.0, "printed csv": 0.7, "html": 2.0, "report": 1.5, "table": 2.0, "text feedback": 3.0,
    "html feedback": 2.0, "json": 1.0, "gradescope": 1.5, "gradescope folder": 0.7, "junit": 1.5, "check": 4.0,
    "workers": 0.5, "jobs": 0.3,
}  # fmt: skip
BATCH_RUNS = {"resume": 4.0, "csv": 3.0, "printed csv": 1.0, "html": 2.0, "json": 1.0, "check": 4.0, "workers": 0.5}


@dataclass
class Case:
    """A class that is being made."""

    draw: Draw
    disk: Disk = field(default_factory=dict)
    whole: bool = True
    kind: str = ""
    exercise: str = "hw.yaml"
    given: str = "sub"

    def work(self) -> Exercise:
        """The one exercise of all, which is put on the disk, now and then with a key beside it."""
        made, files = exercise(self.draw), Files()
        text = made.text(self.draw, files)
        if self.draw.chance(0.04):
            text, self.whole = spoil.data(self.draw, text), False
        self.disk |= {"hw.yaml": text, **files}
        if self.draw.chance(0.2) and max(map(len, made.key().split())) < LONGEST:
            self.disk["hw.key.yaml"] = made.key()
            if self.draw.chance(0.15):
                self.disk["hw.key.yaml"], self.whole = content(self.draw, made), False
        return made


def class_mutant(seed: int, index: int) -> ClassMutant:
    """The class of this number."""
    case = Case(draw_for(seed, index))
    kind = case.draw.weighted({name: weight for name, (weight, _) in KINDS.items()})
    case.kind = kind
    args = KINDS[kind][1](case)
    weights = BATCH_RUNS if kind == "specs" else RUNS
    runs = tuple(dict.fromkeys(case.draw.weighted(weights) for _ in range(2)))
    return ClassMutant(
        seed, index, tuple(args), {}, b"", kind, case.given, case.exercise, case.whole, runs, tuple(case.disk.items())
    )


def _folder(case: Case) -> list[str]:
    work = case.work()
    _handed_in(case, lambda _: work)
    return [*_grade(case, work), case.exercise, case.given]


def _handed_in(case: Case, work: Callable[[str], Exercise], *names: str) -> None:
    """Files in the folder of submissions, those of these names too."""
    draw, top = case.draw, draw_top(case.draw)
    case.disk[case.given] = Odd("folder")
    if draw.chance(0.3):
        case.disk |= {f"{case.given}/{top}{name}": entry for name, entry in TRAPS.items()}
    for name in (*names, *(file_of(draw) for _ in range(draw.weighted(SIZES)))):
        place = f"{case.given}/{top}{name}"
        case.disk[place] = content(draw, work(name)) if draw.chance(0.93) else _odd(draw)
        if draw.chance(0.02):
            case.disk[place.swapcase()] = b"dW: 1\n"


def draw_top(draw: Draw) -> str:
    """A folder around all others, as archives are unpacked."""
    return draw.weighted({"": 12, "hw3/": 3, "a/b/": 2, "ann_1_2_x/": 2, ".hid/": 0.2, "__MACOSX/": 0.2})


def _odd(draw: Draw) -> Link | Odd:
    found: tuple[Link | Odd, ...] = (Link(draw.pick(TARGETS)), Odd("fifo"), Odd("socket"), Odd("folder"))
    return draw.pick(found)


def _archive(case: Case) -> list[str]:
    draw, work = case.draw, case.work()
    files = [(file_of(draw), content(draw, work)) for _ in range(draw.weighted(SIZES))]
    spoilt = draw.chance(0.25)
    case.whole &= not spoilt
    case.given = draw.pick(("sub.zip", "sub.zip", "hw3.ZIP", "=1.zip"))
    case.disk[case.given] = archive(draw, files, spoilt=spoilt)
    return [*_grade(case, work), case.exercise, case.given]


def _sheet(case: Case) -> list[str]:
    draw, work = case.draw, case.work()
    case.given = draw.pick(("sub.csv", "sub.csv", "sub.tsv", "a b.CSV", "<pwn>.csv"))
    case.disk[case.given], whole = sheets.sheet(draw, work)
    case.whole &= whole
    return [*_grade(case, work), case.exercise, case.given]


def _single(case: Case) -> list[str]:
    """A class of one file."""
    draw, work = case.draw, case.work()
    case.given = file_of(draw).replace("/", "").lstrip("-.") or "x"
    if case.given.lower().endswith((".zip", ".csv", ".tsv")) or case.given == "hw.yaml":
        case.given = "sub.txt"
    case.disk[case.given] = content(draw, work)
    return [*_grade(case, work), case.exercise, case.given]


def _paired(case: Case) -> list[str]:
    """An exercise for each student."""
    draw = case.draw
    case.exercise = "ex"
    works = {}
    for name in dict.fromkeys(student(draw, 0.25).replace("/", "") for _ in range(draw.pick((1, 2, 4)))):
        works[name] = exercise(draw, draw.pick(("graph", "activation", "dense", "conv", "pool")))
        _exercise_of(case, name, works[name])
    for _ in range(draw.randrange(2)):
        case.disk[f"ex/{draw.pick(BESIDE)}"] = draw.pick(ODDS)
    some = draw.pick([*works.values()])
    names = [name + draw.weighted(ENDINGS) for name in works if draw.chance(0.8)]
    if draw.chance(0.2):
        case.given = "sub.csv"
        case.disk[case.given], _ = sheets.sheet(draw, some)
        case.whole = False
    else:
        _handed_in(case, lambda name: works.get(name.rpartition(".")[0], some), *names)
    return [*_grade(case, some), case.exercise, case.given]


def _exercise_of(case: Case, name: str, work: Exercise) -> None:
    draw = case.draw
    text = written(dict(work.spec), draw.pick(list(STYLES))).encode("utf-8", "surrogatepass")
    case.disk[f"ex/{name}.yaml"] = spoil.data(draw, text) if draw.chance(0.1) else text
    if draw.chance(0.8):
        case.disk[f"ex/{name}.key.yaml"] = content(draw, work) if draw.chance(0.15) else work.key()


def _roster(case: Case) -> list[str]:
    """Exercises for a roster, which are graded afterwards."""
    draw = case.draw
    case.disk["roster.csv"], case.whole = sheets.roster(draw)
    kind = draw.weighted({"graph": 3, "conv-backward": 1, "pool": 1})
    case.exercise, case.given = "ex", "roster.csv"
    column = ["--column", draw.pick((*sheets.KEYS, *sheets.EXTRA))] * draw.chance(0.1)
    case.whole &= not column
    return [
        "generate",
        *column,
        "--separate",
        "none",
        "--seed",
        str(draw.randrange(100)),
        "--per",
        "roster.csv",
        "-o",
        "ex",
        kind,
    ]


def _specs(case: Case) -> list[str]:
    """Many specs for `batch`, in folders, in files of many, and matched by a glob."""
    draw = case.draw
    case.exercise, case.given = "", "specs"
    case.disk["specs"] = Odd("folder")
    top = draw_top(draw)
    for _ in range(draw.weighted(SIZES)):
        case.disk[f"specs/{top}{file_of(draw)}"] = _spec(draw) if draw.chance(0.93) else _odd(draw)
    lines = [b" ".join(_spec(draw, "json").splitlines()) for _ in range(draw.weighted(SIZES))]
    lines = [spoil.data(draw, line) if draw.chance(0.15) else line for line in lines]
    ends = draw.pick((b"\n", b"\n", b"\r\n", b"\n\n", b"\r", b"\n \n"))
    case.disk["many.jsonl"] = draw.pick((b"", b"", b"\xef\xbb\xbf", b"\n")) + ends.join(lines) + draw.pick((b"", b"\n"))
    case.given = draw.pick(GIVEN)
    if any(isinstance(entry, Link) for entry in case.disk.values()) and "*" in case.given:
        case.given = "specs"  # what a glob finds behind links may be there twice
    options = ["--index-base", "1"] * draw.chance(0.1) + ["--trace", "brief"] * draw.chance(0.1)
    return ["batch", *options, *case.given.split(" ")]


def _spec(draw: Draw, style: str = "") -> bytes:
    made = dict(spec_of(draw, draw.weighted(WEIGHTS)).made)
    tree = spoil.tree(draw, made) if draw.chance(0.3) else made
    text = written(tree, style or draw.pick(list(STYLES))).encode("utf-8", "surrogatepass")
    return spoil.data(draw, text) if draw.chance(0.1) else text


def _grade(case: Case, work: Exercise) -> list[str]:
    """The command, and options that change what rows say."""
    draw = case.draw
    found = ["grade"]
    if draw.chance(0.3):
        found += ["--hint", draw.pick(HINTS)]
    if draw.chance(0.2):
        found += ["--index-base", draw.pick(("0", "1"))]
    if draw.chance(0.15):
        asked = answers.asked(draw, work.results)
        found += ["--require", ",".join(asked) if isinstance(asked, list) else asked]
        case.whole = False
    if draw.chance(0.05):
        found += ["--limit", draw.pick(LIMITS)]
        case.whole = False
    return found


KINDS: Mapping[str, tuple[float, Callable[[Case], list[str]]]] = {
    "folder": (8, _folder),
    "archive": (3, _archive),
    "sheet": (4, _sheet),
    "single": (1, _single),
    "paired": (3, _paired),
    "roster": (0.4, _roster),
    "specs": (4, _specs),
}
"""What a class hands in, how often, and what the command line is."""

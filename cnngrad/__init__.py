"""cnngrad: gradients of convolutional networks, every number explained.

>>> import cnngrad
>>> result = cnngrad.run({"op": "conv", "input": [1, 2, 3], "kernel": [1, -1], "delta": [1, 10]})
>>> result.results["dW"]
array([21., 32.])
>>> print(result.explain("dW[0]").value)
21.0
"""

TYPE_CHECKING = False  # as in typing, which is not imported: nothing is, before it is needed
if TYPE_CHECKING:
    from typing import Any

    from cnngrad.api.arrays import conv_backward, conv_forward, pool_backward, pool_forward
    from cnngrad.api.checking import check
    from cnngrad.api.homework import audit, generate, mistakes
    from cnngrad.api.solve import explain, run
    from cnngrad.batch.grading.grade import grade
    from cnngrad.batch.run import run_many
    from cnngrad.errors import CnngradError

__version__ = "0.1.0"
__all__ = [
    "CnngradError",
    "__version__",
    "audit",
    "check",
    "conv_backward",
    "conv_forward",
    "explain",
    "generate",
    "grade",
    "mistakes",
    "pool_backward",
    "pool_forward",
    "run",
    "run_many",
]

# numpy and yaml are imported only when a function that needs them is first used (PEP 562); an interrupt during an
# import is the business of __main__, which comes after this module.
_HOMES = {
    "CnngradError": "cnngrad.errors",
    "run": "cnngrad.api.solve",
    "run_many": "cnngrad.batch.run",
    "explain": "cnngrad.api.solve",
    "check": "cnngrad.api.checking",
    "audit": "cnngrad.api.homework",
    "generate": "cnngrad.api.homework",
    "mistakes": "cnngrad.api.homework",
    "grade": "cnngrad.batch.grading.grade",
    "conv_forward": "cnngrad.api.arrays",
    "conv_backward": "cnngrad.api.arrays",
    "pool_forward": "cnngrad.api.arrays",
    "pool_backward": "cnngrad.api.arrays",
}


def __getattr__(name: str) -> "Any":
    if name in _HOMES:
        from importlib import import_module

        globals()[name] = found = getattr(import_module(_HOMES[name]), name)
        return found
    raise AttributeError(f"module 'cnngrad' has no attribute '{name}'")


def __dir__() -> list[str]:
    return sorted([*globals(), *_HOMES])

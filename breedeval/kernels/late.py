"""Kernels are compiled, or loaded from numba's cache, when they are first called.

Importing numba takes longer than many a run, and every kernel that is loaded a little more. The
files of the kernels therefore import nothing of numba, and name its types in text: a program pays
for the kernels that it calls.
"""

from __future__ import annotations

from collections.abc import Callable
from threading import RLock
from typing import Any, TypeVar, cast

F = TypeVar("F", bound=Callable[..., Any])

_lock = RLock()


class Late:
    """Something of compiled code, made when it is first called or used by another kernel.

    Parameters
    ----------
    make : callable
        Gives what this stands for; called once, by one thread.
    """

    def __init__(self, make: Callable[[], Any]) -> None:
        self._make = make
        self._made: Any = None

    def __call__(self, *arguments: Any) -> Any:
        """Call what this stands for."""
        made = self._made
        return (self._ready() if made is None else made)(*arguments)

    def __getattr__(self, name: str) -> Any:
        """What numba asks when another kernel calls this one: its type, options and source."""
        return getattr(self._ready(), name)

    def _ready(self) -> Any:
        with _lock:
            if self._made is None:
                self._made = self._make()
        return self._made


def kernel(signature: str) -> Callable[[F], F]:
    """Compile a loop for one signature, which names numba's types; the code is kept on disk."""
    return lambda function: _late(function, signature, cache=True, nogil=True)


def part(function: F) -> F:
    """Compile a piece of the kernels of the same file, for the types that they call it with."""
    return _late(function, None, nogil=True)


def inlined(function: F) -> F:
    """The same, with its body in the place of each call."""
    return _late(function, None, inline="always")


def processor_has(feature: str) -> bool:
    """Whether code that is made for this machine may use some instructions."""
    from llvmlite import binding  # type: ignore[import-untyped]
    from numba import config

    if any(getattr(config, name, None) for name in ("DISABLE_JIT", "CPU_NAME", "CPU_FEATURES")):
        return False
    try:
        return bool(binding.get_host_cpu_features().get(feature, False))
    except RuntimeError:  # a processor that cannot be asked
        return False


def array(dtype: str, ndim: int) -> str:
    """The type of a C-contiguous array that is only read, for a signature."""
    return f"Array({dtype}, {ndim}, 'C', readonly=True)"


def _late(function: F, signature: str | None, **options: Any) -> F:
    def make() -> Any:
        import numba

        return numba.njit(signature, **options)(function)

    return cast(F, Late(make))

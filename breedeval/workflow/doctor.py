"""What is installed, and does it work."""

from __future__ import annotations

import os
import platform

from rich.table import Table

from breedeval import __version__
from breedeval.evaluation.planning import free_memory
from breedeval.solve import backends
from breedeval.workflow.screen import make_screen


def examine() -> int:
    """Print versions and try every solver on a small system; 0 when one works."""
    screen = make_screen()
    screen.print(f"breedeval {__version__}, Python {platform.python_version()}, "
                 f"{platform.platform()}")
    screen.print(f"{os.cpu_count()} cores, {free_memory() / 1e9:.1f} GB of memory free")
    table = Table(box=None, header_style="bold")
    for heading in ("solver", "installed", "works", "BLAS", ""):
        table.add_column(heading)
    found = backends()
    for backend in found:
        table.add_row(backend.name, "yes" if backend.installed else "no",
                      "yes" if backend.works else "no", backend.blas, backend.message)
    screen.print(table)
    return 0 if any(backend.works for backend in found) else 1

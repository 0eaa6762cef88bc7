"""Compiled loops: arrays in, arrays out; each file stands alone.

numba caches compiled code beside the source, or in the user's cache folder. Where neither can be
written, ``cache=True`` raises; importing this package first points numba to a temporary
folder of the user's own instead.
"""

from __future__ import annotations

import os
import tempfile
from pathlib import Path


def _writable(folder: Path) -> bool:
    return os.access(folder if folder.exists() else folder.parent, os.W_OK)


if "NUMBA_CACHE_DIR" not in os.environ and not _writable(Path(__file__).parent / "__pycache__"):
    _own = Path(tempfile.gettempdir()) / f"breedeval-numba-{os.getuid()}"
    _own.mkdir(mode=0o700, exist_ok=True)
    os.environ["NUMBA_CACHE_DIR"] = str(_own)

"""What happens in a run, told to a person while it happens and kept for ``run.log``."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass, field
from datetime import datetime
from threading import Event, Thread
from typing import TextIO

COUNTED = 5.0
"""Forecast seconds from which the time left is counted down on a terminal."""
REFRESH = 0.2
"""Seconds between two changes of the moving line on a terminal."""


@dataclass(slots=True)
class Journal:
    """Lines with times; shown on ``stream`` as they come, on a terminal with a moving last line.

    Parameters
    ----------
    stream : text stream or None
        Usually stderr; None to keep quiet.
    label : str
        Put before every line when several runs share a terminal.
    """

    stream: TextIO | None = None
    label: str = ""
    _lines: list[str] = field(default_factory=list)
    _started: float = field(default_factory=time.perf_counter)
    _first: tuple[float, float] = (0.0, 0.0)
    _shown: float = 0.0
    _moving: bool = False
    _countdown: Event | None = None

    @property
    def seconds(self) -> float:
        """Seconds since the journal was opened."""
        return time.perf_counter() - self._started

    def step(self, text: str, seconds: float = 0.0) -> None:
        """Say that something begins, or what was found; with a forecast, count it down."""
        self._stop_countdown()
        stamp = datetime.now().strftime("%Y-%m-%d %H:%M:%S")
        now = self.seconds
        self._lines.append(f"{stamp} {now:9.2f} s  {text}")
        self._show(f"{self.label}{now:8.1f} s  {text}\n")
        if seconds > COUNTED and self.stream is not None and self.stream.isatty():
            self._countdown = Event()
            Thread(target=self._count_down, args=(seconds, self._countdown), daemon=True).start()

    def round(self, done: int, residual: float, *, target: float) -> None:
        """Show how far an iterative solver is, with the time left at its rate so far."""
        now = time.perf_counter()
        if done <= 1:
            self._first = (now, residual)
        if self.stream is None or not self.stream.isatty() or now - self._shown < REFRESH:
            return
        self._shown = now
        start, begun_at = self._first
        gained = math.log(begun_at / residual) if 0 < residual < begun_at else 0.0
        left = ""
        if gained > 0:
            left = f", about {math.log(residual / target) / gained * (now - start):.0f} s left"
        self._show(f"\r{self.label}{now - self._started:8.1f} s  round {done}, relative residual "
                   f"{residual:.1e}{left}   ", moving=True)

    def _count_down(self, forecast: float, stop: Event) -> None:
        begun = self.seconds
        while not stop.wait(1.0):
            left = forecast - (self.seconds - begun)
            words = f"about {left:.0f} s left" if left >= 1 else "longer than forecast"
            self._show(f"\r{self.label}{self.seconds:8.1f} s  {words}   ", moving=True)

    def _stop_countdown(self) -> None:
        if self._countdown is not None:
            self._countdown.set()
            self._countdown = None

    def text(self) -> str:
        """Everything so far, for ``run.log``."""
        return "\n".join(self._lines) + "\n"

    def _show(self, text: str, *, moving: bool = False) -> None:
        if self.stream is None:
            return
        begin = "\n" if self._moving and not moving else ""
        self._moving = moving
        try:
            self.stream.write(begin + text)
            self.stream.flush()
        except BrokenPipeError:  # nobody reads any more: the run goes on for its results
            self.stream = None

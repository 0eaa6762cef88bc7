"""A command as a process of its own: its time, its memory and what it printed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass


@dataclass(frozen=True)
class Usage:
    """What a process used: wall and CPU seconds, peak memory in MB, exit code, standard output.

    The exit code is minus the number of the signal that ended it, as with −9 for one stopped after
    its time.
    """

    wall: float
    cpu: float
    memory: float
    status: int
    output: str


def measure(
    command: Sequence[str], *, timeout: float | None = None,
    environment: Mapping[str, str] | None = None,
) -> Usage:
    """Run a command and wait for it; what it says on stderr is shown only when it fails.

    Parameters
    ----------
    command : sequence of str
    timeout : float, optional
        Seconds after which it is stopped.
    environment : mapping, optional
        Variables to set beside those there are.
    """
    # Linux counts the memory of the process that starts another in the other's peak: start it from
    # a small one
    small = [sys.executable, "-I", __file__, json.dumps(timeout), *command]
    found = subprocess.run(small, stdout=subprocess.PIPE, check=True,
                           env={**os.environ, **(environment or {})})
    return Usage(**json.loads(found.stdout))


def _measure(command: Sequence[str], timeout: float | None) -> Usage:
    with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as messages:
        started = time.perf_counter()
        process = subprocess.Popen(
            command, stdout=output, stderr=messages, start_new_session=True)
        watch = threading.Timer(timeout or 0, os.killpg, (process.pid, signal.SIGKILL))
        if timeout:
            watch.start()
        _, status, used = os.wait4(process.pid, 0)
        wall = time.perf_counter() - started
        watch.cancel()
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            messages.seek(0)
            sys.stderr.buffer.write(messages.read())
        output.seek(0)
        return Usage(wall, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024,
                     process.returncode, output.read().decode())


if __name__ == "__main__":
    print(json.dumps(asdict(_measure(sys.argv[2:], json.loads(sys.argv[1])))))

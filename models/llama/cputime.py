"""CPU time of one thread and of the helpers that it started, and of no other.

``time.process_time`` would charge a generation for whatever the web server, the embedder or the
analyser did meanwhile. Here the owner thread takes a name of its own; the worker threads that
ggml (OpenMP) starts from it inherit that name (pthread_create(3)), so the threads of the process
that bear it are those that computed. Each has a CPU clock that the kernel counts in nanoseconds:
clock_gettime with the id ``(~tid << 3) | 6`` (Linux, include/linux/posix-timers_types.h:
CPUCLOCK_SCHED 2 | CPUCLOCK_PERTHREAD_MASK 4). Waiting in a spin loop counts, rightly: it burns.

Elsewhere than on Linux, the owner's own CPU time times the number of threads stands in for it:
ggml gives every thread an equal share of each operation.
"""

from __future__ import annotations

import ctypes
import itertools
import sys
import time
from pathlib import Path

from models.protocol import Work

_TASKS = Path("/proc/self/task")
_PR_SET_NAME = 15  # prctl(2)
_names = itertools.count(1)


class WorkClock:
    """Measures the work of the thread that makes it, and of those this thread starts later.

    ``threads`` is how many compute, for the systems that have no clock per thread.
    """

    def __init__(self, threads: int) -> None:
        self._threads = threads
        self._tids: tuple[int, ...] = ()
        self._name = f"llama-{next(_names)}"[:15]
        self._per_thread = sys.platform == "linux" and _TASKS.is_dir() and _rename(self._name)
        self.find_threads()
        self._started, self._cpu = time.monotonic(), self._read()

    def find_threads(self) -> None:
        """Look which threads bear the name: to be called once the helpers have been started."""
        if self._per_thread:
            self._tids = tuple(
                int(task.name) for task in _TASKS.iterdir() if _comm(task) == self._name
            )

    def restart(self) -> None:
        """Forget the time since the last lap: nobody's work."""
        self._started, self._cpu = time.monotonic(), self._read()

    def lap(self) -> Work:
        """The work since the last lap or restart; laps follow one another without a gap."""
        started, cpu = self._started, self._cpu
        self.restart()
        return Work(started, self._started, max(0.0, self._cpu - cpu))

    def _read(self) -> float:
        if not self._per_thread:
            return time.thread_time() * self._threads
        total = 0
        for tid in self._tids:
            try:
                total += time.clock_gettime_ns((~tid << 3) | 6)
            except OSError:  # this helper has ended
                continue
        return total / 1e9


def _rename(name: str) -> bool:
    """Give the calling thread a name of its own; helpers that it starts will inherit it."""
    try:
        libc = ctypes.CDLL(None, use_errno=True)
        return bool(libc.prctl(_PR_SET_NAME, name.encode(), 0, 0, 0) == 0)
    except (OSError, AttributeError):
        return False


def _comm(task: Path) -> str:
    try:
        return (task / "comm").read_text(encoding="utf-8").rstrip("\n")
    except OSError:  # this thread has ended
        return ""

"""How the supervisor's children are started: ``python -m strongroom.child MODULE [ARGUMENT …]``.

The child's standard input is a pipe whose other end only the supervisor holds. When it closes - the
supervisor
ended, be it by kill -9 - the child is asked to stop and, if it does not, ended. That works on every system.
"""

from __future__ import annotations

import contextlib
import os
import runpy
import signal
import sys
import threading

GRACE_S = 8.0


def _leave_with_the_supervisor() -> None:
    with contextlib.suppress(OSError, ValueError):
        while os.read(0, 4096):
            pass
    os.kill(os.getpid(), signal.SIGTERM)
    threading.Event().wait(GRACE_S)
    os._exit(1)


def main() -> None:
    """Run a module as the program, with the watch on standard input."""
    threading.Thread(target=_leave_with_the_supervisor, name="supervisor-watch", daemon=True).start()
    module = sys.argv[1]
    sys.argv = sys.argv[1:]
    runpy.run_module(module, run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()

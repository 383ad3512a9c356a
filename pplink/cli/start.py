"""Start: what the command `pplink` runs first."""

from __future__ import annotations

import gc
import signal

TYPE_CHECKING = False  # as in pplink/__init__.py
if TYPE_CHECKING:
    from typing import NoReturn


def main() -> NoReturn:
    """Run one command. Until it runs, Ctrl-C ends the process by the signal alone: importing takes 70 ms, and
    Python would show where it was."""
    gc.set_threshold(100_000)  # hardly anything we make is in a cycle, modules least of all
    if signal.getsignal(signal.SIGINT) is not signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    from pplink.cli.main import main

    main()

"""Start: what the command `pplink` runs first."""

from __future__ import annotations

import signal
from typing import NoReturn


def main() -> NoReturn:
    """Run one command. Until it runs, Ctrl-C ends the process by the signal alone: importing takes 70 ms, and
    Python would show where it was."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    from pplink.cli.main import main

    signal.signal(signal.SIGINT, signal.default_int_handler)
    main()

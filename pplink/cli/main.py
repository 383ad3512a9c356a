"""`pplink`: one program, a group of commands for each of its users."""

from __future__ import annotations

import os
import resource
import signal
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from types import FrameType
from typing import NoReturn

import click

from pplink.cli import output
from pplink.cli.late import LateGroup
from pplink.errors import PplinkError, UnavailableError, UsageError

INTERRUPTED = 130
"""Exit code after Ctrl-C, as shells have it."""

FAULT = 70
"""Exit code of a fault of our own (EX_SOFTWARE)."""

LIBRARIES = {
    "OPENBLAS_NUM_THREADS": "1",  # numpy's threads cost 40 ms of CPU time, unused
    "ARROW_DEFAULT_MEMORY_POOL": "system",  # its own zeroes pages of 40 MB for 5 MB of CSV
}
"""What the environment tells libraries, unless it says otherwise already."""

ROOM = 1 << 30
"""Bytes of addresses. A process with less is ended by the compiled libraries it loads, or waits for ever on them."""

HOMES = {
    "unit": "pplink.cli.unit:unit",
    "broker": "pplink.cli.broker:broker",
    "auditor": "pplink.cli.auditor:auditor",
    "demo": "pplink.cli.demo:demo",
    "evaluate": "pplink.cli.evaluate:evaluate",
}


@click.group(cls=LateGroup, homes=HOMES, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="pplink")
def cli() -> None:
    """Find out which persons two or more units both know, and nothing else."""


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run one command and end the process with its code."""
    for name, value in LIBRARIES.items():
        os.environ.setdefault(name, value)
    output.prepare()
    _listen(_interrupted)
    _leave(run(arguments))


def run(arguments: Sequence[str] | None = None) -> int:
    """Run one command; its exit code. No traceback and no value of a record gets out of here."""
    try:
        _check_room()
        cli.main(args=arguments, prog_name="pplink", standalone_mode=False)
        sys.stdout.flush()
    except PplinkError as error:
        return _failed(error)
    except click.exceptions.NoArgsIsHelpError as error:
        output.note(error.format_message())
        return UsageError.exit_code
    except click.UsageError as error:
        hint = f"see `{error.ctx.command_path} --help`" if error.ctx else None
        return _failed(UsageError(_lower(error.format_message()), hint))
    except (click.Abort, KeyboardInterrupt):
        output.note("pplink: interrupted; nothing half-written was left under a final name")
        return INTERRUPTED
    except BrokenPipeError:  # the reader of our output went away, as `| head` does
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except MemoryError:
        return _failed(UnavailableError("out of memory", "close other programs, or use a larger machine"))
    except ImportError as error:
        return _failed(
            UnavailableError(
                f"a library cannot be loaded: {error.name or 'it does not say which'}",
                "if memory is short, close other programs; else install pplink anew",
            )
        )
    except OSError as error:
        return _failed(UnavailableError(f"the system said: {_reason(error)}", "check disk and permissions"))
    except Exception as error:  # noqa: BLE001  its text may hold a value, so only its place is told
        return _fault(error)
    return 0


def _check_room() -> None:
    limit, _ = resource.getrlimit(resource.RLIMIT_AS)
    if limit != resource.RLIM_INFINITY and limit < ROOM:
        raise UnavailableError(
            f"a process may have {limit / 2**30:.1f} GiB of addresses here, and pplink needs {ROOM / 2**30:.1f}",
            "lift the limit for it: `ulimit -v unlimited`",
        )


def _leave(code: int) -> NoReturn:
    """End without taking modules and tables down one by one, which takes 30 ms; nothing is left to be closed."""
    with suppress(OSError, ValueError):
        sys.stdout.flush()
    with suppress(OSError, ValueError):
        sys.stderr.flush()
    os._exit(code)


def _reason(error: OSError) -> str:
    """In the system's words, with the file that the user named or that we made; never with our libraries' words,
    which may quote a row."""
    reason = os.strerror(error.errno) if error.errno else type(error).__name__
    return f"{error.filename}: {reason}" if isinstance(error.filename, str) else reason


def _failed(error: PplinkError) -> int:
    output.failure(error)
    return error.exit_code


def _fault(error: Exception) -> int:
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    place = f"{trace.tb_frame.f_globals.get('__name__')}:{trace.tb_lineno}" if trace else "an unknown place"
    what = f"a fault of pplink's own: {type(error).__name__} at {place}"
    output.failure(PplinkError(what, "please report it"))
    return FAULT


def _lower(text: str) -> str:
    return (text[:1].lower() + text[1:]).rstrip(".")


def _listen(handler: Callable[[int, FrameType | None], None] | signal.Handlers) -> None:
    """To what would end us, a closed terminal among it; but not to what the caller, as nohup does, has us ignore."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, handler)


def _interrupted(_signal: int, _frame: FrameType | None) -> NoReturn:
    """A second signal, while we tidy up after the first, ends us at once and without a traceback."""
    _listen(signal.SIG_DFL)
    raise KeyboardInterrupt

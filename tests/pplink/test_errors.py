from __future__ import annotations

import ast
from pathlib import Path

import pytest

import pplink
from pplink import errors
from pplink.cli import output
from pplink.errors import PplinkError

CLASSES = [each for each in vars(errors).values() if isinstance(each, type) and issubclass(each, PplinkError)]
CODES = {
    "UsageError": 2,
    "AgreementError": 3,
    "DataError": 4,
    "IntegrityError": 5,
    "PeerError": 6,
    "UnavailableError": 7,
    "RefusedError": 8,
}


def test_every_class_has_an_exit_code_of_its_own() -> None:
    assert {each.__name__: each.exit_code for each in CLASSES if each is not PplinkError} == CODES
    assert PplinkError.exit_code == 1


@pytest.mark.parametrize("error", CLASSES)
def test_an_error_carries_its_message_and_hint(error: type[PplinkError]) -> None:
    raised = error("what went wrong", "what to do")
    assert (str(raised), raised.message, raised.hint) == ("what went wrong", "what went wrong", "what to do")
    assert error("what went wrong").hint is None
    assert error.usual


@pytest.mark.parametrize("error", CLASSES)
def test_an_error_without_a_hint_of_its_own_is_told_with_that_of_its_class(
    error: type[PplinkError], capsys: pytest.CaptureFixture[str]
) -> None:
    output.failure(error("what went wrong"))
    told = capsys.readouterr().err
    assert told == f"pplink: error: what went wrong\npplink: hint: {error.usual}\n"


def raised_texts() -> list[tuple[str, int, str]]:
    """The literal beginnings and ends of messages in the code: (file, line, text)."""
    found = []
    for path in sorted(Path(pplink.__file__).parent.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") in CODES and node.args:
                first = node.args[0]
                parts = first.values if isinstance(first, ast.JoinedStr) else [first]
                found.extend(
                    (path.name, node.lineno, str(part.value))
                    for part in (parts[0], parts[-1])
                    if isinstance(part, ast.Constant)
                )
    return found


def test_messages_end_without_a_full_stop() -> None:
    assert [
        text for text in raised_texts() if text[2].rstrip().endswith(".") and not text[2].endswith("...")
    ] == []

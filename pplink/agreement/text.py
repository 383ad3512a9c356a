"""Text: the agreement as a file; `describe` has it as a person reads it."""

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec

from pplink import canonical
from pplink.agreement.checks import HINT, terms_from
from pplink.agreement.contribution import body_from
from pplink.agreement.model import SIGNATURE, Agreement
from pplink.canonical import Json, MalformedError
from pplink.errors import AgreementError
from pplink.files import read_bytes
from pplink.keys.signing import Signed, check_form
from pplink.keys.strict import read_strict

FORMAT = "pplink-agreement-file/1"
LIMIT = 1 << 24
"""Bytes in a file, at most."""
CUT = "the file was cut short or changed on its way, or is no agreement: get it again from a unit that has it"
"""Where there is not even JSON."""


class _File(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    format: Literal["pplink-agreement-file/1"]
    terms: dict[str, Any]
    signatures: Annotated[tuple[Signed, ...], msgspec.Meta(max_length=64)]


def read(data: bytes) -> Agreement:
    """The agreement in a file. Says nothing of whether its signatures are good: see `signatures.check`.

    Raises AgreementError, naming the JSON path, for anything that `write` would not have written.
    """
    if len(data) > LIMIT:
        raise AgreementError(f"agreement is larger than {LIMIT:,} bytes", "is it the right file?")
    if not data:
        raise AgreementError("agreement is empty", CUT)
    try:
        value = canonical.exactly(data)
        return _reader(value)(value)
    except MalformedError as error:
        raise AgreementError(f"agreement: {error}", HINT if _is_json(data) else CUT) from None


def load(path: Path) -> Agreement:
    """As `read`, of a file. Raises UsageError for one that is not there or too large, UnavailableError too."""
    return read(read_bytes(path, "agreement", LIMIT))


def write(agreement: Agreement) -> bytes:
    """The RFC 8785 form, so that no byte can change unnoticed; `describe` is for people."""
    return canonical.to_bytes(
        {
            "format": FORMAT,
            "terms": agreement.terms.to_json(),
            "signatures": [signed.to_json() for signed in agreement.signatures],
        }
    )


def _is_json(data: bytes) -> bool:
    try:
        canonical.from_bytes(data)
    except MalformedError:
        return False
    return True


def _reader(value: Json) -> Callable[[Json], Agreement]:
    if not isinstance(value, dict):
        raise MalformedError("$: expected an object")
    version = value.get("format")
    if not isinstance(version, str) or version not in READERS:
        raise MalformedError("$.format: not a version of agreement that this release reads")
    return READERS[version]


def _read_1(value: Json) -> Agreement:
    file = read_strict(value, _File)
    terms = terms_from(file.terms)
    for i, signed in enumerate(file.signatures):
        _check_signature(signed, f"$.signatures[{i}]")
        if i and signed.signer <= file.signatures[i - 1].signer:
            raise MalformedError(f"$.signatures[{i}].signer: signatures stand once each, in order of names")
    return Agreement(terms=terms, signatures=file.signatures)


def _check_signature(signed: Signed, path: str) -> None:
    check_form(signed, path)
    if signed.kind != SIGNATURE:
        raise MalformedError(f"{path}.kind: not {SIGNATURE}")
    body_from(signed, path)


READERS: dict[str, Callable[[Json], Agreement]] = {FORMAT: _read_1}

"""Protocols of other packages: a small distribution is put where Python finds packages."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from pplink.agreement import extensions, text
from pplink.agreement.describe import describe
from pplink.audit.verification import verify
from pplink.cli.main import run
from pplink.errors import AgreementError, RefusedError, UnavailableError
from pplink.session.catalogue import check

MODULE = """
from pplink.agreement.extensions import Extension
from pplink.agreement.protocols import Disclosure
from pplink.session import blinded_broker, inputs
from pplink.session.plan import Offer

TOLD = Disclosure(does="shouts", unit="all that is shouted", broker="how loud", attacked="nothing to attack: a test")
SHOUTED = Extension(
    version="shouted/7",
    disclosure=TOLD,
    offer=Offer(check=lambda terms: None, plan=blinded_broker.Plan.of, prepare=inputs.prepare),
)
OTHER = "no extension"
BAD_VERSION = Extension(version="shouted", disclosure=TOLD, offer=None)
"""


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """install(NAME=ENTRY, ...) puts a distribution of one module on the path, with these entry points."""
    numbers = iter(range(9))

    def make(module: str = MODULE, **entries: str) -> None:
        number = next(numbers)
        site = tmp_path / f"site{number}"
        info = site / f"loud{number}-1.{number}.dist-info"
        info.mkdir(parents=True)
        (site / f"loud{number}.py").write_text(module)
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: loud{number}\nVersion: 1.{number}\n")
        lines = "".join(f"{name} = loud{number}:{entry}\n" for name, entry in entries.items())
        (info / "entry_points.txt").write_text(f"[pplink.protocols]\n{lines}")
        monkeypatch.syspath_prepend(str(site))
        monkeypatch.delitem(sys.modules, f"loud{number}", raising=False)
        importlib.invalidate_caches()

    return make


def test_a_registered_protocol_is_agreed_run_and_verified(install, make_table) -> None:
    install(shouted="SHOUTED")
    table = make_table(protocol="shouted")
    assert text.read(text.write(table.agreement)) == table.agreement
    table.run()
    assert len(table.result("north").couples[0].own) == len(table.result("south").couples[0].own) > 0
    report = verify(table.results["hub"], agreement_id=table.agreement.id)
    assert report.first_failure is None
    assert any("shouted/7" in each.detail for each in report.checks)


def test_signers_are_shown_whose_it_is_and_what_its_makers_say(install, proposed_agreement) -> None:
    install(shouted="SHOUTED")
    shown = dict(describe(proposed_agreement(protocol="shouted")))
    assert shown["protocol"] == "shouted: shouts"
    assert "is of package loud0 1.0, not of pplink" in shown["BEWARE"]
    assert shown["learns"] == "broker hub: how loud"


def test_the_table_of_protocols_has_it_and_its_costs_are_not_known(install, capsys) -> None:
    install(shouted="SHOUTED")
    assert run(["unit", "protocols", "--no-costs"]) == 0
    assert "shouted:" in capsys.readouterr().out


def test_an_agreement_on_a_protocol_that_is_not_installed_is_refused(install, proposed_agreement) -> None:
    with pytest.raises(AgreementError, match=r"terms.protocol: is none of pplink's, nor of a package"):
        proposed_agreement(protocol="shouted")


@pytest.mark.parametrize("word", ["ecdh_psi", "blinded_broker", "broker_clk"])
def test_a_word_of_pplink_s_own_is_refused_whatever_is_run(install, proposed_agreement, word, capsys) -> None:
    install(**{word: "SHOUTED"})
    own = proposed_agreement("documents-exact")
    with pytest.raises(
        RefusedError, match=f"package loud0 1.0 registers a protocol {word}, which pplink has itself"
    ):
        check(own.terms)
    assert run(["unit", "protocols", "--no-costs"]) == 8
    assert "which pplink has itself" in capsys.readouterr().err


def test_a_word_that_two_packages_register_is_refused(install) -> None:
    install(shouted="SHOUTED")
    install(shouted="OTHER")
    with pytest.raises(RefusedError, match="both register a protocol shouted"):
        extensions.registered()


def test_a_word_that_no_agreement_can_have_is_refused(install) -> None:
    install(**{"Shout-ed": "SHOUTED"})
    with pytest.raises(RefusedError, match="under no word for one"):
        extensions.registered()


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ("OTHER", "is no extension of pplink"),
        ("BAD_VERSION", "is no extension of pplink"),
        ("MISSING", "does not load: AttributeError"),
    ],
)
def test_a_package_that_is_broken_is_named(install, entry, said) -> None:
    install(shouted=entry)
    with pytest.raises(UnavailableError, match=f"protocol shouted of package loud0 1.0 {said}"):
        extensions.extension("shouted")


def test_a_package_s_code_does_not_run_before_its_protocol_is_named(install, proposed_agreement) -> None:
    install("raise SystemError('ran')", shouted="SHOUTED")
    check(proposed_agreement("documents-exact").terms)
    with pytest.raises(UnavailableError, match="does not load: SystemError"):
        describe(proposed_agreement(protocol="shouted"))

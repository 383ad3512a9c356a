"""Page: a risk report as one HTML file, for whoever must answer for the list. It loads nothing from elsewhere.

It is written out: for one page a template engine would be a package too many.
"""

from __future__ import annotations

from html import escape

from pplink.dataset.risk import Attack, RiskReport

STYLE = """
body { font: 16px/1.5 sans-serif; max-width: 52em; margin: 2em auto; color: #222 }
table { border-collapse: collapse; width: 100% } td, th { padding: .3em .6em; text-align: left; vertical-align: top }
tr { border-bottom: 1px solid #ddd } .n { text-align: right; white-space: nowrap }
.bar { position: relative; width: 14em; height: 1.1em; background: #eee }
.bar i { position: absolute; top: 0; bottom: 0; left: 0; background: #b33 }
.bar b { position: absolute; top: .45em; height: .2em; background: #222 }
.key .bar i { background: #999 }
"""


def page(report: RiskReport, purpose: str) -> str:
    """The report in HTML. purpose: the agreement's."""
    whose = (
        "the attacked persons themselves, the worst case"
        if report.population == "own list"
        else "a given file"
    )
    rows = "".join(map(_row, report.attacks))
    return f"""<!doctype html>
<html lang="en"><meta charset="utf-8"><title>Risk report</title><style>{STYLE}</style>
<h1>What attacks told from the encodings</h1>
<p>{report.records:,} records, agreement <code>{report.agreement[:16]}…</code>: {escape(purpose)}</p>
<p><strong>At most {report.reidentified:.1%}</strong> of the persons attacked may be told from their encodings without
the key (upper end of 95 % of the best attack). The attacker knew all parameters and a population: {whose}.</p>
<table><tr><th>attack<th class="n">known beforehand<th class="n">told<th class="n">95 %<th class="n">by chance<th></tr>
{rows}</table>
<p>Bars: share told, and its interval. Grey: attacks that begin with the units' secret, or with a unit that invents
people; no encoding withstands them, and they do not count towards the figure above.</p>
<p>An attack that fails here is no proof: a stronger one may come, and encodings once seen cannot be called back.</p>
</html>
"""


def _row(attack: Attack) -> str:
    bar = (
        f'<div class="bar"><i style="width:{attack.share:.2%}"></i>'
        f'<b style="left:{attack.low:.2%};width:{attack.high - attack.low:.2%}"></b></div>'
    )
    figures = (
        f"{attack.known:,}",
        f"{attack.share:.1%} of {attack.attacked:,}",
        f"{attack.low:.1%} – {attack.high:.1%}",
        f"{attack.chance:.2%}",
    )
    cells = "".join(f'<td class="n">{figure}' for figure in figures)
    return f"<tr{' class=key' if attack.with_key else ''}><td>{escape(attack.name)}{cells}<td>{bar}</tr>\n"

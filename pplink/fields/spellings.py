"""Spellings: what in a name is no name, and which letters are one sound written in unlike ways. Tables, as data.

Sources: the letters by which the romanisations of ALA-LC, BGN/PCGN, ISO 9, DIN 1460 and DIN 31635, and the habits of
French, English and Swedish newspapers, differ for one Cyrillic or Arabic letter; titles and particles as style guides
of those languages list them. No entry is taken from any list of persons. Which titles and particles are names too:
those in tables of names, of the U.S. Census Bureau (1990) or in Latin letters in Faker 40.54, or in
`evaluation/population/data`; less ranks, abbreviations and NEVER.
"""

from __future__ import annotations

from collections.abc import Sequence


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


SAME_SOUND: tuple[tuple[str, str], ...] = (
    ("shch", "sh"), ("tsch", "ch"), ("tch", "ch"), ("sch", "sh"), ("tsj", "ch"), ("tj", "ch"), ("sj", "sh"),
    ("dzh", "j"), ("dj", "j"), ("zh", "j"), ("kh", "h"), ("gh", "g"), ("ph", "f"), ("th", "t"), ("dh", "d"),
    ("ck", "k"), ("cz", "ch"), ("sz", "sh"), ("ou", "u"), ("oo", "u"), ("ee", "i"), ("ie", "i"), ("ij", "i"),
    ("x", "ks"), ("q", "k"), ("w", "v"), ("y", "i"), ("j", "i"),
)  # fmt: skip
"""(written, sound), applied in this order, each everywhere. шч is shch, sch, sjtj; خ kh, h, ch; ع nothing at all."""

SOFT = "aeiouh"
"""Letters that Arabic and Hebrew do not write, or that romanisations add at will."""

TITLES = _words(
    """
    alhaj alhaji amir brig brigadier capt captain cheikh chief col colonel commandant commander dr emir eng engineer
    gen general hadji hafiz haji hajj hajji imam ing lieutenant lord lt maj major maulana maulavi maulvi mawla mawlana
    mawlawi mawlawy molla moulavi mr mrs ms mulla mullah prof professor qari sayed sayyid sergeant sgt shaikh shaykh
    sheik sheikh sir syed the ustad ustadh
    """
)
"""Ranks, honours and forms of address."""

PARTICLES = _words(
    """
    abi abou abu af al an ar as ash at av az ad ben bin bint da das de del della den der di do dos e el i ibn la las le
    les ould oum ter ten ul uld um umm van von y zu zum
    """
)
"""Small words between names, written or left out at will. A name of nothing else keeps them."""

NEVER = _words("capt del della der dr las les lt mr mrs ms prof sgt the ul von zu zum")
"""Titles and particles that nobody has for a name. Others are names too: Amir Shaikh, Hafiz Syed, An Le, Ben Das."""

UNKNOWN = _words(
    """
    anonymous desconhecida desconhecido desconocida desconocido fnu inconnu inconnue lnu neizvestnaya neizvestno
    neizvestnyy nfn nieznana nieznane nieznany nln nmn nn okand onbekend sconosciuta sconosciuto unbekannt unknown xx
    xxx xxxx
    """
)
"""What is written where a name is not known: words for unknown, and the letters of forms (FNU: first name unknown)."""

NO_NAMES = NEVER | UNKNOWN
"""What is no name in a column of names. Single letters are none either."""

FEWEST = 3
"""Letters of a whole name. Two persons of one birth date whose names have two letters score 0.75 where no letter is
the same."""

BORNE_TITLES = _words(
    "amir cheikh emir hadji hafiz haji hajj hajji imam maulana molla sayed sayyid shaikh shaykh sheikh syed"
)
"""Titles that are names too. Hajj, Hajji and Shaykh are in none of the tables, but sound as Haji and Shaikh."""

TONGUES = tuple(map(_words, (
    "abou abu al an ar as ash ben bin el ibn oum um",
    "de el la",
    "de la le",
    "as das de do",
    "al de di la le",
    "de ten van",
    "an um",
)))  # fmt: skip
"""Particles that are names too, by the language in which they are none: Arabic, Spanish, French, Portuguese, Italian,
Dutch, German."""

BORNE_PARTICLES = frozenset().union(*TONGUES)
"""An, Bin, Das, De, Di, Do, Le, Van and so on."""


def tells(word: str) -> bool:
    """Whether a word of a whole name is part of it by which a person is told from others."""
    return len(word) > 1 and word not in TITLES and word not in PARTICLES and word not in UNKNOWN


def tells_alone(word: str) -> bool:
    """The same of a word in a column of given or family names, where most titles and particles are names."""
    return len(word) > 1 and word not in NO_NAMES


def told_by(words: Sequence[str]) -> list[str]:
    """The words of a whole name by which a person is told from others; none where it is nobody's name.

    Those that tell. Where these have fewer than FEWEST letters, the particles that are names count as well: `Le Vu`.
    Where there are none, titles and particles that are names do, if they cannot all be what they are otherwise:
    `Amir Shaikh` and `An Le` are persons, but not `de la`, `Abu al`, `al Amir`, `Dr. Sheikh` or `Haji`.
    """
    names = [word for word in dict.fromkeys(words) if tells(word)]
    if sum(map(len, names)) >= FEWEST:
        return names
    titles, particles = BORNE_TITLES.intersection(words), BORNE_PARTICLES.intersection(words)
    if names:
        return [*names, *particles]
    if titles:
        told = [*titles, *particles - TONGUES[0]]
        return told if len(told) > 1 else []
    return [] if any(particles <= tongue for tongue in TONGUES) else [*particles]

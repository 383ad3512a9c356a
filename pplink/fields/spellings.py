"""Spellings: what in a name is no name, and which letters are one sound written in unlike ways. Tables, as data.

Sources: the letters by which the romanisations of ALA-LC, BGN/PCGN, ISO 9, DIN 1460 and DIN 31635, and the habits of
French, English and Swedish newspapers, differ for one Cyrillic or Arabic letter; titles and particles as style guides
of those languages list them. No entry is taken from any list of persons.
"""

from __future__ import annotations


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


def tells(word: str) -> bool:
    """Whether a word of a whole name is part of it by which a person is told from others."""
    return len(word) > 1 and word not in TITLES and word not in PARTICLES and word not in UNKNOWN


def tells_alone(word: str) -> bool:
    """The same of a word in a column of given or family names, where most titles and particles are names."""
    return len(word) > 1 and word not in NO_NAMES

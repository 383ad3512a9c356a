"""Countries: nationality and places by ISO 3166, from codes and names in many languages, former countries too."""

from __future__ import annotations

import re
from functools import cache

from pplink.fields.problem import BadValueError, Problem
from pplink.fields.transliteration import transliterate
from pplink.fields.visited import Shared, Visited

LANGUAGES = (
    "ar", "az", "be", "bg", "bn", "bs", "ca", "cs", "da", "de", "el", "en", "es", "et", "fa", "fi", "fr", "he",
    "hi", "hr", "hu", "hy", "id", "it", "ja", "ka", "kk", "ko", "ky", "lt", "lv", "mk", "ms", "nb", "nl", "pl",
    "ps", "pt", "ro", "ru", "sk", "sl", "sq", "sr", "sv", "tg", "th", "tk", "tr", "uk", "ur", "uz", "vi", "zh",
)  # fmt: skip
"""Whose names of countries are known, from the Unicode CLDR as Babel has it."""

SUCCESSORS = {
    "bumm": "mm", "cshh": "cz sk", "csxx": "rs me", "ddde": "de", "dybj": "bj", "hvbf": "bf", "rhzw": "zw",
    "tptl": "tl",
    "suhh": "am az by ee ge kg kz lt lv md ru tj tm ua uz", "vdvn": "vn", "ydye": "ye", "yucs": "ba hr me mk rs si xk",
    "zrcd": "cd",
}  # fmt: skip
"""Former countries, by the codes of ISO 3166-3, and the present ones on their land."""

ALSO = {
    "uk": "gb", "england": "gb", "scotland": "gb", "greatbritain": "gb", "usa": "us", "unitedstatesofamerica": "us",
    "america": "us", "holland": "nl", "dprk": "kp", "northkorea": "kp", "southkorea": "kr", "republicofkorea": "kr",
    "drcongo": "cd", "drc": "cd", "kosovo": "xk", "xk": "xk", "xkx": "xk", "palestine": "ps", "burma": "mm",
    "ivorycoast": "ci", "capeverde": "cv", "swaziland": "sz", "ussr": "suhh", "sovietunion": "suhh", "cccp": "suhh",
    "sssr": "suhh", "sovietskiisoiuz": "suhh", "su": "suhh", "suhh": "suhh", "yugoslavia": "yucs", "yu": "yucs",
    "czechoslovakia": "cshh", "eastgermany": "ddde", "gdr": "ddde", "ddr": "ddde", "dd": "ddde", "zaire": "zrcd",
    "congodemocraticrepublicofthe": "cd", "democraticrepublicofthecongo": "cd", "congorepublicofthe": "cg",
    "republicofthecongo": "cg", "koreanorth": "kp", "koreasouth": "kr", "turkey": "tr", "stateofpalestine": "ps",
    "palestinian": "ps", "gaza": "ps", "gazastrip": "ps", "westbank": "ps", "macedonia": "mk", "bosnia": "ba",
    "stkittsandnevis": "kn", "uppervolta": "hvbf", "dahomey": "dybj", "rhodesia": "rhzw",
    "serbiaandmontenegro": "csxx", "southyemen": "ydye",
}  # fmt: skip
"""Habits that neither ISO nor the CLDR has: what people write -> code."""

_APART = re.compile(r"[,;/|&]| and ")


class Country(Visited):
    """Codes by the alphabet, a space between: `ru ua`; of former countries four letters, `suhh`."""

    def fold(self, value: str) -> str:
        """`DE`, `DEU`, `Germany`, `Deutschland`, `Германия` are `de`; `Syria, Lebanon` is `lb sy`.

        Raises BadValueError for a name that is of no country here.
        """
        whole = _code(value)
        if whole:
            return whole
        found = []
        for part in _APART.split(value.lower()):
            if _key(part):
                found += [_code(part) or _codes(part)]
            elif part.strip(" \t\r\n\v\f."):
                raise BadValueError(Problem.NOT_A_COUNTRY)
        return " ".join(sorted(set(" ".join(found).split())))

    def cut(self, text: str) -> Shared:
        """Each code; of a former country also those after it, with half the share."""
        shares = {code: 1 for former in text.split() for code in SUCCESSORS.get(former, "").split()}
        shares |= dict.fromkeys(text.split(), 2)
        return [(code.encode(), share) for code, share in shares.items()]


COUNTRY = Country()


def _key(name: str) -> str:
    return "".join(filter(str.isalpha, name.lower()))


def _code(name: str) -> str:
    """A country's code, or nothing."""
    key = _key(name).removeprefix("the").removeprefix("former")
    return ALSO.get(key) or _iso().get(key) or (_names().get(key, "") if len(key) > 3 else "")


def _codes(part: str) -> str:
    """Several codes with spaces between, as this kind writes them."""
    codes = [_code(word) for word in part.split()]
    if not all(codes):
        raise BadValueError(Problem.NOT_A_COUNTRY)
    return " ".join(codes)


@cache
def _iso() -> dict[str, str]:
    """Codes and English names, by letters alone."""
    import pycountry

    found: dict[str, str] = {former: former for former in SUCCESSORS}
    for country in pycountry.countries:
        own = country.alpha_2.lower()
        names = (country.name, getattr(country, "official_name", ""), getattr(country, "common_name", ""))
        for name in (own, country.alpha_3, *names):
            found.setdefault(_key(transliterate(name)), own)
    found.pop("", None)
    return found


@cache
def _names() -> dict[str, str]:
    """Names in other languages; one that two countries have, in two languages, is neither's."""
    from babel import Locale

    found: dict[str, str] = {}
    for language in LANGUAGES:
        for code, name in Locale(language).territories.items():
            own, key = code.lower(), _key(transliterate(name))
            if len(code) == 2 and own in _iso() and key:
                found[key] = own if found.get(key, own) == own else ""
    return found

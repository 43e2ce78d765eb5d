"""Names outside ASCII: UTS 46 folding, A-labels and U-labels, scripts.

The ``idna`` package is imported on first use: a name in plain ASCII never pays for it.
"""

from __future__ import annotations

import unicodedata
from typing import Final

from certkit.pki.refusal import NameRefused, quoted

A_LABEL_PREFIX: Final = "xn--"

# UTS 39 section 5.2 "highly restrictive", the level that browsers' address bars use: one script
# to a label, or Latin with those that are written together in Chinese, Japanese and Korean.
_SCRIPTS_WRITTEN_TOGETHER: Final = tuple(
    frozenset(scripts.split())
    for scripts in (
        "LATIN CJK IDEOGRAPHIC HIRAGANA KATAKANA KATAKANA-HIRAGANA",
        "LATIN CJK IDEOGRAPHIC BOPOMOFO",
        "LATIN CJK IDEOGRAPHIC HANGUL",
    )
)


def fold(text: str) -> str:
    """``text`` in lower case, full-width forms and ideographic dots folded (UTS 46 mapping).

    Raises NameRefused ``name.idn-invalid`` for characters that no host name may hold.

    >>> fold("Nas。ＴＥＳＴ")
    'nas.test'
    """
    if text.isascii():
        return text.lower()
    import idna

    try:
        return idna.uts46_remap(text, std3_rules=False)
    except idna.IDNAError as error:
        raise _invalid(text) from error


def to_a_label(label: str) -> str:
    """The A-label of a folded label; a plain ASCII label is its own.

    Raises NameRefused ``name.idn-invalid``, for an A-label that cannot be decoded too.

    >>> to_a_label("bücher")
    'xn--bcher-kva'
    """
    if label.isascii() and not label.startswith(A_LABEL_PREFIX):
        return label
    import idna

    try:
        encoded = idna.alabel(idna.ulabel(label) if label.isascii() else label).decode("ascii")
    except UnicodeError as error:
        raise _invalid(label) from error
    if label.isascii() and encoded != label:  # RFC 5891 section 5.3; older idna let it pass
        raise _invalid(label)
    return encoded


def to_unicode(domain: str) -> str:
    """``domain`` with its A-labels decoded for display; one that cannot be decoded stays.

    >>> to_unicode("*.xn--bcher-kva.test")
    '*.bücher.test'
    """
    if A_LABEL_PREFIX not in domain:
        return domain
    return ".".join(map(_to_u_label, domain.split(".")))


def mixed_scripts(label: str) -> tuple[str, ...]:
    """The scripts of a U-label when they are not written together in any language, sorted.

    The script is the first word of a letter's Unicode name, for Python ships no script property.
    Over the letters that IDNA 2008 allows it differs from the property where nobody mixes (the
    three scripts named TAI) and for modifier letters (the Hawaiian okina), which are in common use.

    >>> mixed_scripts("\\u0430pple")
    ('CYRILLIC', 'LATIN')
    >>> mixed_scripts("bücher")
    ()
    """
    scripts = frozenset(
        unicodedata.name(character, "UNKNOWN").split()[0]
        for character in label
        if unicodedata.category(character).startswith("L")
    ) - {"MODIFIER"}
    if len(scripts) < 2 or any(scripts <= together for together in _SCRIPTS_WRITTEN_TOGETHER):
        return ()
    return tuple(sorted(scripts))


def _to_u_label(label: str) -> str:
    if not label.startswith(A_LABEL_PREFIX):
        return label
    import idna

    try:
        return idna.ulabel(label)
    except UnicodeError:
        return label


def _invalid(text: str) -> NameRefused:
    if text.isascii():
        return NameRefused(
            "name.idn-invalid",
            f"{quoted(text)} is not an A-label: nothing valid stands behind its 'xn--'",
            hint="type the name in its own letters (bücher.test); certkit encodes it",
        )
    return NameRefused(
        "name.idn-invalid",
        f"{quoted(text)} holds a character that no host name may hold (IDNA 2008)",
        hint="keep to letters, digits and hyphens; symbols and emoji are not allowed",
    )

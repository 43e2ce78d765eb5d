"""The public suffix list: the names under which strangers register theirs."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from publicsuffixlist import PublicSuffixList

# RFC 8375. Chromium refuses a wildcard on it; the lists of 2024 do not have it yet.
_HOME_NETWORKS: Final = "home.arpa"


def is_public_suffix(domain: str) -> bool:
    """Whether ``domain`` (A-labels, lower case) is in the ICANN part of the list.

    The private part (``github.io``) does not count: who works there may hold the whole of it,
    and browsers accept a wildcard on it. The list comes with the package ``publicsuffixlist``;
    no network is used.

    >>> is_public_suffix("co.uk"), is_public_suffix("dev"), is_public_suffix("dev.example.com")
    (True, True, False)
    >>> is_public_suffix("github.io"), is_public_suffix("myhost")
    (False, False)
    """
    return domain == _HOME_NETWORKS or _icann_list().is_public(domain)


@cache
def _icann_list() -> PublicSuffixList:
    from publicsuffixlist import PublicSuffixList

    return PublicSuffixList(only_icann=True, accept_unknown=False)

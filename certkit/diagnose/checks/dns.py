"""Whether the name leads to an address."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Final

from certkit.findings import Fix
from certkit.pki.refusal import quoted
from certkit.verify.wording import error

if TYPE_CHECKING:
    from collections.abc import Iterator

    from certkit.diagnose.case import Case
    from certkit.findings import Finding


def check_found(case: Case) -> Iterator[Finding]:
    lookup = case.seen.lookup
    if lookup is None or lookup.failure is None:
        return
    shown = quoted(case.target.host)
    late = lookup.failure.kind == "timeout"
    yield error(
        "dns.not-found",
        f"the name server did not answer for {shown} in time"
        if late
        else f"the name {shown} has no address: {lookup.failure.text}",
        "the name is neither in DNS nor in this machine's hosts file; browsers say "
        "ERR_NAME_NOT_RESOLVED",
        Fix(
            "command",
            shlex.join(
                ["certkit", "doctor", case.target.url, "--connect", f"127.0.0.1:{case.target.port}"]
            ),
        ),
    )


CHECKS: Final = (check_found,)

"""Read what others wrote: nginx configuration, and pages that open ``ws://``."""

from certkit.audit.auditing import Report, audit, corrected

__all__ = ["Report", "audit", "corrected"]

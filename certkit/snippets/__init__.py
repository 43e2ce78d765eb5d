"""CONFIGURE: the text that makes a server or a client use a certificate. Pure.

One template (``templates/``) and one registry row (:mod:`.registry`) a server; :func:`render`
fills it. Every value is quoted for the language of the file, or refused.
"""

from __future__ import annotations

from certkit.snippets.inputs import Profile, SnippetInput
from certkit.snippets.registry import SNIPPETS, Snippet, find
from certkit.snippets.rendering import placed, render
from certkit.snippets.upstream import Upstream

__all__ = ["SNIPPETS", "Profile", "Snippet", "SnippetInput", "Upstream", "find", "placed", "render"]

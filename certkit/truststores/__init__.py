"""TRUST: put a root where the clients of this machine look, know that it is there, take it out.

A :class:`~certkit.truststores.store.Store` is one kind of trust store; its places are the bundles,
databases and keystores of that kind on this :class:`~certkit.truststores.machine.Machine`. Every
change is a list of typed steps (:mod:`.steps`) that can be shown, printed for a person, or run.
To add a store: a module that finds its places, a row in :mod:`.registry`; the contract test in
tests/truststores then asks the rest.
"""

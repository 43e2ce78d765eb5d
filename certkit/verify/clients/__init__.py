"""What each real client will say of a chain, a name and a time; none is run to find out.

The rules are tables, one module for each family of clients; each row has its source, a
measurement or a document. They are asked of the same facts that the verdict is made of: the paths
that the signatures allow, the questions of its checks, the names. That a certificate is among
``roots`` means that it stands in that client's trust store.
"""

from __future__ import annotations

from certkit.verify.clients.prediction import CLIENTS, Prediction, predict

__all__ = ["CLIENTS", "Prediction", "predict"]

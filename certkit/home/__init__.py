"""REMEMBER: the CA home on disk. :class:`certkit.home.home.Home` is its front door."""

"""The command line: one file a command, one table, one error boundary (:mod:`.app`)."""

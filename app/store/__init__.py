"""The cache of an account and the history of attempts, in SQLite."""

"""SQLite only: the cache of an account and the history of attempts."""

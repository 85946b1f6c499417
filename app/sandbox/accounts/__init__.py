"""The account that the sandbox serves: read from its folder, built into a database, queried there."""

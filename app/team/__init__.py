"""Where the desks of a team meet: a PostgreSQL database, reached with psycopg. Nothing here knows SQLite or a screen."""

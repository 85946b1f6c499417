"""triggerdesk: a terminal desk for triggering external events and reading what came back.

The map, from the top down; a module imports only from the lines below its own::

    __main__      python -m app
    cli           the commands: parse, build, print
    tui           the dashboard (Textual)        bootstrap     Profile -> Session
    service       the verbs of the product: check, send, refresh, look up, history
    sandbox       the endpoint, in process or on a port (Starlette)
    store         the cache and the history (SQLite)      client        the wire (httpx)
    settings      flags > environment > config file       resources     styles/ and sample_data/
    domain        the words, the rules, the wire format: pure
"""

__version__ = "0.1.0"

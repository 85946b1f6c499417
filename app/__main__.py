"""`python -m app` is `triggerdesk`."""

from app.cli import main

if __name__ == "__main__":
    main()

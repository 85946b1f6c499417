"""The wire: HTTP only, and the one folder that knows httpx."""

"""The endpoint re-enacted: in process behind an ASGI transport, or served on a port."""

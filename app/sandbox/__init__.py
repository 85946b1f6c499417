"""The Emarsys endpoint, simulated: in process behind an ASGI transport, or served on a port."""

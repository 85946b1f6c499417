"""The calls of the API, each a function from what was asked to what is answered."""

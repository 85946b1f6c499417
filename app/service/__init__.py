"""The verbs of the product over one account; `session` has the service itself."""

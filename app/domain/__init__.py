"""Values, rules and sentences, without I/O and third-party libraries."""

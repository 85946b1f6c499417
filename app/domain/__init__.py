"""Values, rules and sentences: pure, standard library only."""

"""The words of the product and the rules of the endpoint: pure, standard library only."""

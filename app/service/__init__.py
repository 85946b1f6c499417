"""Everything the program does with an account; the dashboard and the command line call it."""

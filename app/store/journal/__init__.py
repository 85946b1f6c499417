"""The attempts as they were recorded: the file, its rows, writing and letting go."""

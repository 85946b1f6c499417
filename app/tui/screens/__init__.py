"""What fills the terminal: the dashboard, and what opens above it."""

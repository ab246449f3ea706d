"""The terminal: options, commands, progress bars, signals, exit statuses, and remedies in its own words."""

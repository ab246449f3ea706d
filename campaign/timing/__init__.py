"""When messages may be sent: cron lines, due times, windows, the night, spread, reservations. No clock is read."""

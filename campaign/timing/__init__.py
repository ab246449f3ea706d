"""When things may happen: timetables, windows of the day, and sending spread over time. Pure; no clock is read here."""

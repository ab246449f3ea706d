"""The sandbox over real HTTP, in a real process."""

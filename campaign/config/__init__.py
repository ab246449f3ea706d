"""What a user configures: the campaign file, its sections, the environment's variables, the starter."""

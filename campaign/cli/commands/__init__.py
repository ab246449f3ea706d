"""What the commands do, once their words are understood: the terminal's side of the engine."""

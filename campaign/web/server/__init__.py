"""The process that answers browsers. It loads neither the engine nor pandas; its child processes do what takes long."""

"""What tests share: a sender's desk, builders, set clocks."""

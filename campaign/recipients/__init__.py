"""Recipients: the only reader of spreadsheets, the rules for numbers, and the lists never to be sent to."""

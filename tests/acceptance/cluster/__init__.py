"""Workers of a cluster as processes: killed, frozen, cut off; and what the sandbox, the journal and the workbook say."""

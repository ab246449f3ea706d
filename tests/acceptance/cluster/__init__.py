"""Workers of a cluster as processes: killed, frozen, cut off; and what the sandbox and the workbook say."""

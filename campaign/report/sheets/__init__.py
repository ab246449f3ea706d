"""What stands in the sheets of a workbook: the rows of a run, its requests, its summary."""

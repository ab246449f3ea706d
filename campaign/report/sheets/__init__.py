"""The sheets of a workbook: a run's rows, requests and problems, its summary, the comparison of runs."""

"""What became of a run, for people: the result workbook and the totals it rests on. The only writer of workbooks."""

"""Result workbooks, flat files and totals of runs. The only package that writes workbooks."""

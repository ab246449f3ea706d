"""How workbooks are written: tables of Arrow columns and pages of cells, whatever they are about."""

"""Checks a campaign's rows before anything is sent: statuses, reasons, advertising rules, consent."""

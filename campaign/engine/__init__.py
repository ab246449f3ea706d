"""The engine that every door calls: check, plan, execute, report. It knows no terminal, flag, signal or exit status."""

"""The template language: filters, Korean particles, dates. Runs inside the renderer process."""

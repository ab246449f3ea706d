"""The template language: environment, filters, Korean particles, dates. Runs in a renderer process."""

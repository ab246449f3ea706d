"""The sandbox as an HTTP server. Only these modules need Starlette and uvicorn."""

"""The sandbox as an HTTP server. The only rooms of the sandbox that need Starlette and uvicorn."""

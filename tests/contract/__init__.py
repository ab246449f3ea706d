"""The contract: pairs of request and answer transcribed from the vendor's document, held against both sides."""

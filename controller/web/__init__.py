"""The REST interface and the officers' pages."""

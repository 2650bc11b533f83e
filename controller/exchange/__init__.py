"""From rows to signed messages, and from speakers' messages to rows."""

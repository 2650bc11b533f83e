"""The first page: what sounds now, today's broadcasts, what needs a person."""

"""The tokens of the links that `one_of_everything` makes: the database has only their hashes."""

LINKS = [f"a-link-that-tests-know-{number}" for number in range(50)]

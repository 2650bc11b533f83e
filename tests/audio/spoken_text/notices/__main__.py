"""All fragments as a table for the scorer: category, input, readings separated by ` || `."""

from tests.audio.spoken_text.notices import fragments

if __name__ == "__main__":
    print("category\tinput\taccepted")  # noqa: T201  # a command prints
    for each in fragments():
        print(each.category, each.text, " || ".join(each.readings), sep="\t")  # noqa: T201

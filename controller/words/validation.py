"""What pydantic finds wrong, as phrases that stand inside a sentence after the field's name."""

from typing import TYPE_CHECKING

from pydantic_core import PydanticCustomError

from controller.words.phrases import Phrase, as_written

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

_OURS = "phrase"


def unfit(phrase: Phrase) -> PydanticCustomError:
    """What a validator of ours raises, so that `phrase_of` finds its words again."""
    return PydanticCustomError(_OURS, "{phrase}", {"phrase": phrase})


def phrase_of(error: "ErrorDetails") -> Phrase:
    """One of `ValidationError.errors()`. What has no words here is said as pydantic says it, in English."""
    given = error.get("ctx", {})
    match error["type"]:
        case "phrase":
            return given["phrase"] if isinstance(given["phrase"], Phrase) else as_written(error["msg"])
        case "missing":
            return Phrase("field_missing")
        case "extra_forbidden":
            return Phrase("field_unknown")
        case "string_too_long" | "too_long" | "bytes_too_long":
            return Phrase("field_too_long")
        case "string_too_short" | "too_short" | "bytes_too_short":
            return Phrase("field_too_short")
        case "json_invalid" | "json_type":
            return Phrase("field_not_json")
        case "string_type" | "string_unicode":
            return Phrase("field_not_text")
        case "int_type" | "int_parsing" | "int_from_float" | "int_parsing_size":
            return Phrase("field_not_whole")
        case "float_type" | "float_parsing" | "finite_number":
            return Phrase("field_not_number")
        case "bool_type" | "bool_parsing":
            return Phrase("field_not_boolean")
        case "list_type" | "tuple_type" | "set_type":
            return Phrase("field_not_list")
        case "dict_type" | "model_type" | "model_attributes_type":
            return Phrase("field_not_object")
        case "literal_error" | "enum":
            # “'a', 'b' or 'c'”: its values are names that stay as they are.
            return Phrase("field_not_among", expected=str(given["expected"]).replace(" or ", ", "))
        case "greater_than_equal":
            return Phrase("field_too_small", least=str(given["ge"]))
        case "less_than_equal":
            return Phrase("field_too_great", most=str(given["le"]))
        case "string_pattern_mismatch":
            return Phrase("field_pattern", pattern=str(given["pattern"]))
        case _:
            return as_written(error["msg"].removeprefix("Value error, "))

"""A piper voice for tests: an ONNX graph that hums longer for more phonemes and for a slower pace."""

import json
from pathlib import Path

import onnx
from onnx import TensorProto, helper

SAMPLES_PER_PHONEME = 256
RATE = 22_050
_PHONEMES = "_^$ abcdefghijklmnopqrstuvwxyzæɐɑɒɓɔɕɗəɛɜɡɣɤɨɪɯɲŋɔœøʂʈʃʊʋʌʐʒʔˀˈˌːɹɾθðβ1234567-.,!?ˑ͡"


def make_voice(folder: Path, name: str = "vi_VN-thu-low", *, silent: bool = False) -> Path:
    """Write the voice's file and its `.json` next to it; returns the file."""
    file = folder / f"{name}.onnx"
    onnx.save(_model(0.0 if silent else 0.3), str(file))
    config = {
        "audio": {"sample_rate": RATE},
        "espeak": {"voice": "vi"},
        "inference": {"noise_scale": 0.667, "length_scale": 1.0, "noise_w": 0.8},
        "num_symbols": 256,
        "num_speakers": 1,
        "phoneme_id_map": {each: [number] for number, each in enumerate(dict.fromkeys(_PHONEMES))},
    }
    file.with_name(f"{file.name}.json").write_text(json.dumps(config), encoding="utf-8")
    return file


def _model(strength: float) -> onnx.ModelProto:
    def number(name: str, value: float) -> onnx.NodeProto:
        return helper.make_node("Constant", [], [name], value=helper.make_tensor(name, TensorProto.FLOAT, [], [value]))

    def whole(name: str, values: list[int]) -> onnx.NodeProto:
        tensor = helper.make_tensor(name, TensorProto.INT64, [len(values)], values)
        return helper.make_node("Constant", [], [name], value=tensor)

    nodes = [
        number("zero", 0.0),
        number("one", 1.0),
        number("samples", float(SAMPLES_PER_PHONEME)),
        number("pitch", 0.06),
        number("strength", strength),
        whole("second", [1]),
        whole("first_axis", [0]),
        whole("both_axes", [0, 1]),
        helper.make_node("Cast", ["input_lengths"], ["phonemes"], to=TensorProto.FLOAT),
        helper.make_node("Gather", ["scales", "second"], ["pace"]),
        helper.make_node("Mul", ["phonemes", "pace"], ["paced"]),
        helper.make_node("Mul", ["paced", "samples"], ["lengths"]),
        helper.make_node("Squeeze", ["lengths", "first_axis"], ["length"]),
        helper.make_node("Range", ["zero", "length", "one"], ["at"]),
        helper.make_node("Mul", ["at", "pitch"], ["phase"]),
        helper.make_node("Sin", ["phase"], ["wave"]),
        helper.make_node("Mul", ["wave", "strength"], ["hum"]),
        helper.make_node("Unsqueeze", ["hum", "both_axes"], ["output"]),
    ]
    graph = helper.make_graph(
        nodes,
        "hums",
        [
            helper.make_tensor_value_info("input", TensorProto.INT64, [1, "phonemes"]),
            helper.make_tensor_value_info("input_lengths", TensorProto.INT64, [1]),
            helper.make_tensor_value_info("scales", TensorProto.FLOAT, [3]),
        ],
        [helper.make_tensor_value_info("output", TensorProto.FLOAT, [1, 1, "length"])],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 15)], ir_version=8)

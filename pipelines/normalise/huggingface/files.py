"""Reads from the files of a repository on the Hub whether it has a licence and weights to download."""

import re
from collections.abc import Iterator
from typing import Any, Final

from pipelines.formats.record_reader import LONGEST_LINE, FieldError, shown
from pipelines.formats.text import unfit_for_line
from pipelines.normalise.huggingface.vocabulary import WEIGHT_TAGS
from schemas.listing import Fact

_LICENCE_FILE: Final = re.compile(r"LICEN[CS]E[A-Za-z0-9._-]*\Z", re.IGNORECASE)
_WEIGHTS: Final = re.compile(
    r"[^/]+\.(?:safetensors|gguf|ggml|onnx|h5|msgpack|pt|pth|ckpt|tflite|nemo|ot|keras|mlmodel|npz)\Z"
    r"|(?:pytorch_model|adapter_model|model|consolidated|ggml-model)[^/]*\.bin\Z"
)
_PICKLED: Final = re.compile(
    r"[^/]+\.(?:pt|pth|th|ckpt|pkl|pickle|joblib)\Z|(?:pytorch_model|adapter_model|model|consolidated)[^/]*\.bin\Z"
)
"""Weights that are read by unpickling, which can run code; shards have a number in their name."""

_OF_TRAINING: Final = re.compile(r"(?:training_args|optimizer|scheduler|scaler|random_states|rng_state|tokenizer)")


def file_facts(siblings: object, tags: list[str], *, disabled: bool | None) -> Iterator[Fact]:
    """Facts of the first licence file and the first weight file; without a list of files, tags show the weights.

    A disabled repository gives nobody its weights.
    """
    files = list(_files(siblings))
    licence = next((file for file in files if _LICENCE_FILE.match(file[0])), None)
    weights = next((file for file in files if is_weights(file[0])), None)
    if not files:
        weights = next(((tag, f"/tags/{place}") for place, tag in enumerate(tags) if tag in WEIGHT_TAGS), None)
    if licence:
        yield Fact("licence_file", *licence, licence[0])
    if weights and not disabled:
        yield Fact("open_weights", True, weights[1], weights[0])
    pickled = next((file for file in files if is_pickled(file[0])), None)
    if pickled and not disabled:
        yield Fact("pickled_weights", True, pickled[1], pickled[0])


def is_weights(path: str) -> bool:
    """Whether a file's name is one of a model's weights, and not of the state of its training."""
    name = path.rpartition("/")[2]
    return _WEIGHTS.match(name) is not None and not _OF_TRAINING.match(name)


def is_pickled(path: str) -> bool:
    """Whether a file's name is one of weights that are unpickled when they are loaded."""
    name = path.rpartition("/")[2]
    return _PICKLED.match(name) is not None and not _OF_TRAINING.match(name)


def _files(siblings: Any) -> Iterator[tuple[str, str]]:  # noqa: ANN401 - JSON can be anything
    """Names of files with their locators, without names that disguise something."""
    if siblings is not None and not isinstance(siblings, list):
        raise FieldError("/siblings", f"is {shown(siblings)}, not a list of files or null")
    for number, file in enumerate(siblings or ()):
        name = file.get("rfilename") if isinstance(file, dict) else None
        if not isinstance(name, str):
            raise FieldError(f"/siblings/{number}/rfilename", f"is {shown(name)}, not the name of a file")
        if 0 < len(name) <= LONGEST_LINE and not unfit_for_line(name):
            yield name, f"/siblings/{number}/rfilename"

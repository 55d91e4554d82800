import json
from pathlib import Path

import numpy as np
import pytest

from core.features.encoder_formats import (
    SENTENCE_TRANSFORMERS,
    STATIC,
    files_of,
    kind_of,
    open_whole,
)
from tests.encoders import (
    VOCABULARY,
    modules_encoder,
    static_encoder,
    word_vectors,
)

TEXTS = ["flood hits town", "", "Council rejects budget", "the", "flood " * 40, "flood hits north"]

BERT = '{"model_type": "bert"}'
WORDLLAMA = [
    "tokenizers/l2_supercat_tokenizer_config.json",
    "weights/l2_supercat_256.safetensors",
]
MODEL2VEC = '{"model_type": "model2vec"}'


def vectors_of(text: str, around: tuple[str, ...] = ()) -> np.ndarray:
    """The tokens' vectors, by hand: `around` are the special tokens at both ends."""
    words = [word if word in VOCABULARY else "[UNK]" for word in text.lower().split()]
    words = [*around[:1], *words, *around[1:]]
    return word_vectors()[[VOCABULARY.index(word) for word in words]]


@pytest.mark.parametrize(
    ("names", "config", "kind"),
    [
        (["config.json", "model.safetensors", "tokenizer.json"], MODEL2VEC, STATIC),
        (["config.json", "model.safetensors", "modules.json", "tokenizer.json"], MODEL2VEC, STATIC),
        (
            ["config.json", "model.safetensors", "modules.json", "tokenizer.json"],
            BERT,
            SENTENCE_TRANSFORMERS,
        ),
        (["modules.json", "onnx/model.onnx", "tokenizer.json"], BERT, SENTENCE_TRANSFORMERS),
        (["config.json", "onnx/model.onnx", "tokenizer.json"], BERT, None),
        (["config.json", "model.safetensors", "tokenizer.json"], BERT, None),
        (["config.json", "model.safetensors", "tokenizer.json"], "[no JSON", None),
        (WORDLLAMA, "", STATIC),
        ([*WORDLLAMA, "modules.json"], "", STATIC),
        (WORDLLAMA[:1], "", None),
        ([], "", None),
    ],
)
def test_a_kind_is_told_by_its_files(names: list[str], config: str, kind: str | None):
    assert kind_of(names, lambda name: config) == kind


def test_only_what_is_read_belongs_to_an_encoder():
    names = """README.md config.json modeling.py model.safetensors modules.json onnx/model.onnx
        openvino/a.json pytorch_model.bin tokenizer.json 1_Pooling/config.json vocab.txt
        2_Dense/pytorch_model.bin .git/config.json tf_model.h5""".split()
    modules = """1_Pooling/config.json 2_Dense/pytorch_model.bin config.json model.safetensors
        modules.json tokenizer.json vocab.txt""".split()
    assert files_of(SENTENCE_TRANSFORMERS, names) == modules
    assert files_of(STATIC, names) == ["config.json", "model.safetensors", "tokenizer.json"]


def test_a_static_text_is_the_mean_of_its_known_words(tmp_path: Path):
    read = open_whole(STATIC, static_encoder(tmp_path / "static"))
    known = vectors_of("flood hits").mean(axis=0)
    found = read(["flood hits town", "", "town"])
    np.testing.assert_allclose(found[0], known, rtol=1e-5)
    assert not found[1:].any()


def test_a_folder_of_modules_is_read_as_its_own_library_reads_it(tmp_path: Path):
    from sentence_transformers import SentenceTransformer

    folder = modules_encoder(tmp_path / "modules")
    expected = SentenceTransformer(str(folder), device="cpu").encode(TEXTS, batch_size=1)
    found = open_whole(SENTENCE_TRANSFORMERS, folder)(TEXTS)
    np.testing.assert_allclose(found, expected, atol=1e-6)


def test_code_in_an_encoders_folder_is_never_run(tmp_path: Path):
    folder = modules_encoder(tmp_path / "modules")
    witness = tmp_path / "it ran"
    (folder / "evil.py").write_text(f"open({str(witness)!r}, 'w')\nclass Evil: pass\n")
    modules = json.loads((folder / "modules.json").read_text())
    modules[0]["type"] = "evil.Evil"
    (folder / "modules.json").write_text(json.dumps(modules))
    with pytest.raises(ValueError, match="custom code"):
        open_whole(SENTENCE_TRANSFORMERS, folder)
    assert not witness.exists()


def test_a_text_has_the_same_numbers_whatever_is_read_with_it(tmp_path: Path):
    read = open_whole(SENTENCE_TRANSFORMERS, modules_encoder(tmp_path / "modules"))
    alone = np.concatenate([read([text]) for text in TEXTS])
    assert np.array_equal(read(TEXTS), alone)

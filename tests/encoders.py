"""Small encoders to test with: real folders, as the libraries that read them write them."""

import json
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tests.conftest import DISASTERS, OBJECTS, PLACES, SUBJECTS, VERBS

WORDS = (*DISASTERS, *PLACES, *SUBJECTS, *VERBS, *OBJECTS, "hits", "in", "the")
SPECIAL = ("[PAD]", "[UNK]", "[CLS]", "[SEP]")
VOCABULARY = (*SPECIAL, *WORDS)
WIDTH = 8


def word_vectors(seed: int = 0) -> NDArray[np.float32]:
    """A vector for each word of the vocabulary; disasters are alike."""
    vectors = np.random.default_rng(seed).normal(size=(len(VOCABULARY), WIDTH))
    for word in DISASTERS:
        vectors[VOCABULARY.index(word), 0] += 4
    return vectors.astype(np.float32)


def write_tokenizer(folder: Path, *, special: bool, most: int | None = None) -> None:
    """Splits at white space; with `special`, [CLS] and [SEP] stand around each text."""
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors

    vocabulary = {word: at for at, word in enumerate(VOCABULARY)}
    tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.Lowercase()
    tokenizer.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    if special:
        tokenizer.post_processor = processors.TemplateProcessing(
            single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
        )
    if most:
        tokenizer.enable_truncation(most)
    tokenizer.save(str(folder / "tokenizer.json"))


def static_encoder(folder: Path, seed: int = 0) -> Path:
    """model2vec's layout."""
    from safetensors.numpy import save_file

    folder.mkdir(parents=True)
    write_tokenizer(folder, special=False)
    save_file({"embeddings": word_vectors(seed)}, folder / "model.safetensors")
    (folder / "config.json").write_text('{"model_type": "model2vec", "normalize": true}')
    return folder


def quantized_encoder(folder: Path) -> Path:
    """model2vec's layout, in which similar pieces share a vector; of a text four pieces count."""
    from safetensors.numpy import save_file

    static_encoder(folder, seed=3)
    draw = np.random.default_rng(4)
    arrays = {
        "embeddings": word_vectors(seed=5)[:20].astype(np.float16),
        "mapping": draw.integers(0, 20, len(VOCABULARY)),
        "weights": draw.random(len(VOCABULARY)),
    }
    save_file(arrays, folder / "model.safetensors")
    edit_json(folder / "config.json", max_length=4)
    return folder


def modules_encoder(folder: Path, seed: int = 1) -> Path:
    """sentence-transformers' layout: a transformer of one layer, untrained, and a mean."""
    import torch
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import Pooling, Transformer
    from transformers import BertConfig, BertModel, PreTrainedTokenizerFast

    parts = folder.with_name(f"{folder.name} parts")
    parts.mkdir(parents=True, exist_ok=True)
    write_tokenizer(parts, special=True)
    named = {"pad_token": "[PAD]", "unk_token": "[UNK]", "cls_token": "[CLS]", "sep_token": "[SEP]"}
    PreTrainedTokenizerFast(
        tokenizer_file=str(parts / "tokenizer.json"), model_max_length=32, **named
    ).save_pretrained(parts)
    torch.manual_seed(seed)
    config = BertConfig(
        vocab_size=len(VOCABULARY),
        hidden_size=WIDTH,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=16,
        max_position_embeddings=32,
    )
    BertModel(config).save_pretrained(parts)
    transformer = Transformer(str(parts))
    SentenceTransformer(modules=[transformer, Pooling(WIDTH)], device="cpu").save(str(folder))
    return folder


def edit_json(path: Path, **values: object) -> None:
    """Changes these entries of a JSON file."""
    content = json.loads(path.read_text())
    path.write_text(json.dumps({**content, **values}))

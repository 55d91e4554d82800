import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from core.errors import RunError
from core.features import encoder as encoder_module
from core.features.encoder import encoder_place, open_encoder
from tests.encoders import edit_json, modules_encoder, onnx_encoder, static_encoder

TEXTS = ["flood hits town", "", "council rejects budget", "ünknown \ud800", "flood\nhits"]


def test_vectors_have_the_length_of_their_kind_in_16_bits(tmp_path: Path):
    for make, weight in ((static_encoder, 0.75), (onnx_encoder, 1.0), (modules_encoder, 1.0)):
        encoder = open_encoder("e", make(tmp_path / make.__name__ / "e").parent)
        vectors = encoder.encode(TEXTS)
        assert (encoder.weight, vectors.dtype, vectors.shape) == (weight, np.float16, (5, 8))
        lengths = np.linalg.norm(vectors.astype(float), axis=1)
        assert np.all((abs(lengths - weight) < 2e-3) | (lengths == 0))
        assert np.array_equal(encoder.encode(TEXTS), vectors)
        assert np.array_equal(encoder.encode(TEXTS[2:3]), vectors[2:3])


def test_an_encoder_is_found_below_the_workspace_or_anywhere(tmp_path: Path):
    static_encoder(tmp_path / "workspace" / "encoders" / "small")
    below = open_encoder("encoders/small", tmp_path / "workspace")
    anywhere = open_encoder(str(tmp_path / "workspace" / "encoders" / "small"), tmp_path / "other")
    assert below.key == anywhere.key
    place = encoder_place("encoders/small", tmp_path / "workspace")
    assert open_encoder(place, Path("/")).folder == below.folder
    assert encoder_place("somebody/model", tmp_path) == "somebody/model"
    assert encoder_place("", tmp_path) == ""


def test_the_key_is_that_of_the_content(tmp_path: Path):
    one, same = (static_encoder(tmp_path / name, seed=1) for name in ("one", "same"))
    (same / "README.md").write_text("a word about it")
    key = open_encoder(str(one), tmp_path).key
    assert open_encoder(str(same), tmp_path).key == key
    assert open_encoder(str(static_encoder(tmp_path / "x", seed=2)), tmp_path).key != key
    edit_json(same / "config.json", normalize=False)
    assert open_encoder(str(same), tmp_path).key != key


@pytest.mark.parametrize("name", ["./nothing here", "/nowhere/at/all", "~/nothing/here"])
def test_a_folder_that_is_missing_is_named(tmp_path: Path, name: str):
    with pytest.raises(RunError, match=r"There is no folder `.*` for the encoder. Correct"):
        open_encoder(name, tmp_path, download=True)


def test_a_folder_without_an_encoder_is_refused(tmp_path: Path):
    with pytest.raises(RunError, match=r"holds no encoder: neither model2vec's files"):
        open_encoder(str(tmp_path), tmp_path)


@pytest.mark.parametrize("make", [static_encoder, onnx_encoder])
@pytest.mark.parametrize("damage", ["tokenizer.json", "model"])
def test_a_damaged_encoder_is_refused_with_the_mend(tmp_path: Path, make, damage: str):
    folder = make(tmp_path / "damaged")
    for path in folder.glob(f"{damage}*"):
        path.write_bytes(path.read_bytes()[:100])
    encoder = open_encoder("damaged", tmp_path)
    with pytest.raises(RunError, match=r"`damaged` in .* cannot be used \(.*Put its files there"):
        encoder.encode(["flood"])


def test_numbers_that_are_none_are_refused(tmp_path: Path):
    from safetensors.numpy import load_file, save_file

    file = static_encoder(tmp_path / "broken") / "model.safetensors"
    save_file({"embeddings": load_file(file)["embeddings"] * np.float32(np.nan)}, file)
    with pytest.raises(RunError, match="no finite vector for each text"):
        open_encoder("broken", tmp_path).encode(["flood"])


def test_a_missing_package_is_named_with_the_way_to_install_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    onnx_encoder(tmp_path / "graph")
    monkeypatch.setitem(encoder_module.PACKAGES, "onnx", ("onnxruntime", "no_such_package"))
    with pytest.raises(RunError, match=r"no_such_package is missing. Run: pip install -r requirem"):
        open_encoder("graph", tmp_path)


def test_the_app_needs_none_of_the_optional_packages(tmp_path: Path):
    """In a process in which importing any of them fails."""
    names = "model2vec onnxruntime tokenizers sentence_transformers transformers huggingface_hub"
    program = f"""
import sys
sys.modules.update(dict.fromkeys({names.split()!r}))
import core.__main__, core.analysis.simulation
from core.errors import RunError
from core.features.encoder import open_encoder
from pathlib import Path
try:
    open_encoder("somebody/model", Path("."), download=True)
except RunError as error:
    print(error)
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "the package huggingface_hub is missing. Run: pip install" in done.stdout

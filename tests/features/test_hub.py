from collections.abc import Iterator
from pathlib import Path

import huggingface_hub.constants
import numpy as np
import pytest

from core.errors import RunError
from core.features.encoder import hub_folder, open_encoder
from core.system.progress import in_words
from tests.encoders import modules_encoder, static_encoder
from tests.hub import Hub

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
    assert told[0] == f"asking for the encoder {NAME}"
    assert told[1].startswith(f"downloading {NAME}, 0 MB")
    assert hub.files_asked() == ["config.json", "model.safetensors", "tokenizer.json"]
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
    with pytest.raises(RunError, match=r"cannot be downloaded \(.*that have arrived are kept"):
        open_encoder(NAME, tmp_path, download=True)
    with pytest.raises(RunError, match="neither a folder nor downloaded"):
        open_encoder(NAME, tmp_path)
    hub.cut_short.clear()
    hub.asked.clear()
    encoder = open_encoder(NAME, tmp_path, download=True)
    assert encoder.key == open_encoder(str(hub.folders[NAME]), tmp_path).key
    assert hub.files_asked() == ["config.json", "model.safetensors"]


def test_a_name_that_nobody_has_is_refused(hub: Hub, tmp_path: Path):
    with pytest.raises(RunError, match="`nobody/nothing` is neither a folder nor an encoder"):
        open_encoder("nobody/nothing", tmp_path, download=True)
    with pytest.raises(RunError, match="neither a folder nor"):
        hub_folder("a/b/c", download=True)


def test_a_repository_without_an_encoder_is_refused_before_it_is_downloaded(
    hub: Hub, tmp_path: Path
):
    other = tmp_path / "other"
    other.mkdir()
    (other / "weights.bin").write_bytes(b"0" * 100)
    hub.folders["somebody/other"] = other
    with pytest.raises(RunError, match=r"holds no encoder that can be read here.*Name another"):
        open_encoder("somebody/other", tmp_path, download=True)
    assert hub.files_asked() == []


def test_without_a_network_it_is_said_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, hub: Hub
):
    point_at("http://127.0.0.1:9", monkeypatch)
    with pytest.raises(RunError, match="Connect to the network and try again"):
        open_encoder(NAME, tmp_path, download=True)

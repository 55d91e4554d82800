"""The pool's space and rows: what is counted, what is cached, what stays out."""

import numpy as np

from core.lexicon import tokens_of
from core.loop import Loop, read_loop
from core.pool_space import pool_rows, pool_space
from core.space import learn_space
from tests.conftest import MakeWorkspace, headlines, write_csv
from tests.test_space import some_weights


def test_the_space_is_that_of_the_texts(active: Loop):
    """Of the pool and of the training items that it does not hold, but of nothing held out."""
    texts = active.pool_words.pool.texts.to_pylist()
    assert not active.held_out.any()
    outside = [item.text for item in active.labels.usable_training()]
    tokens, bags = tokens_of([*texts, *sorted(outside)])
    expected = learn_space(tokens, bags, np.ones(len(bags), bool))
    assert pool_space(active).key == expected.key


def test_copies_of_held_out_items_teach_nothing(active: Loop):
    before = pool_space(active)
    held_out = active.labels.splits["evaluation"]
    copies = [(f"copy{at}", f"{item.text.upper()} ") for at, item in enumerate(held_out)]
    write_csv(active.workspace.path / "unlabeled_data" / "copies.csv", copies)
    loop = read_loop(active.workspace)
    assert loop.held_out.sum() == len(held_out) == 30
    assert pool_space(loop).key == before.key
    # They are scored like all others.
    assert len(pool_rows(loop, before)) == 330


def test_pool_items_that_become_held_out_are_no_longer_counted(make_workspace: MakeWorkspace):
    items = headlines(200)
    workspace = make_workspace([item[:2] for item in items])
    before = pool_space(read_loop(workspace))
    write_csv(workspace.path / "evaluation_data" / "related.csv", [(*items[5][:2], "1")])
    after = pool_space(read_loop(workspace))
    tokens, bags = tokens_of([text for _, text, _ in items[:5] + items[6:]])
    assert after.key == learn_space(tokens, bags, np.ones(199, bool)).key != before.key


def test_the_cache_gives_the_same_as_no_cache(active: Loop):
    plain = read_loop(active.workspace, write_cache=False)
    space = pool_space(plain)
    assert not list(active.workspace.cache.glob("space-*"))
    rows, weights = pool_rows(plain, space), some_weights(space)
    expected = rows.projection(weights)(0, len(rows))
    for _ in range(2):
        cached = pool_space(active)
        assert cached.key == space.key
        again = pool_rows(active, cached).projection(weights)
        assert np.array_equal(again(0, len(rows)), expected)
    kinds = sorted(entry.name.split("-")[0] for entry in active.workspace.cache.iterdir())
    assert kinds == ["pool", "rows", "space", "words"]


def test_labels_from_the_pool_change_no_space(make_workspace: MakeWorkspace):
    items = headlines(200)
    workspace = make_workspace([item[:2] for item in items])
    before = pool_space(read_loop(workspace))
    write_csv(workspace.path / "training_data" / "related.csv", [(*items[5][:2], "1")])
    loop = read_loop(workspace)
    assert len(loop.labels.usable_training()) == 1
    assert pool_space(loop).key == before.key


def test_an_older_space_places_todays_pool(active: Loop):
    older = pool_space(active)
    write_csv(active.workspace.path / "unlabeled_data" / "more.csv", [("n", "quake hits quake")])
    loop = read_loop(active.workspace)
    rows, weights = pool_rows(loop, older), some_weights(older)
    outside = older.rows(loop.pool_words.pool.texts.to_pylist())
    np.testing.assert_allclose(
        rows.projection(weights)(0, 301), outside.projection(weights)(0, 301), atol=1e-6
    )

"""The data card: its figures are those of the workspace, its texts are nobody's Markdown."""

from pathlib import Path
from unicodedata import category

import pytest
from hypothesis import example, given
from hypothesis import strategies as some
from markdown_it import MarkdownIt
from sklearn.metrics import cohen_kappa_score

from core.evaluation.intervals import wilson
from core.evaluation.report import report_path
from core.exchange.export_formats import LAYOUTS
from core.exchange.exporter import data_card, plain
from core.exchange.provenance import provenance
from core.workspace.events import Inbox
from core.workspace.labels import labels_hash
from core.workspace.layout import open_workspace
from core.workspace.logs import append_records, new_event
from core.workspace.relabel import adjudicate
from core.workspace.snapshot import Snapshot, open_snapshot, read_snapshot
from core.workspace.task import SECOND_OPINION
from tests.conftest import MakeWorkspace, headlines
from tests.teams import Team
from tests.worlds import new_proposal

SCRIPTED = '<script>alert(1)</script> [x](http://a.b) | *b* `c` $d$ :e: &amp; # "q"'

RENDER = MarkdownIt("commonmark").enable("table")


def card_of(snapshot: Snapshot, form: str = "csv") -> str:
    return data_card(snapshot, provenance(snapshot), LAYOUTS[form])


def shown(markdown: str) -> str:
    """The text of a page of one paragraph, or of several parts, as a browser shows it."""
    [block] = [token for token in RENDER.parse(markdown) if token.type == "inline"]
    assert {each.type for each in block.children} <= {"text"}
    return "".join(each.content for each in block.children)


@given(some.text(some.characters(codec="utf-8")))
@example(SCRIPTED)
@example("- a")
@example("1. a")
@example("1) a")
@example("+ a")
@example("> a")
@example("===")
@example("\u202eevil")
@example("\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645 👨\u200d👩\u200d👧")
@example("\\*a\\*")
def test_a_text_is_shown_as_it_is_wherever_it_stands(text: str):
    turning = "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
    seen = (" " if category(x) == "Cc" or x in turning else x for x in text)
    line = " ".join("".join(seen).split())
    if line:
        assert shown(plain(text)) == line
        assert shown(f"> {plain(text)}") == line
        cell = RENDER.render(f"| a | b |\n| --- | --- |\n| {plain(text)} | 1 |")
        assert cell.count("<td>") == 2


def test_it_tells_counts_shares_and_the_evaluation_sets_fingerprint(active: Snapshot):
    card = card_of(active)
    evaluation = active.labels.splits["evaluation"]
    counts = active.labels.counts(active.workspace.task)
    positives = counts["evaluation"]["1"]
    fingerprint = labels_hash(evaluation, active.workspace.task)
    assert f"| 1 | {positives} | 0 | {counts['training']['1']} |" in card
    assert f"| 0 | {30 - positives} | 0 | {counts['training']['0']} |" in card
    assert "| total | 30 | 0 | 60 |" in card
    assert f"{positives} of 30 items are Disaster-related" in card
    assert f"`{fingerprint}`" in card
    assert "No model was trained." in card
    assert "| not recorded | 30 | 0 | 60 |" in card


def test_it_has_the_last_runs_scores_with_intervals(demo_folder: Path):
    snapshot = open_snapshot(demo_folder)
    run = snapshot.logs.runs[-1]
    card = card_of(snapshot)
    assert f"| AUC | {run.auc:.3f} | 0." in card
    assert f"`{run.evaluation_hash}`" in card
    assert "has changed since" not in card
    assert "| oracle |" in card
    assert "| low confidence | 0 | 0 |" in card


def test_it_says_that_the_evaluation_data_has_changed_since(demo: Path):
    workspace = open_workspace(demo)
    with (demo / "evaluation_data" / "related.csv").open("a") as file:
        file.write("new,Flood in Lima,1\n")
    assert "has changed since" in card_of(read_snapshot(workspace))


def test_a_damaged_report_leaves_the_scores_of_the_log(demo: Path):
    snapshot = open_snapshot(demo)
    run = snapshot.logs.runs[-1]
    report_path(demo / run.params_file).write_text("{")
    assert f"| AUC | {run.auc:.3f} |  |" in card_of(snapshot)


def test_it_counts_what_is_left_out(make_workspace: MakeWorkspace):
    labels = {
        ("training", "1"): [["a", "Quake", "1"], ["c", "Flood", "1"]],
        ("training", "0"): [["a", "Quake", "0"]],
        ("evaluation", "0"): [["d", "FLOOD", "0"]],
    }
    workspace = make_workspace([["b", "Storm"]], labels)
    proposals = [new_proposal("b1", "Ann", "training", item, "random") for item in ("b", "c")]
    append_records(workspace.batches, proposals)
    flags = [new_event("b1", "Ann", "flag", item, note="odd") for item in ("b", "c")]
    Inbox(workspace).receive(flags)
    card = card_of(read_snapshot(workspace))
    assert "- Items with two labels and no decision: 1." in card
    assert "no label here: 1. Those that have one are not left out: 1." in card
    assert "training items with the text of an evaluation or validation item, 1." in card


@pytest.mark.parametrize(("form", "called"), [("csv", "a b"), ("huggingface", "0")])
def test_it_tells_what_stands_for_a_label(make_workspace: MakeWorkspace, form: str, called: str):
    task = '[[labels]]\nvalue = "a b"\nfile = "related.csv"\npositive = true\n'
    task += '[[labels]]\nvalue = "c"\nfile = "c.csv"\n'
    labels = {("training", "1"): [["a", "Quake", "a b"]]}
    card = card_of(read_snapshot(make_workspace(labels=labels, task=task)), form)
    assert f"| a b | a b | yes | {called} |" in card


@pytest.mark.parametrize("form", LAYOUTS)
def test_nobodys_text_is_markup_in_it(make_workspace: MakeWorkspace, form: str):
    task = f"title = '''{SCRIPTED}'''\n[instructions]\nshort = '''{SCRIPTED}\n\n- a\n1. b'''\n"
    workspace = make_workspace([["item_id", "text", SCRIPTED], ["a", "Quake", "x"]], task=task)
    append_records(workspace.batches, [new_proposal("b1", "", "training", "a", SCRIPTED)])
    Inbox(workspace).receive([new_event("b1", SCRIPTED, "label", "a", label="1")])
    page = RENDER.render(card_of(read_snapshot(workspace), form))
    for tag in ("<script", "<a ", "<em>", "<li>\n<p>a", "<img"):
        assert tag not in page
    # Opinions come without the pool's columns.
    assert page.count("&lt;script&gt;") == 5 - (form == "opinions")
    assert "<p>- a<br />\n1. b</p>" in page
    assert "\\" not in page
    assert "<code>c</code>" not in page


def test_it_tells_how_far_people_agree_on_random_items(make_workspace: MakeWorkspace):
    items = headlines(60)
    team = Team(make_workspace([item[:2] for item in items]).path, {})
    ids = [item[0] for item in items[:50]]
    given = {"ann": ("b1", "random"), "bob": ("b2", SECOND_OPINION)}
    answers = {
        person: {x: "1" if at < number else "0" for at, x in enumerate(ids)}
        for person, number in (("ann", 10), ("bob", 14))
    }
    for person, (batch_id, strategy) in given.items():
        proposals = [new_proposal(batch_id, person, "training", x, strategy) for x in ids]
        append_records(team.workspace.batches, proposals)
        for item_id, answer in answers[person].items():
            team.say(person, batch_id, item_id, answer)
    card = card_of(team.snapshot)
    said = card.split("## Agreement\n\n")[1].split("\n\n## ")[0]
    assert "Items on which people differ and nobody has decided: 4." in said
    assert "On 50 items that chance has chosen, which two or more of 2 people labeled" in said
    share = wilson(46, 50)
    assert f"agree in a share of {share.value:.2f} ({share.low:.2f} to {share.high:.2f})" in said
    kappa = cohen_kappa_score(*(list(x.values()) for x in answers.values()))
    alpha = kappa + (1 - kappa) / 100  # of two people who differ this little, near enough
    assert abs(float(said.split("alpha is ")[1].split()[0]) - alpha) < 0.01
    assert f"{2 * 10 / 24:.2f} (" in said
    adjudicate(team.workspace, team.inbox, ids[11], "1", "lea")
    assert "nobody has decided: 3." in card_of(team.snapshot)


def test_where_each_item_has_one_persons_label_it_says_nothing_of_agreement(active: Snapshot):
    assert "## Agreement" not in card_of(active)

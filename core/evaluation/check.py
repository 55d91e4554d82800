"""Whether what stands in `models/` hangs together, and what rests on one person's word.

Both are parts of the doctor's examination. Of a params file only what it needs is read: its weights
stay on the disk, so a changed weight is not noticed. Spaces and reports are read whole; a space
takes a second per gigabyte to hash.
"""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from core.errors import RunError
from core.evaluation.agreement import unlike_the_others
from core.evaluation.agreement_report import agreement_report, evaluation_opinions
from core.evaluation.report import load_report
from core.features.model_files import read_model_file
from core.features.pool_features import load_space
from core.system.durable import DAMAGED
from core.system.findings import Finding, Kind, counted
from core.workspace.logs import Run
from core.workspace.snapshot import Snapshot

LEAST_ITEMS = 20  # of a person's that others labeled too, before anything is said of them


def examine_models(folder: Path, runs: Sequence[Run]) -> Iterator[Finding]:
    """Warnings about runs, params files, spaces and reports without each other, and damaged ones.

    A params file that cannot be read may need any space: then none is called superfluous.
    """
    params = sorted(folder.glob("*.params"))
    yield from _run_files(folder, runs, params)
    needed, findings = _needed_spaces(params)
    yield from findings
    yield from _spaces(folder, needed, all_known=not findings)
    yield from _reports(folder, {run.params_file for run in runs})


def _run_files(folder: Path, runs: Sequence[Run], params: list[Path]) -> Iterator[Finding]:
    for run in runs:
        if not _is_there(folder.parent / run.params_file):
            what = f"the model file {run.params_file} of {run.run_id} is missing"
            todo = "Its scores are kept. Train again to get a model."
            yield Finding.at(Kind.RUN_ALONE, "runs.csv", f"{what}. {todo}")
    named = {run.params_file for run in runs}
    for path in params:
        if f"models/{path.name}" not in named:
            what = "belongs to no run: training stopped too early. It can be set aside."
            yield _finding(Kind.STRAY_PARAMS, path, what)


def _is_there(path: Path) -> bool:
    """Whether it is a file; a name that no file can have is none."""
    try:
        return path.is_file()
    except OSError:
        return False


def _needed_spaces(params: list[Path]) -> tuple[dict[str, list[Path]], list[Finding]]:
    """(each needed space's key with the params files that need it, those that cannot be read)."""
    needed: dict[str, list[Path]] = {}
    findings: list[Finding] = []
    for path in params:
        try:
            key = read_model_file(path, tensors=False).get("space")
        except DAMAGED:
            what = "is damaged, or not a model file of Sunlight. Move it away and train again."
            findings.append(_finding(Kind.DAMAGED_PARAMS, path, what))
            continue
        if key is not None:
            needed.setdefault(str(key), []).append(path)
    return needed, findings


def _spaces(folder: Path, needs: Mapping[str, list[Path]], *, all_known: bool) -> Iterator[Finding]:
    """Spaces that are missing, damaged or, where the needs of all files are known, not needed."""
    present = {path.stem: path for path in sorted(folder.glob("*.space"))}
    for key, users in needs.items():
        for path in users if key not in present else ():
            what = f"needs models/{key}.space, which is missing. Put that back, or train again."
            yield _finding(Kind.NO_SPACE, path, what)
    for key, path in present.items():
        try:
            load_space(folder, key)
        except DAMAGED:
            what = "does not hold the features that its name says. Move it away and train again."
            yield _finding(Kind.DAMAGED_SPACE, path, what)
        else:
            if all_known and key not in needs:
                what = "is not used by any model. It can be set aside."
                yield _finding(Kind.STRAY_SPACE, path, what)


def _reports(folder: Path, named: set[str]) -> Iterator[Finding]:
    """Reports that are damaged, or of no params file. That of a run still has its intervals."""
    for path in sorted(folder.glob("*.json")):
        params = path.with_suffix(".params")
        try:
            load_report(params)
        except RunError as error:
            yield Finding(Kind.DAMAGED_REPORT, f"models/{path.name}", str(error))
        if not params.is_file():
            what = f"reports on {params.name}, which is missing. Put that back, or set this aside."
            by_hand = f"models/{params.name}" in named
            yield _finding(Kind.STRAY_REPORT, path, what, by_hand=by_hand)


def _finding(kind: Kind, path: Path, what: str, *, by_hand: bool = False) -> Finding:
    """A warning about a file in `models/`, whose message begins with the file's name."""
    name = f"models/{path.name}"
    return Finding(kind, name, f"{name} {what}", by_hand=by_hand)


def examine_opinions(snapshot: Snapshot) -> Iterator[Finding]:
    """Warnings about labels that stand on one person's word."""
    yield from _by_one_person(snapshot)
    yield from _unlike_all(snapshot)
    yield from _lone_decisions(snapshot)


def _by_one_person(snapshot: Snapshot) -> Iterator[Finding]:
    """One finding if several people label here, and no two of them the same test item."""
    labels = snapshot.labels
    people = {opinion.annotator for opinion in labels.words.opinions} - {""}
    by_two, _ = evaluation_opinions(labels, snapshot.workspace.task)
    number = len(labels.splits["evaluation"])
    if len(people) > 1 and number and not by_two:
        what = (
            f"no two people have labeled the same item of the {counted(number, 'test item')}, so "
            "nobody can tell how far scores depend on who labeled. `overlap = 0.1` below "
            "`[quality]`, or in Settings on Data, asks a second person about a tenth of them."
        )
        yield Finding.at(Kind.BY_ONE_PERSON, "task.toml", what)


def _unlike_all(snapshot: Snapshot) -> Iterator[Finding]:
    """Whoever agrees less with the others than these do with each other, beyond chance."""
    report = agreement_report(snapshot)
    people, pairs = report.ratings.people, report.agreement.pairs
    common = (report.ratings.codes >= 0).sum(axis=0)
    for person, number in zip(people, common, strict=True):
        hits, totals = [0, 0], [0, 0]  # with this person, of the others with each other
        for pair in pairs:
            of = person not in (pair.a, pair.b)
            hits[of] += round(pair.percent.value * pair.n)
            totals[of] += pair.n
        is_below = hits[0] * totals[1] < hits[1] * totals[0]
        if number >= LEAST_ITEMS and is_below and unlike_the_others(hits, totals, len(people))[0]:
            what = (
                f"{person} agrees with others on {hits[0] / totals[0]:.0%} of the same random "
                f"items, these with each other on {hits[1] / totals[1]:.0%}. Look at them "
                "together, on Review; perhaps the definitions are read in two ways."
            )
            yield Finding.at(Kind.UNLIKE_ALL, "annotations.csv", what)


def _lone_decisions(snapshot: Snapshot) -> Iterator[Finding]:
    words = snapshot.labels.words
    for item_id, decision in words.adjudicated.items():
        said = words.by_item.get(item_id, ())
        if all(opinion.annotator == decision.annotator for opinion in said):
            what = (
                f"{decision.annotator or 'somebody'} decided about item `{item_id}`, on which "
                "nobody else has given an opinion. The decision counts. Ask a second person, or "
                "take it back on Review."
            )
            yield Finding.at(Kind.LONE_DECISION, "annotations.csv", what, item_id=item_id)

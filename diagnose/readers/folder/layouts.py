"""How frameworks lay a run out in a folder: one function each, from a listing to the run's files.

A run may be told by several files, each of them whole; they are tried in order.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import NamedTuple

from diagnose.readers.columns import ACCURACY, LOSS, NEUTRAL, TRAINING, VALIDATION, words
from diagnose.readers.folder.found import (
    ALLENNLP,
    CATBOOST,
    DVCLIVE,
    EVENTS,
    FILE,
    MLFLOW,
    PAIR,
    TRAINER,
    Found,
    Way,
)
from diagnose.readers.folder.listing import Folder, numbered

MAIN = (
    # The names under which frameworks write the whole curve, the surest first.
    "metrics.csv", "results.csv", "results.txt", "scalars.json", "history.csv", "progress.csv",
    "training_log.csv", "trainer_log.jsonl", "log_history.json", "training_statistics.json",
    "training_progress.json", "history.json", "metrics.json", "metrics.jsonl", "stats.jsonl",
    "summary.csv", "loss.tsv", "_metrics.json",
)  # fmt: skip
_PACKED = (".gz", ".bz2", ".xz", ".zst", ".zip")
_LOGS = (
    # Of two files of one name, the one with the earlier ending is tried first.
    ".csv", ".tsv", ".jsonl", ".ndjson", ".json", ".wandb", ".db", ".sqlite", ".log", ".out",
    ".txt", ".err", ".ipynb", "",
)  # fmt: skip
_TABLES = (".csv", ".tsv", ".jsonl", ".ndjson", ".json")
_PRINTED = (".log", ".out", ".txt", ".err", "")
FEW = 3
"""More printed logs than these in a folder are those of several runs."""
_BARE = ("log", "train", "loss", "history", "stdout", "stderr", "nohup")
"""Names that a log without an ending may have."""
_NO_LOGS = re.compile(
    r"(readme|licen[cs]e|requirements|changelog|cmakelists|package|tokenizer|vocab|merges"
    r"|special_tokens|added_tokens|generation_config|preprocessor_config|config|args|hparams"
    r"|params|environment|meta|manifest|time_left|(all|train|eval|test|predict)_results|wandb-(summary|metadata))\b|.*[_-]config\.",
    re.IGNORECASE,
)
_EVENTS = "tfevents"
_EPOCH_FILE = re.compile(r"metrics_epoch_(\d{1,9})\.json")
_CHECKPOINT = re.compile(r"checkpoint-(\d{1,18})")
_CLOCK = re.compile(r"\d{8}_\d{6}")
_LISTS = frozenset(
    # They lie on the way to a run and are none.
    ["lightning_logs", "csv_logs", "tb_logs", "mlruns", "wandb", "runs", "work_dirs", "logs"]
)
_PARTS = frozenset(["catboost_info", "dvclive", "tensorboard"])
"""Folders that frameworks put a run's records into, beside the program."""
_SPLITS = TRAINING | VALIDATION | LOSS | ACCURACY | NEUTRAL


def is_list(folder: Folder) -> bool:
    """Return whether a folder is known to hold runs, one level down."""
    is_experiment = "meta.yaml" in folder.files and "metrics" not in folder.folders
    return folder.name in _LISTS or is_experiment


def is_start(name: str) -> bool:
    """Return whether a folder is named after the time at which a run was started."""
    return _CLOCK.fullmatch(name) is not None


def is_part(name: str) -> bool:
    """Return whether a folder with this name belongs to the folder around it."""
    return is_start(name) or name in _PARTS


def runs_of(folder: Folder) -> list[Found]:
    """Return the runs that lie in a folder itself."""
    for layout in LAYOUTS:
        found = layout.runs_of(folder)
        if found:
            return _with_others(folder, found)
    found = _plain(folder, _logs(folder))
    if len(found) == 1 and not folder.folders:
        # A folder around one log is its run's.
        return [found[0]._replace(path=folder.path)]
    return found


def _with_others(folder: Folder, found: list[Found]) -> list[Found]:
    """Add the logs beside the runs of a layout, so that none is lost.

    What was printed, and what frameworks call their history, tells the same run; a table under
    another name is a run of its own.
    """
    told = {path for run in found for way in run.ways for path in way.logs}
    others = [name for name in _logs(folder) if folder.join(name) not in told]
    same = [name for name in others if name in MAIN or _split(name)[1] in _PRINTED]
    if sum(name not in MAIN for name in same) > FEW:
        same = [name for name in same if name in MAIN]
    apart = [name for name in others if name not in same]
    if same:
        ways = (*found[0].ways, *_files(_joined(folder, same)))
        found = [found[0]._replace(ways=ways), *found[1:]]
    return [*found, *_plain(folder, apart)]


def _trainer(folder: Folder) -> list[Found]:
    """Hugging Face: the last checkpoint holds the whole history, as does the folder's own state."""
    checkpoints = [name for name in folder.folders if _CHECKPOINT.fullmatch(name)]
    checkpoints.sort(key=lambda name: int(name.partition("-")[2]), reverse=True)
    states = [folder.join("trainer_state.json")] if "trainer_state.json" in folder.files else []
    for name in checkpoints:
        inner = folder.inner(name)
        if inner is not None and "trainer_state.json" in inner.files:
            states.append(inner.join("trainer_state.json"))
            break
    if not states:
        return []
    # A folder used again may hold the checkpoints of a longer run than its own state.
    ways = [Way(TRAINER, tuple(states))] if len(states) > 1 else []
    ways += _files(states)
    claimed = (*checkpoints, *(n for n in ("runs",) if n in folder.folders))
    return [Found(folder.path, tuple(ways), True, claimed)]


def _wandb(folder: Folder) -> list[Found]:
    records = [name for name in folder.files if name.endswith(".wandb")]
    inner = folder.inner("files")
    printed = []
    if inner is not None and (records or re.match(r"(offline-)?run-", folder.name)):
        wanted = ("wandb-history.jsonl", "output.log")
        printed = [inner.join(name) for name in wanted if name in inner.files]
    if not records and not printed:
        return []
    ways = _files([*_joined(folder, records), *printed])
    claimed = tuple(n for n in ("files", "logs", "tmp") if n in folder.folders)
    return [Found(folder.path, tuple(ways), True, claimed)]


def _catboost(folder: Folder) -> list[Found]:
    tables = [n for n in ("learn_error.tsv", "test_error.tsv") if n in folder.files]
    ways = [Way(CATBOOST, tuple(_joined(folder, tables)))] if "learn_error.tsv" in tables else []
    if "catboost_training.json" in folder.files:
        ways += _files([folder.join("catboost_training.json")])
    claimed = tuple(n for n in ("learn", "test", "tmp") if n in folder.folders)
    return [Found(folder.path, tuple(ways), True, claimed)] if ways else []


def _dvclive(folder: Folder) -> list[Found]:
    metrics = folder.inner("plots", "metrics") if "plots" in folder.folders else None
    if metrics is None:
        return []
    files = _joined(metrics, [n for n in metrics.files if n.endswith(".tsv")])
    for name in metrics.folders:
        inner = metrics.inner(name)
        if inner is not None:
            files += _joined(inner, [n for n in inner.files if n.endswith(".tsv")])
    if not files:
        return []
    return [Found(folder.path, (Way(DVCLIVE, (metrics.path, *files)),), True, ("plots",))]


def _allennlp(folder: Folder) -> list[Found]:
    files = [name for name in folder.files if _EPOCH_FILE.fullmatch(name)]
    if not files:
        return []
    claimed = tuple(n for n in ("log", "vocabulary") if n in folder.folders)
    return [Found(folder.path, (Way(ALLENNLP, tuple(_joined(folder, files))),), True, claimed)]


def epoch_of(name: str) -> int:
    """Return the epoch that AllenNLP puts into a file's name."""
    match = _EPOCH_FILE.fullmatch(name)
    return int(match[1]) if match else 0


def _mlflow(folder: Folder) -> list[Found]:
    metrics = folder.inner("metrics")
    marks = {"meta.yaml"} & set(folder.files) or {"params", "tags"} & set(folder.folders)
    if metrics is None or not marks:
        return []
    files: list[str] = []
    stack = [metrics]
    while stack and len(files) < 10_000:
        inner = stack.pop()
        files += _joined(inner, inner.files)
        # A slash in a metric's name makes a folder.
        stack += [deep for name in inner.folders[::-1] if (deep := inner.inner(name)) is not None]
    if not files:
        return []
    claimed = tuple(n for n in ("metrics", "params", "tags", "artifacts") if n in folder.folders)
    return [Found(folder.path, (Way(MLFLOW, (metrics.path, *files)),), True, claimed)]


def _open_mmlab(folder: Folder) -> list[Found]:
    inner = folder.inner("vis_data")
    if inner is not None:
        names = [n for n in inner.files if n == "scalars.json"]
        names += [n for n in inner.files if n.endswith(".json") and is_start(n[:-5])]
        if names:
            ways = _files(_joined(inner, names))
            return [Found(folder.path, tuple(ways), True, ("vis_data",))]
    starts = [name for name in folder.files if name.endswith(".log.json")]
    found = []
    for name in starts:
        printed = [n for n in (name.removesuffix(".json"),) if n in folder.files]
        found.append(
            Found(folder.join(name), tuple(_files(_joined(folder, [name, *printed]))), True)
        )
    return found


def _main(folder: Folder) -> list[Found]:
    """Files whose name promises the whole curve, beside what the program printed."""
    names = [name for name in MAIN if name in folder.files]
    if not names:
        return []
    events, claimed = _event_files(folder)
    ways = _files(_joined(folder, names))
    if events:
        ways.append(Way(EVENTS, (folder.path, *events)))
    # Beside tables of other names it may be a summary of those.
    alone = all(name in names or _split(name)[1] in _PRINTED for name in _logs(folder))
    return [Found(folder.path, tuple(ways), alone, claimed)]


def _tensorboard(folder: Folder) -> list[Found]:
    events, claimed = _event_files(folder)
    if not events:
        return []
    return [Found(folder.path, (Way(EVENTS, (folder.path, *events)),), True, claimed)]


def _event_files(folder: Folder) -> tuple[list[str], tuple[str, ...]]:
    """Return the event files of a folder, and the folders that hold its parts, as `train`."""
    events = _joined(folder, [name for name in folder.files if _EVENTS in name])
    claimed = []
    for name in folder.folders:
        told = set(words(name))
        # PyTorch's `add_scalars("Loss", {"train": ...})` writes into `Loss_train`.
        if not told & (TRAINING | VALIDATION) or told - _SPLITS:
            continue
        inner = folder.inner(name)
        if inner is not None and any(_EVENTS in file for file in inner.files):
            events += _joined(inner, [file for file in inner.files if _EVENTS in file])
            claimed.append(name)
    return events, tuple(claimed)


def _plain(folder: Folder, logs: Iterable[str]) -> list[Found]:
    """Return logs of a folder that are laid out in no known way, each a run."""
    found = []
    by_stem: dict[str, list[str]] = {}
    for name in logs:
        by_stem.setdefault(_split(name)[0], []).append(name)
    tables = [stem for stem, names in by_stem.items() if _split(names[0])[1] in _TABLES]
    for train, held_out in _pairs(tables):
        files = _joined(folder, [by_stem[train][0], by_stem[held_out[0]][0]])
        apart = [name for stem in (train, *held_out) for name in by_stem.pop(stem)]
        ways = (Way(PAIR, tuple(files)), *_files(_joined(folder, apart)))
        found.append(Found(folder.path, ways, False))
    for names in by_stem.values():
        ways = tuple(_files(_joined(folder, names)))
        found.append(Found(folder.join(names[0]), ways, False))
    return found


def _pairs(stems: Iterable[str]) -> list[tuple[str, list[str]]]:
    """Return the names that differ only in the part of the data, as `train_loss`, `val_loss`.

    Returns:
        For each, the training set's, and the others', of which the validation set's is the first.
    """
    parts: dict[tuple[str, ...], dict[str, list[str]]] = {}
    for stem in sorted(stems, key=lambda name: ("test" in words(name), numbered(name))):
        told = words(stem)
        split = "val" if set(told) & VALIDATION else "train" if set(told) & TRAINING else ""
        rest = tuple(word for word in told if word not in VALIDATION | TRAINING)
        parts.setdefault(rest, {}).setdefault(split, []).append(stem)
    return [
        ((alike.get("train") or alike[""])[0], alike["val"])
        for alike in parts.values()
        if "val" in alike and len(alike) > 1
    ]


def _logs(folder: Folder) -> list[str]:
    """Return the files that may be logs, by their names; the likelier of one name first."""
    named = []
    for name in folder.files:
        stem, ending = _split(name)
        if ending in _LOGS and not name.startswith(".") and not _NO_LOGS.match(name):
            if not ending and not any(word in _BARE for word in words(stem)):
                continue
            named.append((numbered(stem), _LOGS.index(ending), name))
    return [name for _, _, name in sorted(named)]


def _split(name: str) -> tuple[str, str]:
    """Split a file's name into stem and ending, without that of its packing."""
    for packing in _PACKED:
        name = name.removesuffix(packing)
    stem, dot, ending = name.rpartition(".")
    return (stem, f".{ending.lower()}") if dot and stem else (name, "")


def _joined(folder: Folder, names: Iterable[str]) -> list[str]:
    return [folder.join(name) for name in names]


def _files(paths: Iterable[str]) -> list[Way]:
    return [Way(FILE, (path,)) for path in paths]


class Layout(NamedTuple):
    """How a framework lays out a run.

    Attributes:
        name: Its name.
        title: What is recognized, in words.
        example: The files that tell it.
        runs_of: Returns the runs that lie in a folder so laid out; none if it is another.
    """

    name: str
    title: str
    example: str
    runs_of: Callable[[Folder], list[Found]]


LAYOUTS = (
    Layout(
        "Hugging Face output",
        "the state of the last checkpoint",
        "output/checkpoint-500/trainer_state.json",
        _trainer,
    ),
    Layout("W&B run", "the run's records, else what it printed", "run-<id>.wandb, files/", _wandb),
    Layout(
        "CatBoost",
        "the errors of the learning and the test set",
        "catboost_info/learn_error.tsv, test_error.tsv",
        _catboost,
    ),
    Layout(
        "DVCLive",
        "a file for each metric",
        "dvclive/plots/metrics/train/loss.tsv, .../val/loss.tsv",
        _dvclive,
    ),
    Layout("AllenNLP", "a file for each epoch", "metrics_epoch_0.json, ...", _allennlp),
    Layout(
        "MLflow run",
        "a file for each metric",
        "mlruns/<experiment>/<run>/metrics/loss, .../val_loss",
        _mlflow,
    ),
    Layout(
        "OpenMMLab work directory",
        "a run for each start",
        "20240501_120000/vis_data/scalars.json; 20240501_120000.log.json",
        _open_mmlab,
    ),
    Layout(
        "one main file",
        "Lightning, Ultralytics, Keras and the like; what lies beside it is tried where it"
        " tells no curve",
        "version_0/metrics.csv; train/results.csv; history.csv",
        _main,
    ),
    Layout(
        "TensorBoard",
        "event files, and those of folders called after a part of the data; restarts are joined",
        "events.out.tfevents.*, train/, validation/",
        _tensorboard,
    ),
)
"""All layouts, the surest first; in any other folder each log is a run."""

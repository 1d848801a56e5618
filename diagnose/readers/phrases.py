"""What a line of running text says: which of its numbers are losses, counters and the like.

A line is split at its numbers. The words before a number are its label; the words before those
may say on which part of the data it was measured. Lines that differ in their numbers alone are
understood once.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import NamedTuple

from diagnose.readers.columns import (
    EPOCH_AXES,
    LOSS,
    PERPLEXITY,
    REINFORCEMENT,
    STEP_AXES,
    TRAINING,
    VALIDATION,
    meaning,
    normalized,
    words,
)
from diagnose.readers.foreign import in_english

MANY = 15
KNOWN_SHARE = 0.25
"""Of a configuration that is printed in one line, with so many numbers, few are known."""
MAX_HEADING = 10
"""A line that announces a part of the data has no more words."""
_STAMPED = re.compile(r"^\W{0,2}\0[-/:]")
"""The date or the clock before a line."""
_CUT = re.compile(r".*(?:[,|;()\[\]{}<>\t]|  | - |\. |/\s|//)", re.DOTALL)
"""What stands before the last mark that parts a label from the words before it."""
_PATHS = re.compile(
    r"(?<![\w./\\-])[\w./\\-]{1,200}\.(?:py|log|pth?|ckpt|txt|json|ya?ml|h5|hdf5|csv|cc|cpp)\b"
)
_PHASE = re.compile(r"\b(epoch|iter)\((train|val|test)\)", re.IGNORECASE)
_PHASE_COUNT = re.compile(r"^(train|valid|val|test|eval) \((?=\0/\0\))", re.IGNORECASE)
_PHASE_OF_EVALUATION = re.compile(r"\b(?:val|test) iter\b", re.IGNORECASE)
_CLOCKS = re.compile(r"\0[-/:]\0(?:[-/:,.]\0)*+")
"""A date, a clock, or a count and its total."""
_BLANKS = re.compile(r"(\s)\s{2,}")
_NUMBERED = re.compile(r"#\d{1,4}\b")
_OWNER = re.compile(r"\b(train(?:ing)?|valid(?:ation)?|eval|test)(?:_?\d{1,3})?'s ")
_RUNNING = re.compile(r"ETA|/step|/sample|s/epoch")
_SO_FAR = re.compile(r"\bso far\b")
_OPTION = re.compile(r"--[\w-]{1,60}[ =]*$")
_JOINED = re.compile(r"\w\|\w{1,40}\s*[=:]\s*$")
_SUMMARY = re.compile(
    r"train_runtime|best (?:\w+ )?(?:epoch|model|result|iteration|round|checkpoint)"
    r"|improved|improving|did not improve|decreased \(|early stopping counter",
    re.IGNORECASE,
)
_BEST_BELOW = re.compile(r"best (?:iteration|round|epoch)[^\0]{0,20}:\s*$", re.IGNORECASE)
_TOTAL_BESIDE = re.compile(r"\bloss\[([^\[\]]*)\], tot_loss\[")
_ADVERSARIAL = re.compile(r"\(epoch: \0, iters: \0,[^)]{0,80}\)")
_FILLER = frozenset(
    [
        "a", "after", "array", "at", "current", "data", "dataset", "far", "for", "in", "info", "is",
        "complete", "completed", "done", "finished", "log", "logger", "main", "mlp", "net",
        "network", "now", "of", "on", "output", "over", "result", "results", "root", "s", "set",
        "so", "tensor", "tensorflow", "the", "then", "this", "to", "value", "was", "with",
    ]
)  # fmt: skip
"""Words of running text that leave a label what it is."""
_SETTING = frozenset(
    [
        "best", "early", "end", "every", "freq", "from", "initial", "interval", "last", "max",
        "maximum", "min", "n", "num", "number", "patience", "per", "save", "start", "stop",
        "target", "total", "warmup", "limit", "size", "previous", "prev", "lowest", "old",
    ]
)  # fmt: skip
"""Words beside which a counter is a setting, not where the training stands."""
_NO_VALUE = frozenset(
    [
        "alpha", "beta", "best", "change", "coef", "coeff", "constant", "decay", "every", "factor",
        "from", "gamma", "initial", "lambda", "lowest", "mult", "old", "power", "prev", "previous",
        "schedule", "scheduler", "smooth", "target", "threshold", "window",
    ]
)  # fmt: skip
"""Words beside which a loss or a rate is a setting, or that of another time."""
DISCRIMINATOR = frozenset(["d", "dis", "disc", "discriminator", "critic", "fake", "real"])
GENERATOR = frozenset(["g", "gen", "generator"])
"""Words of losses that play against each other."""
COUNTERS = (
    *STEP_AXES, "update", "up", "upd", "round", "tree", "it", "checkpoint", "minibatch",
    "batch_index", "sen",
)  # fmt: skip
"""What counts steps, from the counter that is right for every line to the coarsest."""
_COUNTERS = frozenset(COUNTERS)
_BEHIND_LOGGER = ("] [", "][INFO] - [")
"""What stands before the step in lines of CLU, behind what a logger writes first."""
WITHIN = frozenset(["batch", "batch_idx", "batch_index", "minibatch", "bar"])
"""Counters that begin again with every epoch."""
LOSSES = ("loss", "loss_like", "perplexity")
"""The kinds of quantities that are a loss, or become one."""
RUNS = frozenset(["fold", "run", "trial", "seed", "repeat", "repetition", "experiment"])
"""What numbers the runs of one log."""
REWARDS = REINFORCEMENT | {"reward", "rewards"}
_RETURNS = frozenset(["return", "returns"])
_EPISODES = frozenset(["episode", "episodic", "ep", "mean", "avg", "average"])
_PREFERENCES = frozenset(["chosen", "rejected", "margin", "margins", "accuracies", "logps", "loss"])
"""Words of a reward that a model is trained to predict, not to earn."""
_AGENT = frozenset(["policy", "actor", "pi", "td", "q", "qf", "qf1", "qf2", "vf"])
"""Words of losses by which an agent learns to act."""
_SIDES = r"(train(?:ing)?|trn?)\s*[/|&]\s*(val(?:id(?:ation)?)?|eval|test|dev|te)(?![A-Za-z])"
_BOTH = r"\s*[:=]?\s*\0\s*[/|,]\s*\0"
_PAIRS = (
    # `train/val loss: 0.5/0.6`, `loss (train/val): 0.5 / 0.6`, `loss: 0.5/0.6 (train/val)`.
    (re.compile(rf"\b{_SIDES}[ _]([a-z]{{2,20}}){_BOTH}", re.I), "\\1 \\3 \0, \\2 \\3 \0"),
    (
        re.compile(rf"\b([a-z]{{2,20}})\s*[(\[]?\s*\b{_SIDES}\s*[)\]]?{_BOTH}", re.I),
        "\\2 \\1 \0, \\3 \\1 \0",
    ),
    (
        re.compile(rf"\b([a-z]{{2,20}}){_BOTH}\s*[(\[]\s*{_SIDES}\s*[)\]]", re.I),
        "\\2 \\1 \0, \\3 \\1 \0",
    ),
    (
        re.compile(
            r"\b(loss|acc|accuracy|err|error|ppl|perplexity|nll|cost)\s*"
            r"[(\[]\s*(train(?:ing)?|trn?|val(?:id(?:ation)?)?|eval|test|dev)\s*[)\]]",
            re.I,
        ),
        r"\1 \2",
    ),
    (re.compile(r"\0\s*\((train(?:ing)?|val(?:id(?:ation)?)?|test|dev)\)", re.I), " \\1 \0"),
)
_SHORT = re.compile(r"(?<![A-Za-z])te(?=_(?:loss|acc))", re.IGNORECASE)
_SHORT_BESIDE = re.compile(r"(?<![A-Za-z])(tr(?![A-Za-z]).{0,80}?(?<![A-Za-z]))te(?![A-Za-z])")
_GLUED = re.compile(r"(?:loss|acc|accuracy|ppl|perplexity)[_/](?:step|epoch)$", re.IGNORECASE)
_UNIT = re.compile(
    r"^\s?(?:kg|g|lbs?|dB|[kM]?W|k?Pa|mm|million|billion|thousand|USD|EUR|dollars?|[$€£¥]"
    r"|samples|images|examples|batches|steps|it/s|sec|ms|s|min)(?![A-Za-z])"
)
"""A number with a unit is no loss."""


class Item(NamedTuple):
    """One number of a line that is of use.

    Attributes:
        at: Which number of the line it is, from 0.
        name: The quantity's or the counter's name, without the part of the data.
        kind: `epoch`, `count` (a counter of steps), `total` (of the counter before it),
            or the kind of quantity.
        split: `train`, `val`, `test`, or empty where the line does not say.
        percent: Whether a percent sign follows.
        is_before: Whether its name stands before the part of the data, as in `loss train`.
    """

    at: int
    name: str
    kind: str
    split: str = ""
    percent: bool = False
    is_before: bool = False

    @property
    def is_quantity(self) -> bool:
        """Whether it is a loss, an accuracy, a learning rate or the like."""
        return self.kind not in ("epoch", "count", "total", "run")


class Phrase(NamedTuple):
    """What all lines of one wording say.

    Attributes:
        items: The numbers that are of use.
        heading: The part of the data that a line without a quantity announces; may be empty.
        is_running: Whether its values are means over the epoch so far.
        best_below: Whether the line below repeats the best one.
        is_drawn: Whether it is a progress bar, which shows a value until the next is known.
    """

    items: tuple[Item, ...]
    heading: str = ""
    is_running: bool = False
    best_below: bool = False
    is_drawn: bool = False

    @property
    def has_quantity(self) -> bool:
        """Whether it tells a loss, an accuracy, a learning rate or the like."""
        return any(item.is_quantity for item in self.items)


def understand(skeleton: str) -> Phrase:
    """Say what lines of a wording tell.

    Args:
        skeleton: The wording, as `wording` returns it.
    """
    for form, reading in FORMS:
        match = form.search(skeleton)
        if match:
            return reading(match)
    # Long blanks would be tried in many ways.
    plain = _PATHS.sub("", _BLANKS.sub(r"\1\1", skeleton))
    plain = _NUMBERED.sub("", in_english(plain))
    plain = _OWNER.sub(r"\1 ", _PHASE.sub(r"\2 \1", plain))
    plain = _PHASE_COUNT.sub(r"\1 epoch (", plain)
    plain = _SHORT_BESIDE.sub(r"\1test", _SHORT.sub("test", plain))
    for pair, told in _PAIRS:
        plain = pair.sub(told, plain)
    items = _items(plain)
    is_drawn = "\1" in plain or "%|" in plain
    record = plain.find("{'")
    if is_drawn and record > 0:
        # The Trainer writes a record behind its bar, which counts something else.
        items = [item for item in items if item.at >= plain.count("\0", 0, record)]
        is_drawn = False
    beside = _TOTAL_BESIDE.search(plain)
    if beside:
        # icefall: a batch's losses before their means over many batches.
        low, high = (plain.count("\0", 0, end) for end in beside.span(1))
        items = [
            item._replace(name=f"{item.name} batch") if low <= item.at < high else item
            for item in items
        ]
    if _SUMMARY.search(plain) and not _is_told_beside(plain):
        items = [item for item in items if not item.is_quantity]
    quantity = any(item.is_quantity for item in items)
    if not quantity:
        # A checkpoint that was saved, or an iteration's best, is not where the training stands.
        items = [item for item in items if item.name != "checkpoint"]
    many = _CLOCKS.sub("", plain).count("\0")
    if many >= MANY and len(items) < KNOWN_SHARE * many:
        return Phrase(())
    heading = "" if quantity else _heading(plain, items)
    is_running = any(i.name == "bar" for i in items) and bool(_RUNNING.search(plain))
    is_running = is_running or bool(_SO_FAR.search(plain))
    return Phrase(tuple(items), heading, is_running, bool(_BEST_BELOW.search(plain)), is_drawn)


def _heading(plain: str, items: list[Item]) -> str:
    """Return the part of the data that a line announces: a few words, and no other numbers."""
    is_bar = any(item.name == "bar" for item in items)
    told = words(plain)
    if plain.count("\0") > len(items) and not is_bar and not _STAMPED.match(plain):
        return ""
    if len(told) > MAX_HEADING or (VALIDATION & set(told) and TRAINING & set(told)):
        return ""
    return _split_of(plain)


def _is_told_beside(plain: str) -> bool:
    """Return whether the word of a summary comes behind what the epoch's line tells."""
    match = _SUMMARY.search(plain)
    before = plain[: match.start()] if match else ""
    return "loss" in before.lower() and before.count("\0") >= 2 and "epoch" in before.lower()


def _items(plain: str) -> list[Item]:
    parts = plain.split("\0")
    adversarial = _ADVERSARIAL.match(plain)
    items: list[Item] = []
    split = said = ""  # `said`: the part of the data that any word of the line so far told
    if "train_inner" in plain:
        said = "train"
    elif "Saving dict for global step" in plain:
        said = "val"
    is_single = "train_inner" in plain or "Train net output" in plain
    for at, before in enumerate(parts[:-1]):
        after = parts[at + 1]
        said = _split_of(before) or said
        label = before[: _end(before)]
        tokens = _label(label)
        in_name = after[:1] == "." and after[1:2].isalpha()
        if in_name or _OPTION.search(before) or _JOINED.search(before):
            continue
        is_bare = bool(tokens) and set(tokens) <= TRAINING | VALIDATION
        if not tokens or (after.strip() == "/" and is_bare):
            item = _unlabelled(at, before, items, parts)
            if item is not None:
                items.append(item)
            continue
        if is_bare:
            split = _split_of(before) or split
            items += _bare(at, split, items, after)
            continue
        last = tokens[-1]
        name = "_".join(token for token in tokens if token not in TRAINING | VALIDATION)
        is_glued = _GLUED.search(label) is not None
        if last in RUNS:
            if "best" not in tokens:
                items.append(Item(at, last, "run"))
            continue
        if not is_glued and (last in EPOCH_AXES or name in EPOCH_AXES):
            if not set(tokens) & _SETTING and not _is_setting(tokens, label):
                items.append(Item(at, "epoch", "epoch"))
            continue
        if not is_glued and (last in _COUNTERS or name in _COUNTERS):
            known = name if name in _COUNTERS else last
            # The iterations of an evaluation are not those of the training.
            is_other = _PHASE_OF_EVALUATION.search(before) is not None
            is_setting = set(tokens[:-1]) & _SETTING or (len(tokens) > 1 and last.endswith("s"))
            if not is_other and (not is_setting or name in _COUNTERS):
                items.append(Item(at, known, "count"))
            continue
        told = meaning(" ".join(tokens))
        of_agent = _of_agent(tokens)
        if of_agent:
            items.append(Item(at, " ".join(tokens), of_agent))
            continue
        if _UNIT.match(after):
            continue
        if adversarial and at > 3 and told.kind == "other":
            items.append(Item(at, f"{' '.join(tokens)} loss", "loss", split))
            continue
        if told.kind == "other" and "loss" in tokens and set(tokens) & (DISCRIMINATOR | GENERATOR):
            items.append(Item(at, " ".join(tokens), "adversarial"))
            continue
        if (
            told.kind == "other"
            or set(tokens) & _NO_VALUE
            or (told.kind == "lr" and set(tokens) & _SETTING)
        ):
            split = told.split or split
            continue
        if PERPLEXITY & set(tokens):
            tokens = [token for token in tokens if token != "loss"]
            told = meaning(" ".join(tokens))
        split = _split_of(" ".join(tokens)) or _split_of(before) or split or said
        kept = [t for t in tokens if t not in TRAINING | VALIDATION]
        if is_single:
            kept.append("batch")
        is_before = tokens[-1] in TRAINING | VALIDATION and len(kept) > 0
        percent = after.startswith("%")
        items.append(Item(at, " ".join(kept), told.kind, split, percent, is_before))
    unnamed = [item for item in items if item.name == "value"]
    if unnamed and (len(unnamed) < 2 or any(item.kind == "loss" for item in items)):
        items = [item for item in items if item not in unnamed]
    return items


def _of_agent(tokens: Sequence[str]) -> str:
    """Return `reward` or `agent` for what tells how an agent learns to act; empty for the rest."""
    have = set(tokens)
    if not have & _PREFERENCES and (have & REWARDS or (have & _RETURNS and have & _EPISODES)):
        return "reward"
    is_value = any(a == "value" and b in LOSS for a, b in pairwise(tokens))
    return "agent" if have & LOSS and (have & _AGENT or is_value) else ""


def _bare(at: int, split: str, items: list[Item], after: str) -> list[Item]:
    """Say what a number behind `val:` alone is: what was told of the training before it.

    `loss train: 0.5, val: 0.6` says so; of `train loss: 0.5, val: 0.6` the numbers must decide.
    """
    told = [item for item in items if item.is_quantity and item.kind != "lr"]
    if _UNIT.match(after) or after[:1].isalpha() or after.lstrip()[:1] in ("/", ":"):
        return []
    if not told:
        return [] if after[:1] == "%" else [Item(at, "value", "unnamed", split)]
    last = told[-1]
    if last.name == "value":
        return [last._replace(at=at, split=split)]
    missing = [i for i in told if i.kind == "loss" and (split, i.name) not in _places(told)]
    if last.split == split or (split, last.name) in _places(told) or last.kind == "reward":
        return []
    if missing and last.kind != "loss":
        return []
    if after[:1] == "%" and last.kind == "loss":
        return []
    return [last._replace(at=at, split=split, kind=last.kind if last.is_before else "unnamed")]


def _places(items: Sequence[Item]) -> set[tuple[str, str]]:
    return {(item.split, item.name) for item in items}


def _end(text: str) -> int:
    """Return where the last word or percent sign of a text ends."""
    end = len(text)
    while end and not (text[end - 1].isalnum() or text[end - 1] in "_%"):
        end -= 1
    return end


def _label(label: str) -> list[str]:
    cut = _CUT.match(label)
    short = label[cut.end() :] if cut else label
    told = words(short)
    following = [*told[1:], ""][: len(told)]
    return [
        token
        for token, after in zip(told, following, strict=True)
        if token not in _FILLER or (token == "value" and after in LOSS)
    ]


def _is_setting(tokens: list[str], label: str) -> bool:
    """Return whether `epochs 50` or `'epochs': 50` tells how many there will be."""
    return tokens[-1] == "epochs" and normalized(label).endswith("epochs")


def _unlabelled(at: int, before: str, items: list[Item], parts: list[str]) -> Item | None:
    """Say what a number without a label is: a total, a counter, or the mean of the one before."""
    previous = items[-1] if items and items[-1].at == at - 1 else None
    mark = before.strip()
    after = parts[at + 1]
    if previous is not None:
        if mark == "/" and previous.kind == "run":
            return Item(at, "runs", "total")
        if mark == "/" and previous.kind in ("epoch", "count"):
            return Item(at, "epochs" if previous.kind == "epoch" else "of", "total")
        if mark == "(" and previous.is_quantity and after.startswith(")"):
            # `Loss 5.31 (4.30)`: the value and its mean so far.
            return previous._replace(at=at, name=f"{previous.name} average")
    counted = any(item.kind == "count" for item in items)
    if counted:
        return None
    behind = [*parts[at + 2 : at + 4], "", ""]
    is_clock = not behind[0].strip() and behind[1] == ":"  # `[08/30 23:01:19]`
    is_date = before.endswith("/") or behind[0].startswith("/") or is_clock
    if after.strip() == "/" and not is_date:
        return Item(at, "bar", "count")
    if previous is not None and previous.kind == "epoch" and mark.endswith("["):
        return Item(at, "batch", "count")
    if at == 0 and mark == "[" and after.startswith("]"):
        return Item(at, "round", "count")
    if before.endswith(_BEHIND_LOGGER) and after.startswith("] "):
        return Item(at, "step", "count")
    return None


def _split_of(text: str) -> str:
    """Return the part of the data that a text's last telling word names."""
    for token in reversed(words(text)):
        if token == "test":
            return "test"
        if token in VALIDATION:
            return "val"
        if token in TRAINING:
            return "train"
    return ""


def _told(*items: Item) -> Phrase:
    return Phrase(items)


def _of_split(match: re.Match[str]) -> Phrase:
    """`250 val 6.3097`, `s:250 tel:6.3097`."""
    split = "val" if match[1] in ("val", "tel") else "train"
    if match[1] in ("hella", "eval"):
        return Phrase((Item(0, "step", "count"),))
    return _told(Item(0, "step", "count"), Item(1, "loss", "loss", split))


def _of_catboost(match: re.Match[str]) -> Phrase:
    """`0: learn: 0.69 test: 0.69 best: 0.69 (0)`."""
    items = [Item(0, "iteration", "count"), Item(1, "loss", "loss", "train")]
    if "test" in match[0]:
        items.append(Item(2, "loss", "loss", "val"))
    return Phrase(tuple(items))


def _of_espnet(match: re.Match[str]) -> Phrase:
    """`3epoch results: [train] loss=48.1, acc=0.4 [valid] loss=50.3`."""
    at = match.string[: match.start()].count("\0")
    items = [item for item in _items(match.string.replace("epoch results", "")) if item.at > at]
    return Phrase((Item(at, "epoch", "epoch"), *(i for i in items if i.is_quantity)))


FORMS: tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], Phrase]], ...] = (
    # Lines whose numbers have no label of their own.
    (re.compile(r"^\0 (train|val|hella) \0\s*$"), _of_split),
    (re.compile(r"^s:\0 (trl|tel|eval):\0"), _of_split),
    # RWKV: epoch, loss, its exponential, learning rate, the date.
    (
        re.compile(r"^\0 \0 \0 \0 \0-\d\d-\d\d "),
        lambda _: _told(Item(0, "epoch", "epoch"), Item(1, "loss", "loss"), Item(3, "lr", "lr")),
    ),
    # Darknet: iteration, loss, its running mean, learning rate.
    (
        re.compile(r"^\s*\0: \0, \0 avg(?: loss)?, \0 rate, "),
        lambda _: _told(
            Item(0, "iteration", "count"), Item(1, "loss", "loss"), Item(3, "lr", "lr")
        ),
    ),
    # torchtune's bar: epoch, step, loss.
    (
        re.compile(r"^\s*\0\|\0\|Loss: \0"),
        lambda _: _told(
            Item(0, "epoch", "epoch"), Item(1, "step", "count"), Item(2, "loss", "loss")
        ),
    ),
    # timm: epoch, update and updates of the epoch, loss and its mean so far.
    (
        re.compile(r"^Train: \0 \[\s*\0/\0 \(\s*\0%\)\]\s+Loss:\s*\0 \(\s*\0\)"),
        lambda _: _told(
            Item(0, "epoch", "epoch"),
            Item(1, "bar", "count"),
            Item(2, "of", "total"),
            Item(4, "loss", "loss", "train"),
            Item(5, "loss average", "loss", "train"),
        ),
    ),
    (re.compile(r"^\s*\0:\s+learn: \0(?:\s+test: \0)?"), _of_catboost),
    (re.compile(r"\0epoch results: "), _of_espnet),
)

"""How often verdicts are right: `python -m benchmarks.accuracy`.

Every frozen run is diagnosed as it was logged, and the answer compared with what the interventions
showed. `--others` asks other tools too, in an environment of their own; `--histories` also scores
a file of labelled histories (train_loss and val_loss, (n, epochs), and overfit, (n,)); `--write`
puts the tables into docs/accuracy.md and the figures that reports show into the package.
"""

from __future__ import annotations

import argparse
import json
import math
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from scipy.stats import binomtest

from benchmarks.interventions.truth import (
    CAUSES,
    MARGINS,
    Record,
    classes,
    is_held_out,
    load,
    problems,
)
from diagnose import diagnose, reliability
from diagnose.measures.facts import Facts
from diagnose.readers.arrays import read_arrays
from diagnose.references import References
from diagnose.rules import RULES

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "accuracy.md"
README = ROOT / "README.md"
FIGURES = ROOT / "diagnose" / "reliability.json"
BENCHMARK = "interventions 1"
LOSSES = ("steps", "train_loss", "val_steps", "val_loss", "step_unit")
SETTINGS = ("log alone", "everything logged", "with the baselines", "everything")
SIZES = (0.5, 0.75, 1.0, 1.5, 2.0)
"""Factors on what "clearly" means."""
PROBLEMS = ("underfitting", "overfitting", "healthy")
BEST_STEP = 0.02
"""Share of the run's length by which a best step may miss."""


class Answer(NamedTuple):
    """What a tool says of a run.

    Attributes:
        problem: `underfitting`, `overfitting`, `healthy`, or `undetermined` for no answer.
        cause: Of underfitting, or None.
        best_step: Where the validation loss is lowest, or None.
        report: The report, or None for another tool.
    """

    problem: str
    cause: str | None = None
    best_step: float | None = None
    report: Any = None


def arguments(record: Record, setting: str) -> dict[str, Any]:
    """Return what a user gives `diagnose` in a setting."""
    log = record["log"]
    if setting in ("log alone", "with the baselines"):
        log = {name: log[name] for name in LOSSES}
    given = {
        name: [math.nan if v is None else v for v in column] if name != "step_unit" else column
        for name, column in log.items()
    }
    if setting in ("with the baselines", "everything"):
        given["constant_loss"] = record["constant"][0]
        given["linear_loss"] = record["linear"]
    return given


def facts_of(record: Record, setting: str) -> Facts:
    """Return the facts on a run in a setting."""
    given = arguments(record, setting)
    linear = given.pop("linear_loss", (None, None))
    references = References(
        linear_train=linear[0], linear_val=linear[1], constant=given.pop("constant_loss", None)
    )
    axes = [given.pop(name) for name in ("steps", "val_steps", "step_unit")]
    return Facts(read_arrays(given, *axes), references)


def ask(record: Record, setting: str) -> Answer:
    """Diagnose a run as it was logged, in a setting."""
    report = diagnose(**arguments(record, setting))
    verdict = report.verdict
    return Answer(verdict.problem, verdict.cause, verdict.best_step, report)


class Share(NamedTuple):
    """A count of cases in which something holds, of all cases."""

    right: int
    n: int

    def __str__(self) -> str:
        if not self.n:
            return "–"
        low, high = interval(self)
        return f"{100 * self.right / self.n:.0f} % ({100 * low:.0f} to {100 * high:.0f})"

    def of(self) -> str:
        """Return the counts."""
        return f"{self.right} of {self.n}"


def interval(share: Share) -> tuple[float, float]:
    """Return Wilson's 95 % interval of a share."""
    found = binomtest(share.right, share.n).proportion_ci(0.95, "wilson")
    return float(found.low), float(found.high)


def share(flags: Iterable[bool]) -> Share:
    """Count flags."""
    made = [bool(flag) for flag in flags]
    return Share(sum(made), len(made))


class Score(NamedTuple):
    """How a tool does on some runs.

    Attributes:
        answered: Runs that it gives a verdict on.
        right: Verdicts that name one of the problems that hold, of those given.
        of_all: The same, of all runs.
        balanced: The same of the runs that have one problem alone or none, as the mean over
            underfitting, overfitting and healthy: no tool gains by naming the most frequent one.
        false_alarms: Healthy runs that it calls a problem.
        cause: Causes that hold, of the right verdicts of underfitting whose cause is known.
        best_step: Best steps within `BEST_STEP`, of the runs that have one.
    """

    answered: Share
    right: Share
    of_all: Share
    balanced: float
    false_alarms: Share
    cause: Share
    best_step: Share

    def row(self) -> list[str]:
        """Return the cells of a table."""
        return [
            f"{100 * self.answered.right / max(1, self.answered.n):.0f} %",
            str(self.right),
            str(self.of_all),
            "–" if math.isnan(self.balanced) else f"{100 * self.balanced:.0f} %",
            self.false_alarms.of(),
            str(self.cause),
            str(self.best_step),
        ]


COLUMNS = [
    "answered",
    "right, of those",
    "of all",
    "balanced",
    "false alarms",
    "cause",
    "best step",
]


def holds(record: Record) -> frozenset[str]:
    """Return the problems of a run."""
    return problems(classes(record))


def holds_at_first(record: Record) -> frozenset[str]:
    """Return the problems of a run by the first definition.

    A run that learned nothing, and that nothing helped, was healthy by it.
    """
    return problems((classes(record) - {"nothing learned"}) or frozenset({"healthy"}))


def score(
    records: Sequence[Record],
    answers: Sequence[Answer],
    truth: Callable[[Record], frozenset[str]] = holds,
) -> Score:
    """Score answers to runs.

    Args:
        records: The runs.
        answers: One to each.
        truth: The problems of a run.
    """
    pairs = list(zip(records, answers, strict=True))
    given = [(r, a) for r, a in pairs if a.problem != "undetermined"]

    def is_right(answer: Answer, record: Record) -> bool:
        return answer.problem in truth(record)

    under = [(r, a) for r, a in given if a.problem == "underfitting" and is_right(a, r)]
    return Score(
        Share(len(given), len(pairs)),
        share(is_right(a, r) for r, a in given),
        share(is_right(a, r) for r, a in pairs),
        _balanced([(truth(r), a.problem) for r, a in pairs]),
        share(
            a.problem in ("underfitting", "overfitting")
            for r, a in pairs
            if truth(r) == {"healthy"}
        ),
        share(a.cause in classes(r) for r, a in under if a.cause and classes(r) & set(CAUSES)),
        share(_finds_best(r, a.best_step) for r, a in pairs if a.best_step is not None),
    )


def _balanced(pairs: Sequence[tuple[frozenset[str], str]]) -> float:
    """Return the mean share of right answers over the three problems; NaN where one has no run."""
    shares = []
    for problem in PROBLEMS:
        said = [answer for found, answer in pairs if found == {problem}]
        shares.append(said.count(problem) / len(said) if said else math.nan)
    return sum(shares) / len(shares)


def _finds_best(record: Record, step: float | None) -> bool:
    length = record["log"]["val_steps"][-1]
    return step is not None and abs(step / length - record["best_share"]) <= BEST_STEP


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a Markdown table."""
    lines = [f"| {' | '.join(head)} |", "|" + "---|" * len(head)]
    return "\n".join([*lines, *(f"| {' | '.join(row)} |" for row in rows)])


Answers = dict[str, list[Answer]]


def answer_all(records: Sequence[Record]) -> Answers:
    """Ask for a verdict on every run in every setting."""
    return {setting: [ask(record, setting) for record in records] for setting in SETTINGS}


def settings_table(
    records: Sequence[Record],
    answers: Answers,
    others: Answers,
    truth: Callable[[Record], frozenset[str]] = holds,
) -> str:
    """Return the table of all settings and other tools."""
    rows = [
        [f"**diagnose**, {name}" if name in SETTINGS else name, *score(records, given, truth).row()]
        for name, given in {**answers, **others}.items()
    ]
    return table(["tool", *COLUMNS], rows)


def summary_table(records: Sequence[Record], answers: Answers, others: Answers) -> str:
    """Return the shortest table that says how good the verdicts are."""
    chosen = {f"`diagnose`, {s}": answers[s] for s in ("log alone", "with the baselines")}
    rows = []
    for name, given in {**chosen, **others}.items():
        made = score(records, given)
        rows.append([name, *made.row()[:2], made.row()[3], made.false_alarms.of()])
    return table(["tool", *COLUMNS[:2], COLUMNS[3], "false alarms"], rows)


def groups_table(
    records: Sequence[Record],
    answers: Answers,
    name: str,
    groups: Callable[[Record], Sequence[str]],
) -> str:
    """Return how two settings do on each group of runs; a run may belong to several."""
    found = sorted({group for record in records for group in groups(record)})
    rows = []
    for group in found:
        chosen = [i for i, record in enumerate(records) if group in groups(record)]
        some = [records[i] for i in chosen]
        row = [group, str(len(some))]
        for setting in ("log alone", "with the baselines"):
            made = score(some, [answers[setting][i] for i in chosen])
            row += [*made.row()[:2], made.false_alarms.of()]
        rows.append(row)
    head = ["answered", "right, of those", "false alarms"]
    return table(
        [name, "runs", *(f"log alone: {h}" for h in head), *(f"baselines: {h}" for h in head)], rows
    )


def leaning_table(halves: dict[str, tuple[Sequence[Record], Sequence[Answer]]]) -> str:
    """Return what the log alone would do if a high probability of underfitting were a verdict."""
    rows = []
    for name, (records, answers) in halves.items():
        odds = [facts_of(record, "log alone").odds for record in records]
        for limit in (0.95, 0.9, 0.8):
            given = [
                Answer("underfitting", "optimization", a.best_step)
                if a.problem == "undetermined" and o is not None and o.underfitting >= limit
                else a
                for a, o in zip(answers, odds, strict=True)
            ]
            made = score(records, given)
            rows.append([name, f"{limit:g}", *made.row()[:2], made.false_alarms.of()])
    return table(["runs", "from a probability of", *COLUMNS[:2], "false alarms"], rows)


def confusion_table(records: Sequence[Record], answers: Sequence[Answer]) -> str:
    """Return how often each verdict was given on each truth."""
    counts = Counter(
        (" and ".join(sorted(problems(classes(r)))), a.problem)
        for r, a in zip(records, answers, strict=True)
    )
    said = (*PROBLEMS, "undetermined")
    truths = sorted({truth for truth, _ in counts})
    return table(
        ["what holds", *(f"said: {word}" for word in said)],
        [[truth, *(str(counts[truth, word]) for word in said)] for truth in truths],
    )


def rules_table(records: Sequence[Record], answers: Answers) -> str:
    """Return how often each rule's finding was right, in two settings."""
    rows = []
    for rule in RULES:
        cells = []
        for setting in ("everything logged", "everything"):
            row = rule_figures(records, answers[setting]).get(rule.code)
            cells += (
                ["–", "–"]
                if row is None
                else [
                    str(Share(row["right"], row["n"])),
                    f"{100 * row['recall']:.0f} %",
                ]
            )
        if cells[0] != "–" or cells[2] != "–":
            rows.append([f"{rule.code} {rule.name}", *cells])
    return table(["rule", "right, without baselines", "recall", "right, with them", "recall"], rows)


def margins_table(records: Sequence[Record]) -> str:
    """Return how the classes move with what "clearly" means."""
    found = {size: [classes(r, MARGINS.times(size)) for r in records] for size in SIZES}
    names = (
        "optimization",
        "undertrained",
        "over-regularized",
        "capacity",
        "overfitting",
        "healthy",
    )
    rows = [[name, *(str(sum(name in c for c in found[s])) for s in SIZES)] for name in names]
    usual = [problems(c) for c in found[1.0]]
    same = [
        f"{100 * np.mean([problems(c) == u for c, u in zip(found[s], usual, strict=True)]):.0f} %"
        for s in SIZES
    ]
    return table(
        ["class", *(f"margins x {s:g}" for s in SIZES)],
        [*rows, ["same problems as at x 1", *same]],
    )


def rule_figures(records: Sequence[Record], answers: Sequence[Answer]) -> dict[str, dict[str, Any]]:
    """Return precision and recall of each rule whose finding speaks for a problem."""
    wanted = {"optimization": "underfitting", "generalization": "overfitting"}
    out = {}
    for rule in RULES:
        problem = wanted.get(rule.problem)
        if problem is None:
            continue
        found = [
            any(f.code == rule.code and f.is_problem for f in a.report.findings) for a in answers
        ]
        holds = [problem in problems(classes(r)) for r in records]
        figures = _figures(found, holds)
        if figures["n"]:
            out[rule.code] = figures
    return out


def verdict_figures(
    records: Sequence[Record], answers: Sequence[Answer]
) -> dict[str, dict[str, Any]]:
    """Return precision and recall of each verdict."""
    return {
        problem: _figures(
            [a.problem == problem for a in answers],
            [problem in problems(classes(r)) for r in records],
        )
        for problem in PROBLEMS
    }


def _figures(found: Sequence[bool], holds: Sequence[bool]) -> dict[str, Any]:
    right = sum(f and h for f, h in zip(found, holds, strict=True))
    n = sum(found)
    low, high = interval(Share(right, n)) if n else (0.0, 1.0)
    return {
        "precision": round(right / n, 4) if n else 0.0,
        "low": round(low, 4),
        "high": round(high, 4),
        "right": right,
        "n": n,
        "recall": round(right / max(1, sum(holds)), 4),
    }


def figures(records: Sequence[Record], answers: Answers) -> dict[str, Any]:
    """Return what reports show: the figures of the held-out runs."""
    kept = [i for i, record in enumerate(records) if is_held_out(record)]
    some = [records[i] for i in kept]
    return {
        "benchmark": BENCHMARK,
        "runs": len(some),
        "settings": {
            setting: {
                "verdicts": verdict_figures(some, [given[i] for i in kept]),
                "rules": rule_figures(some, [given[i] for i in kept]),
            }
            for setting, given in answers.items()
        },
    }


def histories_table(path: Path) -> str:
    """Return how the log alone does on labelled histories, beside one-line rules."""
    stored = np.load(path)
    train, val, truth = stored["train_loss"], stored["val_loss"], stored["overfit"]
    verdicts = [diagnose(train_loss=t, val_loss=v).verdict for t, v in zip(train, val, strict=True)]
    said = {
        "diagnose, log alone": np.array(["overfitting" in (v.problem, *v.also) for v in verdicts]),
        "final validation loss above 1.05 times its minimum": val[:, -1] > 1.05 * val.min(1),
        "gap above 10 % of the training loss": val[:, -1] > 1.1 * train[:, -1],
    }
    rows = []
    for name, flags in said.items():
        hit, alarm = int((flags & truth).sum()), int((flags & ~truth).sum())
        miss = int(truth.sum()) - hit
        quiet = len(truth) - hit - alarm - miss
        macro = (2 * hit / (2 * hit + alarm + miss) + 2 * quiet / (2 * quiet + alarm + miss)) / 2
        rows.append([name, f"{hit} of {hit + miss}", f"{alarm} of {alarm + quiet}", f"{macro:.3f}"])
    return table(["rule", "overfitting found", "false alarms", "macro-F1"], rows)


def tables(records: Sequence[Record], answers: Answers) -> dict[str, str]:
    """Return the tables of the page that the frozen runs give, by name."""
    from benchmarks.advice import advice_tables  # noqa: PLC0415 (it imports this module)

    held = [i for i, record in enumerate(records) if is_held_out(record)]
    chosen = [i for i, record in enumerate(records) if not is_held_out(record)]

    def part(rows: list[int]) -> tuple[list[Record], Answers]:
        return [records[i] for i in rows], {s: [a[i] for i in rows] for s, a in answers.items()}

    held_records, held_answers = part(held)
    chosen_records, chosen_answers = part(chosen)
    firm = [
        i
        for i in held
        if len({problems(classes(records[i], MARGINS.times(s))) for s in SIZES}) == 1
    ]
    return {
        "counts": _counts(records),
        "held-out": settings_table(held_records, held_answers, {}),
        "firm": settings_table(*part(firm), {}),
        "first-definition": settings_table(held_records, held_answers, {}, holds_at_first),
        "leaning": leaning_table(
            {
                "chosen on": (chosen_records, chosen_answers["log alone"]),
                "held out": (held_records, held_answers["log alone"]),
            }
        ),
        "chosen-on": settings_table(chosen_records, chosen_answers, {}),
        "program": groups_table(records, answers, "program", lambda r: [r["program"]]),
        "data": groups_table(held_records, held_answers, "data set", lambda r: [r["data"]]),
        "fault": groups_table(
            held_records, held_answers, "fault", lambda r: r["faults"] or ["none"]
        ),
        "confusion": confusion_table(held_records, held_answers["with the baselines"]),
        "confusion-alone": confusion_table(held_records, held_answers["log alone"]),
        "rules": rules_table(held_records, held_answers),
        "margins": margins_table(records),
        **advice_tables(records, answers),
    }


def _counts(records: Sequence[Record]) -> str:
    trained = sum(len(record["outcomes"]) for record in records)
    held = sum(map(is_held_out, records))
    return (
        f"{len(records):,} runs, each trained again with what applies of 21 changes: {trained:,}"
        f" trainings. {held} runs of"
        f" {len({r['program'] for r in records if is_held_out(r)})} programs on"
        f" {len({r['data'] for r in records if is_held_out(r)})} data sets were held out; the other"
        f" {len(records) - held}, of {len({r['program'] for r in records if not is_held_out(r)})}"
        f" programs on {len({r['data'] for r in records if not is_held_out(r)})} data sets, chose"
        " rules and thresholds."
    )


def put(text: str, made: dict[str, str]) -> str:
    """Put tables between the marks `<!-- name -->` and `<!-- end -->` of a page."""
    for name, content in made.items():
        start = f"<!-- {name} -->\n"
        if start in text:
            before, rest = text.split(start, 1)
            _, after = rest.split("<!-- end -->", 1)
            text = f"{before}{start}{content}\n<!-- end -->{after}"
    return text


def main() -> None:
    """Print the tables, and write them if asked to."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--others", action="store_true")
    parser.add_argument("--histories", type=Path)
    options = parser.parse_args()
    records = load()
    answers = answer_all(records)
    made = tables(records, answers)
    if options.others:
        from benchmarks.other_tools import ask_all  # noqa: PLC0415 (it makes an environment)

        some = [record for record in records if is_held_out(record)]
        others = {name: [Answer(p) for p in said] for name, said in ask_all(some).items()}
        ours = {
            s: [a for a, r in zip(given, records, strict=True) if is_held_out(r)]
            for s, given in answers.items()
        }
        made["side-by-side"] = settings_table(some, ours, others)
        made["summary"] = summary_table(some, ours, others)
    if options.histories:
        made["histories"] = histories_table(options.histories)
    for name, content in made.items():
        print(f"\n{name}\n\n{content}")
    if options.write:
        for page in (PAGE, README):
            page.write_text(put(page.read_text(encoding="utf-8"), made), encoding="utf-8")
        text = json.dumps(figures(records, answers), indent=1) + "\n"
        FIGURES.write_text(text, encoding="utf-8")
        reliability.load.cache_clear()


if __name__ == "__main__":
    main()

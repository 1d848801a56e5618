"""Real logs of public repositories, read again by nothing but csv and json.

The logs are not part of the project; the tests skip where they are not at hand.
"""

from __future__ import annotations

import ast
import csv
import json
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

from diagnose.errors import DiagnoseError
from diagnose.readers import read, read_runs

LOGS = Path(__file__).parents[2].parent / "shared/data/logs"
pytestmark = pytest.mark.skipif(not LOGS.is_dir(), reason="the collection of real logs is absent")

Points = list[tuple[float, float]]
Wanted = dict[str, tuple[str | None, str]]
"""For each series the column of its step, None for the row's number, and that of its value."""


def table(path: Path, delimiter: str = ",") -> list[dict[str, str]]:
    """Read a table by the csv module."""
    with path.open(newline="", encoding="utf-8-sig") as stream:
        rows = list(csv.reader(stream, delimiter=delimiter))
    names = [name.strip() for name in rows[0]]
    return [dict(zip(names, (c.strip() for c in row), strict=False)) for row in rows[1:] if row]


def json_lines(path: Path) -> list[dict[str, object]]:
    """Read JSON lines."""
    return [json.loads(line) for line in path.read_text().splitlines() if line.strip()]


def trainer(path: Path) -> list[dict[str, object]]:
    """Read a Trainer's history without its summary."""
    history = json.loads(path.read_text())["log_history"]
    return [record for record in history if "train_runtime" not in record]


def array(path: Path) -> list[dict[str, object]]:
    """Read a JSON array of records."""
    return list(json.loads(path.read_text()))


def lists(path: Path) -> list[dict[str, object]]:
    """Read an object of lists as records."""
    document = {k: v for k, v in json.loads(path.read_text()).items() if isinstance(v, list) and v}
    length = max(len(v) for v in document.values())
    columns = {k: v for k, v in document.items() if len(v) == length}
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def tabs(path: Path) -> list[dict[str, str]]:
    """Read a table that tabs separate."""
    return table(path, "\t")


def pick(rows: Iterable[dict[str, object]], step: str | None, value: str) -> Points:
    """List the points of one column; values of `a+b` are added up."""
    out = []
    for number, row in enumerate(rows, start=1):
        cells = [row.get(name) for name in value.split("+")]
        if any(cell in (None, "", "_", "#na#", "None") for cell in cells):
            continue
        total = 0.0
        for cell in cells:
            total += float(str(cell))
        out.append((float(str(row[step])) if step else float(number), total))
    return out


def metric(path: Path) -> list[dict[str, str]]:
    """Read a metric of MLflow's file store."""
    names = ("time", "value", "step")
    return [dict(zip(names, ln.split(), strict=True)) for ln in path.read_text().splitlines()]


def results(path: Path) -> list[dict[str, str]]:
    """Read the lines of Ultralytics' results.txt."""
    rows = [line.replace("/", " ").split() for line in path.read_text().splitlines()]
    return [{str(i): cell for i, cell in enumerate(row)} for row in rows]


def rounds(path: Path) -> list[dict[str, object]]:
    """Read the iterations of CatBoost."""
    rows = json.loads(path.read_text())["iterations"]
    return [{**row, "learn": row["learn"][0], "test": row["test"][0]} for row in rows]


def last_start(path: Path) -> list[dict[str, object]]:
    """Read JSON lines with a loss since its counter fell for the last time."""
    out: list[dict[str, object]] = []
    for row in json_lines(path):
        if "total_loss" in row:
            if out and float(str(row["iteration"])) < float(str(out[-1]["iteration"])):
                out = []
            out.append(row)
    return out


def trained(path: Path) -> list[dict[str, object]]:
    """Read the training rows of OpenMMLab."""
    return [row for row in json_lines(path) if "loss" in row]


def first_process(path: Path) -> list[dict[str, object]]:
    """Read the first row of each step; a resumed run, which begins low, replaces what it redoes."""
    starts: list[dict[int, dict[str, object]]] = [{}]
    last = 0
    for row in json_lines(path):
        step = int(str(row["current_steps"]))
        if step < last - 50:
            starts.append({})
        last = step
        if "loss" in row:
            starts[-1].setdefault(step, row)
    joined: dict[int, dict[str, object]] = {}
    for start in starts:
        joined = {s: row for s, row in joined.items() if s < min(start)} | start
    return [joined[step] for step in sorted(joined)]


def combined(path: Path) -> list[dict[str, object]]:
    """Read what Ludwig measured over all outputs."""
    document = json.loads(path.read_text())
    parts = [
        document.get(name) or document.get(f"{short}_metrics")
        for name, short in (("training", "train"), ("validation", "vali"))
    ]
    losses = [part["combined"]["loss"] for part in parts]
    return [{"train": t, "val": v} for t, v in zip(*losses, strict=True)]


def last_dictionary(path: Path) -> list[dict[str, object]]:
    """Read the last of the dictionaries that Python printed one after another."""
    found = ast.literal_eval("{" + path.read_text().rpartition("{")[2])
    return [{"loss": value} for value in found["loss"]]


def before_the_cut(path: Path) -> list[dict[str, object]]:
    """Read a history whose last list is cut off."""
    found = json.loads(path.read_text().rpartition(', "lr"')[0] + "}")
    return [dict(zip(found, row, strict=True)) for row in zip(*found.values(), strict=True)]


def fairseq(path: Path) -> list[dict[str, object]]:
    """Read what fairseq told of whole epochs, both parts in one record."""
    out: dict[str, dict[str, object]] = {}
    for line in path.read_text().splitlines():
        head, mark, record = line.partition("][INFO] - {")
        if mark and head.endswith(("[train", "[valid")):
            row = json.loads("{" + record)
            out.setdefault(row["epoch"], {}).update(row)
    return list(out.values())


YOLO = "train/box_loss+train/cls_loss+train/dfl_loss"
KERAS: Wanted = {
    "train_loss": ("epoch", "loss"), "val_loss": ("epoch", "val_loss"),
    "train_accuracy": ("epoch", "accuracy"), "val_accuracy": ("epoch", "val_accuracy"),
}  # fmt: skip
BARE_KERAS: Wanted = {"train_loss": (None, "loss"), "val_loss": (None, "val_loss")}
TRAINER: Wanted = {"train_loss": ("step", "loss"), "lr": ("step", "learning_rate")}
EVALUATED: Wanted = {**TRAINER, "val_loss": ("step", "eval_loss")}
LIGHTNING: Wanted = {"train_loss": ("step", "train_loss"), "val_loss": ("step", "val_loss")}

FILES: list[tuple[str, Callable[[Path], Iterable[dict[str, object]]], Wanted]] = [
    ("keras_csv/Nadika18__BreastCancerPrediction__training_log.csv", table, KERAS),
    ("keras_csv/PatrickKinz__DeepLearning__history.csv", table, KERAS),
    ("keras_csv/DamianUS__discerner2__history.csv", table, BARE_KERAS),
    ("keras_csv/mrgloom__blob-counting-example__train_history.csv", table, BARE_KERAS),
    ("keras_csv/tcotte__Cat_Dog__history.csv", table, BARE_KERAS),
    ("custom_csv/dennishenle__plant-diseases-classifier__history.csv", table, {
        "train_loss": ("epoch", "train_loss"), "val_loss": ("epoch", "val_loss"),
        "train_accuracy": ("epoch", "train_acc"), "val_accuracy": ("epoch", "val_acc")}),
    ("custom_csv/Apple-zly__tf_ChestXray__history.csv", table, {
        "train_loss": ("epoch", "train_loss"), "val_loss": ("epoch", "test_loss"),
        "val_accuracy": ("epoch", "test_acc")}),
    ("custom_csv/HoangSyViet04__Traffic_Risk_Project__training_log.csv", table, {
        "train_loss": ("Epoch", "Train_Loss"), "val_loss": ("Epoch", "Val_Loss")}),
    ("custom_csv/YAGI0423__mnist_for_pytorch__train_history.csv", table, {
        "train_loss": (None, "train_loss"), "val_loss": (None, "val_loss")}),
    ("lightning_csv/Driemann__ml-aos__metrics.csv", table, LIGHTNING),
    ("lightning_csv/Duccioo__Gaussian-Mixture-Neural-Network__metrics.csv", table, LIGHTNING),
    ("lightning_csv/DyeDye-diyung__Framework_for_Financial_Time-Series_Forecasting__metrics.csv",
     table, LIGHTNING),
    ("lightning_csv/Enderlogic__batch_effect__metrics.csv", table, {
        "train_loss": ("step", "train_elbo_loss"), "val_loss": ("step", "val_elbo_loss")}),
    ("lightning_csv/BesT1CooKie1__nn_oedometer__metrics.csv", table, {
        "train_loss": ("step", "train_loss_epoch")}),
    ("yolo_csv/877286291__smoking_calling_detection__results.csv", table, {
        "train_loss": ("epoch", YOLO), "val_loss": ("epoch", YOLO.replace("train", "val")),
        "train/dfl_loss": ("epoch", "train/dfl_loss"), "lr": ("epoch", "lr/pg0")}),
    ("yolo_csv/n-aghaebrahim__Pedestrian-detection__results.csv", table, {
        "train_loss": ("epoch", YOLO), "val_loss": ("epoch", YOLO.replace("train", "val"))}),
    ("yolo_csv/Alexandor136__YOLOv11_cls__results.csv", table, {
        "train_loss": ("epoch", "train/loss"), "val_loss": ("epoch", "val/loss")}),
    ("guided_diffusion_progress/tungnthust__SeismicRDPS__progress-checkpoint.csv", table, {
        "train_loss": ("step", "loss"), "grad_norm": ("step", "grad_norm")}),
    ("wandb_csv_export/Lucas-longxutang__Comp3242_Group_Project_nanoGPT__C1_1_head_w1yevcg1_history"
     ".csv", table, {"train_loss": ("_step", "train/loss"), "val_loss": ("_step", "val/loss")}),
    ("tensorboard_csv/lixiang007666__CRF-EfficientUNet-OC-OD-Segmentation__run-fc-tag-batch_loss.csv",
     table, {"train_loss": ("Step", "Value")}),
    ("bearpaw_logger_tsv/bearpaw__pytorch-classification__log.txt", tabs, {
        "train_loss": (None, "Train Loss"), "val_loss": (None, "Valid Loss")}),
    ("flair_log/jannenev__compare-nlp-models__loss.tsv", tabs, {
        "train_loss": ("EPOCH", "TRAIN_LOSS"), "val_loss": ("EPOCH", "DEV_LOSS"),
        "lr": ("EPOCH", "LEARNING_RATE")}),
    ("catboost_info/1adore1__deadlock-winner-prediction__learn_error.tsv", tabs, {
        "train_loss": ("iter", "Logloss")}),
    ("dvclive_tsv/michaelvay__lightning-hydra-template__val_loss.tsv", tabs, {
        "val_loss": ("step", "loss")}),
    ("trainer_state/BaarTeek123__llms_finetuning__trainer_state.json", trainer, {
        **TRAINER, "grad_norm": ("step", "grad_norm")}),
    ("trainer_state/syGOAT__Mistral-v0.2-Translator-bf16__trainer_state.json", trainer, TRAINER),
    ("trainer_state/vacantfury__CS6140-MUGC-project__trainer_state.json", trainer, EVALUATED),
    ("trainer_state/selvxhini-10__Finetuned-Sentiment-Analysis__trainer_state.json", trainer,
     EVALUATED),
    ("trainer_state/vacantfury__CS6140-MUGC-project__zero_loss_trainer_state.json", trainer,
     EVALUATED),
    ("deit_log_txt/Gaw4Gura__ConditionalSwinDETR__log.txt", json_lines, {
        "train_loss": ("epoch", "train_loss"), "val_loss": ("epoch", "test_loss"),
        "lr": ("epoch", "train_lr")}),
    ("llamafactory_trainer_log/syGOAT__Mistral-v0.2-Translator-bf16__trainer_log.jsonl",
     json_lines, {"train_loss": ("current_steps", "loss")}),
    ("history_json/Renata1214__rwkv-modbus-finetune__loss_data.json", json_lines, {
        "train_loss": (None, "loss")}),
    ("chainer_log/Obarads__DGCNN-Chainer__log", array, {
        "train_loss": ("iteration", "main/loss"),
        "val_loss": ("iteration", "validation/main/loss")}),
    ("chainer_log/aidiary__chainer-siamese__log", array, {
        "train_loss": ("iteration", "main/loss")}),
    ("chainer_log/KaijiS__DAGMM__log", array, {
        "train_loss": ("iteration", "main/loss"),
        "val_loss": ("iteration", "validation/main/loss")}),
    ("chainer_log/matasuke__chainer_simple_NMT__log", array, {
        "train_loss": ("iteration", "main/loss")}),
    ("deit_log_txt/JER-ry__CF-ViT__log.txt", json_lines, {
        "train_loss": ("epoch", "train_loss"), "lr": ("epoch", "train_lr")}),
    ("catboost_info/1ByteAtATime__NBA_Prediction_Beating_the_Over_Under_Total__catboost_training"
     ".json", rounds, {"train_loss": ("iteration", "learn"), "val_loss": ("iteration", "test")}),
    ("catboost_info/1ByteAtATime__NBA_Prediction_Beating_the_Over_Under_Total__test_error.tsv",
     tabs, {"val_loss": ("iter", "Logloss")}),
    ("detectron2_metrics/BUAAZhangHaonan__mgm_mask2former__metrics.json", last_start, {
        "train_loss": ("iteration", "total_loss"), "lr": ("iteration", "lr")}),
    ("detectron2_metrics/GiammaBigFishEngineer__PanopticSegmantation-MRI__metrics.json",
     last_start, {"train_loss": ("iteration", "total_loss")}),
    ("mmcv_log_json/3zair__OpenMMLabCompPractise__20230210_170348.log.json", trained, {
        "train_loss": ("epoch", "loss")}),
    ("mmcv_log_json/chg0901__openmmlab-hong__None.log.json", trained, {
        "train_loss": ("iter", "loss"), "lr": ("iter", "lr")}),
    ("mmcv_log_json/liweiwp__OpenMMLabCamp__20230212_013550.log.json", trained, {
        "train_loss": ("iter", "loss")}),
    ("mmengine_json/chg0901__openmmlab2-hong__20230616_114954.json", trained, {
        "train_loss": ("step", "loss"), "lr": ("step", "lr")}),
    ("mmengine_json/duanbo320__openmmlab_camp__20230605_200941.json", trained, {
        "train_loss": ("step", "loss")}),
    ("mmengine_json/liweiwp__OpenMMLabCamp__20230610_052939.json", trained, {
        "train_loss": ("step", "loss")}),
    ("llamafactory_trainer_log/rameyjm7__SFT-Training-LLM__trainer_log.jsonl", first_process, {
        "train_loss": ("current_steps", "loss"), "lr": ("current_steps", "lr")}),
    ("ludwig_json/noveoko__YoutubeOutliers__training_progress.json", combined, {
        "train_loss": (None, "train"), "val_loss": (None, "val")}),
    ("ludwig_json/noveoko__YoutubeOutliers__training_statistics.json", combined, {
        "train_loss": (None, "train"), "val_loss": (None, "val")}),
    ("ludwig_json/quality-attributes__deep-learning-classifiers__training_statistics.json",
     combined, {"train_loss": (None, "train"), "val_loss": (None, "val")}),
    ("mlflow_metric/10-Academy-Batch-4-Week-4__Swahili-Speech-To-Text__loss", metric, {
        "train_loss": ("step", "value")}),
    ("mlflow_metric/1234525344__stock-quant__run-929eba63_l2.train", metric, {
        "train_loss": ("step", "value")}),
    ("mlflow_metric/1234525344__stock-quant__run-929eba63_l2.valid", metric, {
        "val_loss": ("step", "value")}),
    ("yolo_results_txt/Xinda-1999__Drone-detection-yolov7__results.txt", results, {
        "train_loss": ("0", "6"), "val_loss": ("0", "13+14+15")}),
    ("yolo_results_txt/hhhenry-huan__crack-detection__results.txt", results, {
        "train_loss": ("0", "6"), "val_loss": ("0", "13+14+15"),
        "metrics/precision": ("0", "9")}),
    ("history_json/YAGI0423__mnist_for_pytorch__log_15_2_512.txt", last_dictionary, {
        "train_loss": (None, "loss")}),
    ("history_json/YAGI0423__mnist_for_pytorch__log_8_20_512.txt", last_dictionary, {
        "train_loss": (None, "loss")}),
    ("history_json/wangfeng010__beimeipush__training_history_20250528_202658.json",
     before_the_cut, {"train_loss": (None, "loss"), "val_loss": (None, "val_loss")}),
    ("history_json/dennishenle__plant-diseases-classifier__history.json", array, {
        "train_loss": ("epoch", "train_loss"), "val_loss": ("epoch", "val_loss")}),
    ("fairseq_log/kehanlu__Mandarin-Wav2Vec2__hydra_train.log", fairseq, {
        "train_loss": ("train_num_updates", "train_loss"),
        "val_loss": ("train_num_updates", "valid_loss")}),
    ("history_json/Jannik-m12__whale-call-classifier__custom_training_history.json", lists, {
        "train_loss": (None, "loss"), "val_loss": (None, "val_loss"),
        "val_accuracy": (None, "val_accuracy")}),
]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "parse", "wanted"), FILES, ids=[name.partition("__")[0] for name, _, _ in FILES]
)
def test_all_values_of_a_real_log(name, parse, wanted) -> None:
    """Every value of every role stands at the step at which the log has it."""
    run = read(LOGS / name)
    rows = list(parse(LOGS / name))
    for role, (step, value) in wanted.items():
        expected = pick(rows, step, value)
        assert len(expected) > 1
        series = run.series[role]
        assert series.step.tolist() == [s for s, _ in expected], role
        # The sum of parts may round otherwise in another order.
        values = [v for _, v in expected]
        assert series.value.tolist() == pytest.approx(values, rel=1e-15, nan_ok=True)


def test_percentages_of_a_real_log() -> None:
    """Accuracies in percent are divided by a hundred."""
    path = LOGS / "bearpaw_logger_tsv/bearpaw__pytorch-classification__log-2.txt"
    expected = [v / 100 for _, v in pick(tabs(path), None, "Valid Acc.")]
    assert read(path).series["val_accuracy"].value.tolist() == expected


def test_runs_of_a_wandb_chart() -> None:
    """Each run of an exported chart holds its own column's values, blanks left out."""
    path = LOGS / "wandb_csv_export/EvergreenTree__di-f-fu-sion__cifar10.csv"
    rows = table(path)
    runs = read_runs(path)
    assert len(runs) == 2
    for run in runs:
        expected = pick(rows, "Step", run.columns["train_loss"][0])
        assert list(zip(run.train_loss.step, run.train_loss.value, strict=True)) == expected


def test_appended_runs_of_fastai() -> None:
    """Of eleven runs in one file, with two kinds of header, the last is judged."""
    path = LOGS / "fastai_csv/tmabraham__retinopathy-classifier__history.csv"
    last = path.read_text().split("epoch,")[-1].splitlines()[1:]
    run = read(path)
    expected = [[float(c) for c in line.split(",")[:4]] for line in last if line]
    assert run.train_loss.step.tolist() == [row[0] for row in expected]
    assert run.train_loss.value.tolist() == [row[1] for row in expected]
    assert run.val_loss.value.tolist() == [row[2] for row in expected]
    assert run.series["val_accuracy"].value.tolist() == [row[3] for row in expected]
    assert any("11 runs" in note for note in run.notes)


def test_evaluations_of_mmengine() -> None:
    """Evaluations stand at the last training step before them, not at their epoch."""
    path = LOGS / "mmengine_json/chg0901__openmmlab2-hong__20230608_170620.json"
    step, expected = 0.0, []
    for record in json_lines(path):
        if "loss" in record:
            step = float(str(record["step"]))
        elif "accuracy/top1" in record:
            expected.append((step, float(str(record["accuracy/top1"])) / 100))
    accuracy = read(path).series["val_accuracy"]
    assert list(zip(accuracy.step, accuracy.value, strict=True)) == expected


def test_iterations_of_mmcv() -> None:
    """Iterations that begin again with each epoch are numbered through: six of five an epoch."""
    path = LOGS / "mmcv_log_json/chg0901__openmmlab-hong__20230209_031500.log.json"
    expected = [
        (30 * (int(str(row["epoch"])) - 1) + int(str(row["iter"])), float(str(row["loss"])))
        for row in trained(path)
    ]
    loss = read(path).train_loss
    assert list(zip(loss.step, loss.value, strict=True)) == expected


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("allennlp_metrics/QAQdev__FRMiner-Training-Results__metrics_epoch_3.json", "one value"),
        ("dvclive_tsv/michaelvay__lightning-hydra-template__metrics.json", "one value each"),
        ("flaml_log/kmalhotra1__CC_Fraud__xgb.log", "each trial of a search"),
        ("mlflow_metric/10tanmay100__DEEPCNNCLASSIFIER__run-cb009651_loss", "a single point"),
        ("mlflow_metric/silvermet999__AAE-DRL__run-ee004639_d_loss", "a single point"),
        ("negative_controls/JNRLEE__MicForDysphasiaOnCloud__tsne_results_with1130keras.csv",
         "a table of samples"),
        ("sb3_progress/insper-classroom__08-dqn-vs-a2c-super_j_schulman__progress.csv",
         "reinforcement learning"),
        ("sb3_progress/insper-classroom__08-dqn-vs-a2c-super_j_schulman__progress-2.csv",
         "reinforcement learning"),
        ("stylegan_stats/Hexanol777__RPG-SpriteGAN__stats.jsonl", "not judged as one"),
        ("wandb_files/676627__deep-learning-eurosat__wandb-summary.json", r"run's \.wandb file"),
        ("wandb_files/Xinda-1999__Drone-detection-yolov7__wandb-summary.json", "one value each"),
        ("wandb_files/parsellsx__berkeley-seti__wandb-summary.json", r"run's \.wandb file"),
        ("wandb_csv_export/Lucas-longxutang__Comp3242_Group_Project_nanoGPT__wandb_summary.csv",
         "a table of runs"),
    ],
)  # fmt: skip
def test_what_is_no_curve_is_refused(name, message) -> None:
    """Values of one moment, of trials, of samples and of adversaries are no training curve."""
    with pytest.raises(DiagnoseError, match=message):
        read_runs(LOGS / name)


def test_sacred_metrics() -> None:
    """Sacred's series keep the steps that stand beside their values."""
    path = LOGS / "sacred_metrics/manuel-rhdt__ml-pws__metrics.json"
    found = json.loads(path.read_text())["training.loss"]
    loss = read(path).train_loss
    assert loss.step.tolist() == found["steps"]
    assert loss.value.tolist() == found["values"]


@pytest.mark.parametrize("part", range(4))
def test_nothing_crashes(part) -> None:
    """Each real log is read, or refused by an error of ours."""
    judged = 0
    for path in [p for p in sorted(LOGS.rglob("*")) if p.is_file()][part::4]:
        try:
            judged += len(read_runs(path))
        except DiagnoseError:
            continue
    assert judged > 15

"""The table of names: which column takes which role."""

from __future__ import annotations

import pytest

from diagnose.readers.columns import choose_axis, choose_roles, meaning

# Headers of real logs, with the columns a person would pick.
HEADERS = {
    "keras": ("epoch,accuracy,loss,lr,val_accuracy,val_loss", {
        "train_loss": "loss", "val_loss": "val_loss", "train_accuracy": "accuracy",
        "val_accuracy": "val_accuracy", "lr": "lr"}),
    "keras, several outputs": (
        "epoch,a_loss,a_accuracy,b_loss,b_accuracy,loss,val_a_loss,val_b_loss,val_loss",
        {"train_loss": "loss", "val_loss": "val_loss"}),
    "keras, sparse accuracy": (
        "epoch,loss,sparse_categorical_accuracy,val_loss,val_sparse_categorical_accuracy",
        {"train_accuracy": "sparse_categorical_accuracy",
         "val_accuracy": "val_sparse_categorical_accuracy"}),
    "lightning": ("epoch,lr-Adam,step,train_loss_epoch,train_loss_step,val_acc,val_loss", {
        "train_loss": "train_loss_epoch", "val_loss": "val_loss", "val_accuracy": "val_acc",
        "lr": "lr-Adam"}),
    "lightning, slashes": ("epoch,step,train/loss,train/acc,val/loss,val/acc,val/acc_best", {
        "train_loss": "train/loss", "val_loss": "val/loss", "train_accuracy": "train/acc",
        "val_accuracy": "val/acc"}),
    "lightning, elbo": ("epoch,step,train_elbo_loss,train_kl_weight,val_elbo_loss", {
        "train_loss": "train_elbo_loss", "val_loss": "val_elbo_loss"}),
    "yolo 8": (
        "epoch,train/box_loss,train/cls_loss,train/dfl_loss,metrics/mAP50(B),val/box_loss,"
        "val/cls_loss,val/dfl_loss,lr/pg0,lr/pg1",
        {"train_loss": "train/box_loss+train/cls_loss+train/dfl_loss",
         "val_loss": "val/box_loss+val/cls_loss+val/dfl_loss", "lr": "lr/pg0"}),
    "yolo 5": (
        "epoch,train/box_loss,train/obj_loss,train/cls_loss,metrics/precision,val/box_loss,"
        "val/obj_loss,val/cls_loss,x/lr0",
        {"train_loss": "train/box_loss+train/obj_loss+train/cls_loss",
         "val_loss": "val/box_loss+val/obj_loss+val/cls_loss"}),
    "yolo, classify": (
        "epoch,time,train/loss,metrics/accuracy_top1,metrics/accuracy_top5,val/loss,lr/pg0",
        {"train_loss": "train/loss", "val_loss": "val/loss",
         "val_accuracy": "metrics/accuracy_top1"}),
    "fastai": ("epoch,train_loss,valid_loss,accuracy,time", {
        "train_loss": "train_loss", "val_loss": "valid_loss", "val_accuracy": "accuracy"}),
    "timm": ("epoch,train_loss,eval_loss,eval_top1,eval_top5,lr", {
        "train_loss": "train_loss", "val_loss": "eval_loss", "val_accuracy": "eval_top1",
        "lr": "lr"}),
    "hf": ("step,epoch,loss,learning_rate,grad_norm,eval_loss,eval_runtime", {
        "train_loss": "loss", "val_loss": "eval_loss", "lr": "learning_rate",
        "grad_norm": "grad_norm"}),
    "wandb": ("_step,_runtime,_timestamp,iter,train/loss,val/loss,lr,mfu", {
        "train_loss": "train/loss", "val_loss": "val/loss", "lr": "lr"}),
    "detectron2": (
        "iteration,total_loss,loss_cls,loss_box_reg,loss_rpn_cls,lr,data_time,eta_seconds,"
        "validation_loss",
        {"train_loss": "total_loss", "val_loss": "validation_loss", "lr": "lr"}),
    "detr": ("epoch,train_lr,train_loss,train_loss_ce,train_loss_bbox,train_loss_ce_0,"
             "train_loss_ce_unscaled,test_loss,test_loss_ce,n_parameters", {
        "train_loss": "train_loss", "val_loss": "test_loss", "lr": "train_lr"}),
    "deit": ("epoch,train_lr,train_loss,test_loss,test_acc1,test_acc5,n_parameters", {
        "train_loss": "train_loss", "val_loss": "test_loss", "val_accuracy": "test_acc1"}),
    "bearpaw": ("Learning Rate,Train Loss,Valid Loss,Train Acc.,Valid Acc.", {
        "train_loss": "Train Loss", "val_loss": "Valid Loss", "train_accuracy": "Train Acc.",
        "val_accuracy": "Valid Acc.", "lr": "Learning Rate"}),
    "flair": ("EPOCH,TIMESTAMP,LEARNING_RATE,TRAIN_LOSS,DEV_LOSS,DEV_ACCURACY", {
        "train_loss": "TRAIN_LOSS", "val_loss": "DEV_LOSS", "val_accuracy": "DEV_ACCURACY",
        "lr": "LEARNING_RATE"}),
    "chainer": ("epoch,iteration,main/loss,validation/main/loss,main/accuracy,"
                "validation/main/accuracy,elapsed_time", {
        "train_loss": "main/loss", "val_loss": "validation/main/loss",
        "train_accuracy": "main/accuracy", "val_accuracy": "validation/main/accuracy"}),
    "camel": ("epoch,trainLoss,valLoss,trainAcc,valAcc", {
        "train_loss": "trainLoss", "val_loss": "valLoss", "train_accuracy": "trainAcc",
        "val_accuracy": "valAcc"}),
    "glued": ("epoch,trainloss,valloss", {"train_loss": "trainloss", "val_loss": "valloss"}),
    "loss first": ("epoch,Loss/train,Loss/val,Accuracy/train,Accuracy/val", {
        "train_loss": "Loss/train", "val_loss": "Loss/val", "train_accuracy": "Accuracy/train",
        "val_accuracy": "Accuracy/val"}),
    "spelled out": ("Epoch,Training Loss,Validation Loss,Training Accuracy,Validation Accuracy", {
        "train_loss": "Training Loss", "val_loss": "Validation Loss",
        "train_accuracy": "Training Accuracy", "val_accuracy": "Validation Accuracy"}),
    "validation before test": ("epoch,train_loss,test_loss,val_loss", {
        "train_loss": "train_loss", "val_loss": "val_loss"}),
    "catboost": ("iter,Logloss", {"train_loss": "Logloss"}),
    "regression": ("epoch,mse,val_mse", {"train_loss": "mse", "val_loss": "val_mse"}),
    "two errors": ("epoch,mse,mae,val_mae,val_mse", {"train_loss": "mse", "val_loss": "val_mse"}),
    "unlike errors": ("epoch,mse,val_mae", {"train_loss": "mse", "val_loss": None}),
    "loss before error": ("epoch,loss,mse,val_mse", {"train_loss": "loss", "val_loss": None}),
    "perplexity": ("epoch,train_ppl,valid_ppl", {
        "train_loss": "train_ppl", "val_loss": "valid_ppl"}),
    "loss before perplexity": ("step,loss,ppl,val_loss,val_ppl", {
        "train_loss": "loss", "val_loss": "val_loss"}),
    "value loss": ("step,value_loss,policy_loss,entropy_loss", {
        "train_loss": None, "val_loss": None}),
    "loss scale": ("step,loss scale,loss_weight,lm loss", {"train_loss": "lm loss"}),
    "regularizer": ("epoch,loss,reg_loss,aux_loss", {"train_loss": "loss"}),
    "best so far": ("epoch,loss,best_loss,min_val_loss", {"train_loss": "loss", "val_loss": None}),
    "gan": ("epoch,loss_G,loss_D", {"train_loss": None}),
    "cyclegan": ("epoch,D_A,G_A,loss_D_A,loss_G_A", {"train_loss": None}),
    "vae": ("epoch,train_recon_loss,train_kl_loss,val_recon_loss,val_kl_loss", {
        "train_loss": "train_recon_loss+train_kl_loss",
        "val_loss": "val_recon_loss+val_kl_loss"}),
    "vae with a total": ("epoch,train_loss,train_recon_loss,train_kl_loss,val_loss", {
        "train_loss": "train_loss", "val_loss": "val_loss"}),
    "unlike parts": ("epoch,train_a_loss,train_b_loss,val_a_loss", {
        "train_loss": "train_a_loss", "val_loss": "val_a_loss"}),
    "nothing": ("epoch,step,f1,precision,time", {"train_loss": None, "val_loss": None}),
}  # fmt: skip


@pytest.mark.parametrize(("header", "expected"), HEADERS.values(), ids=HEADERS)
def test_roles_of_real_headers(header, expected) -> None:
    """Each column takes the role that a person would give it."""
    names = header.split(",")
    axes = choose_axis(names)
    roles = choose_roles({name: 20 for name in names if name not in axes})
    found = {role: "+".join(roles[role]) if role in roles else None for role in expected}
    assert found == expected


def test_order_of_columns_does_not_matter() -> None:
    """The roles are the same with the columns in reverse."""
    for header, expected in HEADERS.values():
        names = header.split(",")[::-1]
        roles = choose_roles({n: 20 for n in names if n not in choose_axis(names)})
        for role in ("train_loss", "val_loss"):
            if role in expected:
                assert set(roles.get(role, ())) == set(
                    filter(None, (expected[role] or "").split("+"))
                )


@pytest.mark.parametrize(
    ("names", "axes"),
    [
        (["epoch", "loss"], (None, "epoch")),
        (["epoch", "step", "loss"], ("step", "epoch")),
        (["Step", "loss"], ("Step", None)),
        (["_step", "epoch"], ("_step", "epoch")),
        (["trainer/global_step", "epoch"], ("trainer/global_step", "epoch")),
        (["iter", "Epoch"], ("iter", "Epoch")),
        (["time/total_timesteps", "loss"], ("time/total_timesteps", None)),
        (["轮次", "损失"], (None, "轮次")),
        (["Schritt", "Epoche", "Verlust"], ("Schritt", "Epoche")),
        (["loss", "val_loss"], (None, None)),
        (["steps_per_second", "epoch_time", "epochs_left"], (None, None)),
    ],
)
def test_axes(names, axes) -> None:
    """The finest counter and the epoch are found by their names, and nothing else."""
    assert choose_axis(names) == axes


@pytest.mark.parametrize(
    ("name", "kind", "split"),
    [
        ("loss", "loss", ""),
        ("val_loss", "loss", "val"),
        ("Loss/Evaluation", "loss", "val"),
        ("trn_loss", "loss", "train"),
        ("lr_loss_scale", "lr", ""),
        ("val_loss_every", "loss", "val"),
        ("gradient norm", "grad_norm", ""),
        ("grad_norm", "grad_norm", ""),
        ("val_acc", "accuracy", "val"),
        ("cross_entropy", "loss_like", ""),
        ("entropy", "other", ""),
        ("glossary", "other", ""),
        ("weight_decay", "other", ""),
        ("", "other", ""),
        ("\x1b[1mval_loss\x1b[0m", "loss", "val"),
        ("损失", "loss", ""),
        ("训练损失", "loss", "train"),
        ("验证准确率", "accuracy", "val"),
        ("検証損失", "loss", "val"),
        ("검증 손실", "loss", "val"),
        ("Trainingsverlust", "loss", "train"),
        ("perte_validation", "loss", "val"),
        ("Época", "other", ""),
        ("потери_валидации", "loss", "val"),
        ("学习率", "lr", ""),
        ("préfixe_loss", "loss", ""),
    ],
)
def test_meaning(name, kind, split) -> None:
    """A name says what it is and what it was measured on."""
    found = meaning(name)
    assert (found.kind, found.split) == (kind, split)


def test_single_point_is_no_curve() -> None:
    """A column with one point does not take the role of one with a curve."""
    assert choose_roles({"loss": 4, "train_loss": 1})["train_loss"] == ("loss",)
    assert choose_roles({"val_loss": 1, "test_loss": 5, "loss": 5})["val_loss"] == ("test_loss",)

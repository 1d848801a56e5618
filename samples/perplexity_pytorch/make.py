"""Perplexity only: a small character model overfits a short text.

A GRU is trained with Adam to predict the next character of 3,000 characters written by a seeded
grammar. The log holds no loss, only perplexities, exp(mean negative log-likelihood). The training
perplexity falls towards one; the validation perplexity is lowest early and then rises.
"""

import json
import math
import random
from pathlib import Path

import torch
from torch import nn
from torch.nn.functional import cross_entropy

LOG = Path(__file__).parent / "log.jsonl"
WHO = ["the cat", "a dog", "my uncle", "the old king", "no sailor", "this child", "a fox"]
DOES = ["sees", "follows", "paints", "forgets", "carries", "hides from", "laughs at", "listens to"]
WHERE = [
    "in the garden",
    "by the river",
    "at night",
    "under a tree",
    "behind the mill",
    "on monday",
]


def text(rng: random.Random, length: int) -> str:
    """Write sentences of the form who-does-who-where."""
    lines = ""
    while len(lines) < length:
        lines += " ".join(rng.choice(words) for words in (WHO, DOES, WHO, WHERE)) + ". "
    return lines[:length]


class CharModel(nn.Module):
    """Embedding, one GRU layer, linear read-out."""

    def __init__(self, size: int, width: int) -> None:
        super().__init__()
        self.embed = nn.Embedding(size, 32)
        self.rnn = nn.GRU(32, width, batch_first=True)
        self.out = nn.Linear(width, size)

    def forward(self, codes: torch.Tensor) -> torch.Tensor:
        """Return logits of the next character, (batch, characters, time)."""
        return self.out(self.rnn(self.embed(codes))[0]).transpose(1, 2)


def main() -> None:
    """Train, write the log and print the reference perplexities."""
    torch.set_num_threads(1)
    torch.manual_seed(0)
    rng = random.Random(0)
    letters = sorted(set("".join(WHO + DOES + WHERE) + " ."))
    train, val = (torch.tensor([letters.index(c) for c in text(rng, n)]) for n in (3001, 6001))
    share = torch.bincount(train, minlength=len(letters)) / len(train)
    unigram = [cross_entropy(share.log().expand(len(s), -1), s).exp().item() for s in (train, val)]
    print(f"uniform: {len(letters)}, constant: {unigram[0]:.3f},{unigram[1]:.3f}")
    x, y = train[:-1].view(-1, 60), train[1:].view(-1, 60)
    x_val, y_val = val[:-1].view(-1, 60), val[1:].view(-1, 60)

    model = CharModel(len(letters), 128)
    optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
    with LOG.open("w") as file:
        for epoch in range(1, 61):
            total = 0.0
            for batch in torch.randperm(len(x)).split(10):
                loss = cross_entropy(model(x[batch]), y[batch])
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
                total += loss.item() * len(batch)
            with torch.no_grad():
                val_loss = cross_entropy(model(x_val), y_val).item()
            row = {"train_ppl": math.exp(total / len(x)), "val_ppl": math.exp(val_loss)}
            file.write(json.dumps({"epoch": epoch, **row}) + "\n")


if __name__ == "__main__":
    main()

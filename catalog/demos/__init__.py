"""The lecture's demonstrations, run again, each with the condition under which it holds.

Only `Demo.perform` loads torch, and only `picture` loads matplotlib.
"""

from __future__ import annotations

from catalog.demos.demo import Demo

DEMOS = (
    Demo(
        "gradient-descent",
        "Gradient descent and Adagrad on a bowl",
        "Does Adagrad go far down where gradient descent either crawls or diverges?",
        ("gradient-descent", "learning-rate", "adagrad"),
    ),
    Demo(
        "rosenbrock",
        "Adagrad, RMSprop and Adam on Rosenbrock's function",
        "Which of the three comes nearest to the optimum in 1,000 iterations?",
        ("adagrad", "rmsprop", "adam"),
    ),
    Demo(
        "rastrigin",
        "RMSprop and momentum on Rastrigin's function",
        "Does momentum cross the hills that RMSprop stops at?",
        ("rmsprop", "momentum", "learning-rate-decay"),
    ),
    Demo(
        "parameter-count",
        "The weights of a fully connected layer and of a convolution",
        "How many weights does a layer on a large image need?",
        ("convolution", "domain-knowledge-architecture"),
    ),
    Demo(
        "flat-minima",
        "A wide and a narrow minimum",
        "Which minimum keeps its loss when the validation data differ a little?",
        ("flat-minima", "initialization", "sharpness-aware-minimization"),
    ),
    Demo(
        "cross-entropy",
        "Accuracy and cross-entropy as a loss",
        "Why is the cross-entropy trained when the accuracy is meant?",
        ("cross-entropy",),
    ),
    Demo(
        "warmup-decay",
        "A learning rate that rises and then falls",
        "What does the rise bring, and what the fall?",
        ("learning-rate-warm-up", "learning-rate-decay", "learning-rate-schedule"),
    ),
)
"""Every demonstration, in the order of the lecture's steps from 3 to 1, the schedule last."""


def find_demo(name: str) -> Demo:
    """Return a demonstration by its name.

    Raises:
        KeyError: If there is none.
    """
    return {demo.name: demo for demo in DEMOS}[name]

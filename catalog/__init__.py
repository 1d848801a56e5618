"""The techniques of training neural networks: what each changes, and what it improves.

`catalog.card` reads one technique's card and `catalog.table` queries all of them; neither needs
torch.
"""

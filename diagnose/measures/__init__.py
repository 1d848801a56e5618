"""What the rules are told of a run: facts in numbers, each computed once."""

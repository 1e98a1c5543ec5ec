"""Golden cases that stand beside the cards: facts in vocabulary names, and the answer we stand by."""

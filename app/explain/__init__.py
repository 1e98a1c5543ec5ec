"""How an informaticist debugs a chart: what was read, what each card made of it, and what it says."""

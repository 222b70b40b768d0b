"""How good the labels are: data sets, baselines, behaviour tests, statistics and reports."""

__all__: list[str] = []

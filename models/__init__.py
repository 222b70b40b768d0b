"""Ground floor: a news text in, the stances of countries on proposals out.

`models.labeller.Labeller` is the door. Nothing here knows of training, HTTP or files of articles,
and importing this package loads neither the runtime nor the checkpoint.
"""

__all__: list[str] = []

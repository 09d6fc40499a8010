"""Hunting: rules straight over files, with no platform running.

Public face: `Hunt` runs rules over files, `find_inputs` names the files below paths.
"""

from tocsin.hunt.inputs import Input, find_inputs
from tocsin.hunt.run import Hunt, HuntOptions

__all__ = ["Hunt", "HuntOptions", "Input", "find_inputs"]

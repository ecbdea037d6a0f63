"""The dashboards, in the order of an operator's morning."""

from typing import Final

from dashboards.board import Board
from dashboards.boards.pipeline import PIPELINE

BOARDS: Final[tuple[Board, ...]] = (PIPELINE,)

"""The dashboards, in the order of an operator's morning."""

from typing import Final

from dashboards.board import Board
from dashboards.boards.fleet import FLEET
from dashboards.boards.one_bin import BIN
from dashboards.boards.operations import OPERATIONS
from dashboards.boards.pipeline import PIPELINE
from dashboards.boards.service import SERVICE

BOARDS: Final[tuple[Board, ...]] = (OPERATIONS, BIN, FLEET, SERVICE, PIPELINE)

"""Processes that `accelerate launch` starts together part before their interpreters go."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = """
import atexit, pathlib, sys
from accelerate.utils import gather_object
from torch import distributed

def last_words():  # registered first, so called last
    pathlib.Path(sys.argv[1], str(state.process_index)).write_text(f"{joined} {distributed.is_initialized()}")

atexit.register(last_words)
from vitxplain.processes import join_processes

state, device = join_processes()
joined = gather_object([state.process_index]) == [0, 1]
"""


@pytest.mark.slow
def test_a_group_of_cpus_ends_before_the_interpreter(tmp_path: Path):
    script, said = tmp_path / "joined.py", tmp_path / "said"
    script.write_text(SCRIPT)
    said.mkdir()
    launcher = [sys.executable, "-m", "accelerate.commands.launch", "--multi_gpu", "--num_processes=2"]
    options = ["--num_machines=1", "--mixed_precision=no", "--dynamo_backend=no"]
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "ACCELERATE_USE_CPU": "true"}
    command = [*launcher, *options, str(script), str(said)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert {file.name: file.read_text() for file in said.iterdir()} == {"0": "True False", "1": "True False"}

"""jaxlib's compiler for the processor."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from kerasfmt.errors import GraphError
from kerasfmt.graph import xla_client


def test_it_is_not_imported_to_know_whether_it_is_there() -> None:
    code = (
        "import sys; from kerasfmt.graph import xla_client; xla_client.is_installed(); "
        "from kerasfmt.graph.op import find_op; find_op('XlaCallModule').has_kernel(); print('jaxlib' in sys.modules)"
    )
    assert (
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
        == "False\n"
    )


@pytest.mark.skipif(xla_client.is_installed(), reason="jaxlib is installed")
def test_without_jaxlib() -> None:
    with pytest.raises(GraphError, match="jaxlib cannot be imported"):
        xla_client.jaxlib()


@pytest.mark.skipif(not xla_client.is_installed(), reason="jaxlib is not installed")
def test_the_client_is_made_once_and_says_nothing(capfd: pytest.CaptureFixture[str]) -> None:
    before = dict(os.environ)
    found = xla_client.jaxlib()
    assert found is xla_client.jaxlib()
    assert found.version
    assert capfd.readouterr() == ("", "")
    assert dict(os.environ) == before


@pytest.mark.skipif(not xla_client.is_installed(), reason="jaxlib is not installed")
def test_a_context_reads_modules_with_marks_of_where_data_lies() -> None:
    found = xla_client.jaxlib()
    with xla_client.context_of(found.ir):
        assert "sdy.mesh @mesh" in str(found.ir.Module.parse('module { sdy.mesh @mesh = <["a"=1]> }'))

# SPDX-License-Identifier: Apache-2.0
"""What a build says where it cannot be done."""

import subprocess

import pytest
from conftest import ROOT


@pytest.mark.parametrize("system", [("Darwin", "arm64"), ("Windows", "AMD64"), ("Linux", "riscv64")], ids="-".join)
def test_an_unsupported_system_is_told_what_is_supported(tmp_path, system):
    """Before a compiler is looked for: there may be none."""
    ran = subprocess.run(["cmake", "-S", ROOT, "-B", tmp_path, "-G", "Ninja", "-DKITE_BUILD_PYTHON=ON", f"-DCMAKE_SYSTEM_NAME={system[0]}",
                          f"-DCMAKE_SYSTEM_PROCESSOR={system[1]}", "-DCMAKE_C_COMPILER=/no/compiler"], capture_output=True, text=True, check=False)
    said = " ".join(ran.stderr.split())
    assert ran.returncode != 0
    assert f"supports Linux on x86-64 and on 64-bit ARM, and this is {system[0]} on {system[1]}." in said
    assert "compiler" not in said

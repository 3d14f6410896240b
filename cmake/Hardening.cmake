# SPDX-License-Identifier: Apache-2.0
# What is added so that a mistake in reading foreign bytes ends the process instead of obeying the bytes.
# tests/tools/test_hardening.py looks for each in what was built.

# The tables of addresses that a start fills in are read-only from then on, and all of them are filled in at the start.
add_link_options(LINKER:-z,relro LINKER:-z,now LINKER:-z,noexecstack)

# SPDX-License-Identifier: Apache-2.0
"""Draws pictures of 75 butterfly species; a picture is a pure function of (seed, class, number)."""

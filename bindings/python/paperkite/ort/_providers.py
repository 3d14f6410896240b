# SPDX-License-Identifier: Apache-2.0
"""Execution providers: there is one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from paperkite.ort._errors import InvalidCall

CPU = "CPUExecutionProvider"


def get_available_providers() -> list[str]:
    return [CPU]


def get_all_providers() -> list[str]:
    return [CPU]


def _names(providers: Any, provider_options: Any) -> list[str]:
    if not isinstance(providers, Sequence) or isinstance(providers, (str, bytes)):
        raise InvalidCall("providers is no list", "", f'pass ["{CPU}"]')
    names = []
    for each in providers:
        is_pair = isinstance(each, tuple) and len(each) == 2 and isinstance(each[1], dict)
        name = each[0] if is_pair else each
        if not isinstance(name, str) or is_pair and provider_options is not None:
            raise InvalidCall(f"{each!r} among the providers is neither a name nor a name with a dict", "", f'pass ["{CPU}"]')
        names.append(name)
    if provider_options is not None:
        if not isinstance(provider_options, Sequence) or len(provider_options) != len(names):
            raise InvalidCall("provider_options are not as many as the providers", "", "pass a dict for each")
        if not all(isinstance(each, dict) for each in provider_options):
            raise InvalidCall("not every one of provider_options is a dict", "", "pass a dict for each")
    return names


def provider_notices(providers: Any, provider_options: Any, enable_fallback: bool) -> list[str]:
    """What there is to announce of a list of providers. Whatever it says, the CPU is what computes: onnxruntime goes on with
    it, too, where a list makes no sense, unless the program says that it must not (`enable_fallback`)."""
    if providers is None:
        return []
    try:
        names = _names(providers, provider_options)
    except InvalidCall as error:
        if not enable_fallback:
            raise
        return [f"{error}; the {CPU} is used"]
    notices = [f"the provider {name!r} is not available, the {CPU} is used" for name in dict.fromkeys(names) if name != CPU]
    if len(set(names)) != len(names):
        notices.append("a provider is listed twice")
    return notices

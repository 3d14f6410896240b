# SPDX-License-Identifier: Apache-2.0
"""The entries of add_session_config_entry() and add_run_config_entry(): which mean nothing here, which are refused, and
which are the engine's own."""

from __future__ import annotations

from typing import Any

from paperkite._options import whole_number
from paperkite.ort._errors import InvalidCall, UnsupportedOption

# Speed, memory and the device alone: of no consequence for an answer, and done as the engine does them.
_WITHOUT_EFFECT = frozenset((
    "mlas.enable_gemm_fastmath_arm64_bfloat16",
    "optimization.disable_specified_optimizers",
    "optimization.enable_cast_chain_elimination",
    "optimization.enable_memory_probe_recompute_config",
    "optimization.memory_optimizer_config",
    "optimization.minimal_build_optimizations",
    "session.allow_released_opsets_only",
    "session.debug_layout_transformation",
    "session.disable_aot_function_inlining",
    "session.disable_double_qdq_remover",
    "session.disable_prepacking",
    "session.disable_quant_qdq",
    "session.dynamic_block_base",
    "session.enable_dq_matmulnbits_fusion",
    "session.enable_quant_qdq_cleanup",
    "session.force_spinning_stop",
    "session.inter_op.allow_spinning",
    "session.intra_op.allow_spinning",
    "session.intra_op_thread_affinities",
    "session.optimized_model_external_initializers_file_name",
    "session.optimized_model_external_initializers_min_size_in_bytes",
    "session.qdq_matmulnbits_accuracy_level",
    "session.qdq_matmulnbits_block_size",
    "session.qdqisint8allowed",
    "session.record_ep_graph_assignment_info",
    "session.save_external_prepacked_constant_initializers",
    "session.save_model_format",
    "session.set_denormal_as_zero",
    "session.strict_shape_type_inference",
    "session.use_device_allocator_for_initializers",
    "session.use_env_allocators",
    "session.use_memory_mapped_ort_model",
    "session.use_ort_model_bytes_directly",
    "session.use_ort_model_bytes_for_initializers",
    "session.x64quantprecision",
))
_RUN_WITHOUT_EFFECT = frozenset((
    "disable_synchronize_execution_providers",
    "gpu_graph_id",
    "memory.enable_memory_arena_shrinkage",
))
# Key, the values that mean nothing here, and why others are refused.
_REFUSED = {
    "ep.context_enable": (("", "0"), "there is no compiled form of an ONNX file"),
    "optimization.enable_gelu_approximation": (("", "0"), "it would change the answers"),
    "session.collect_node_memory_stats_to_file": (("",), "no such file is written"),
    "session.disable_cpu_ep_fallback": (("", "0"), "there is nothing but the CPU"),
    "session.load_model_format": (("", "ONNX"), "models are ONNX files"),
    "session.node_partition_config_file": (("",), "nothing is partitioned"),
}
_FOLDER = "session.model_external_initializers_file_folder_path"


def check_entry(key: str, value: str) -> None:
    """Raises where an entry cannot be kept."""
    if key in _REFUSED and value not in _REFUSED[key][0]:
        raise UnsupportedOption(f"the entry {key!r} is {value!r}", "", f"leave it out: {_REFUSED[key][1]}")
    if key.startswith("paperkite."):
        native_options({key: value})


def unknown_entries(entries: dict[str, str], known: frozenset[str] = _WITHOUT_EFFECT) -> list[str]:
    """A sentence for each entry that may have been meant to do something."""
    return [f"the entry {key!r} has no effect: it is not known here" for key in entries
            if key not in known and key not in _REFUSED and key != _FOLDER and not key.startswith(("paperkite.", "ep."))]


def unknown_run_entries(entries: dict[str, str]) -> list[str]:
    return unknown_entries(entries, _RUN_WITHOUT_EFFECT)


def _switch(key: str, value: str) -> bool:
    if value not in ("0", "1"):
        raise InvalidCall(f"the entry {key!r} is {value!r}", "", "pass \"0\" or \"1\"")
    return value == "1"


def _number(key: str, value: str, most: int) -> int:
    if not value.isdecimal():
        raise InvalidCall(f"the entry {key!r} is {value!r}", "", "pass a whole number")
    return whole_number(key, int(value), 1, most)


def native_options(entries: dict[str, str]) -> dict[str, Any]:
    """Arguments of _native.Session._open()."""
    options: dict[str, Any] = {"texts": {}, "data_dirs": [], "use_cache": True, "memory_limit": 0, "limits": {}, "max_plans": 8}
    for key, value in entries.items():
        if key == "paperkite.isa":
            options["texts"]["isa"] = value.encode()
        elif key == "paperkite.cache_dir":
            options["texts"]["cache_dir"] = value.encode("utf-8", "surrogateescape")
        elif key == "paperkite.use_cache":
            options["use_cache"] = _switch(key, value)
        elif key == "paperkite.memory_limit":
            options["memory_limit"] = _number(key, value, 2**63 - 1)
        elif key.startswith("paperkite.limit."):
            options["limits"][key.removeprefix("paperkite.limit.")] = _number(key, value, 2**63 - 1)
        elif key == "paperkite.max_plans":
            options["max_plans"] = _number(key, value, 2**20)
        elif key == _FOLDER and value:
            options["data_dirs"] = [value.encode("utf-8", "surrogateescape")]
        elif key.startswith("paperkite."):
            raise InvalidCall(f"there is no entry {key!r}", "", "see docs/python.md for those that there are")
    return options

// SPDX-License-Identifier: Apache-2.0
// The ordered list of passes and the loop over it.
#include <algorithm>
#include <array>
#include <string>
#include <utility>
#include <vector>

#include "base/printable.h"
#include "passes/pass.h"
#include "passes/passes.h"

namespace kite {

namespace {

// Why this order: what stands for several operators is written with these first, so that every pass sees them;
// constants and batch norms are folded while operators still have their ONNX form; patterns are
// recognised before anything is moved apart; Linear and the internal Conv exist before Transposes travel through
// them; and epilogues are fused last, when no Transpose or Reshape stands between a producer and its reader.
constexpr std::array<Pass, 19> kPipeline = {{
    {"remove_dead", "drop nodes that no output depends on", remove_dead},
    {"drop_identity", "drop Identity, Dropout and reshapes, slices, casts that change nothing", drop_identity},
    {"fold_constants", "compute nodes that depend on constants only", fold_constants},
    {"fuse_quantised", "compute quantised models with 8-bit numbers", fuse_quantised},
    {"decompose", "write operators such as Attention with others that have kernels", decompose},
    {"fold_batch_norm", "turn BatchNormalization into weights", fold_batch_norm},
    {"fold_pad", "move constant padding into convolutions and pools", fold_pad},
    {"normalise_forms", "write reductions, Clip, Softmax and Conv in one form", normalise_forms},
    {"recognise_gelu", "find GELU that is written as several nodes with Erf", recognise_gelu},
    {"recognise_layer_norm", "find layer normalisation that is written as several nodes", recognise_layer_norm},
    {"recognise_hard_swish", "find hard swish and hard sigmoid that are written as several nodes",
     recognise_hard_swish},
    {"recognise_silu", "find x * sigmoid(x)", recognise_silu},
    {"recognise_global_pool", "write averages over whole pictures as ReduceMean", recognise_global_pool},
    {"merge_attention_scale", "multiply one factor of the attention scores instead of both", merge_attention_scale},
    {"to_linear", "turn Gemm and MatMul by a constant matrix into Linear", to_linear},
    {"channels_last", "run convolutions and pools on channels-last tensors", channels_last},
    {"move_transposes", "move transposes until they cancel", move_transposes},
    {"simplify_reshapes", "join chains of reshapes", simplify_reshapes},
    {"fuse_epilogue", "fuse bias, scale, residual sum and activation into Conv and Linear", fuse_epilogue},
}};

Status check_names(std::span<const std::string> disabled) {
  for (const std::string& name : disabled) {
    if (std::ranges::find(kPipeline, name, &Pass::name) != kPipeline.end()) continue;
    std::string known;
    for (const Pass& pass : kPipeline) known += (known.empty() ? "" : ", ") + std::string(pass.name);
    return Error{ErrorCode::kUsage, "there is no pass " + in_quotes(name), {}, "the passes are " + known};
  }
  return {};
}

}  // namespace

std::span<const Pass> pass_pipeline() noexcept { return kPipeline; }

Result<std::vector<PassReport>> run_passes(Graph& graph, std::span<const std::string> disabled) {
  if (Status status = check_names(disabled); !status.ok()) return std::move(status).error();
  std::vector<PassReport> reports;
  for (const Pass& pass : kPipeline) {
    PassReport report{pass.name, 0, std::ranges::find(disabled, pass.name) != disabled.end()};
    if (!report.disabled) {
      auto rewrites = pass.run(graph);
      if (!rewrites.ok()) return std::move(rewrites).error().in("pass " + std::string(pass.name));
      report.rewrites = *rewrites;
      if (Status within = graph.check_budget(); !within.ok()) {
        return std::move(within).error().in("pass " + std::string(pass.name));
      }
    }
    reports.push_back(report);
  }
  return reports;
}

}  // namespace kite

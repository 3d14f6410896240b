// SPDX-License-Identifier: Apache-2.0
// The operators that are expanded, a row each.
#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "graph/import.h"
#include "passes/expand/expansion.h"
#include "passes/expand/rules.h"

namespace kite {

namespace {

constexpr std::string_view kMicrosoft = "com.microsoft";

constexpr ExpandedOperator microsoft(std::string_view name, Status (*expand)(Expansion&),
                                     std::string_view limits = "") {
  return {kMicrosoft, name, 1, 1, limits, expand};
}

// What ONNX Runtime has in the standard domain beyond the standard: what its optimiser writes there, and operators that
// were left out of the standard before version 10.
constexpr ExpandedOperator standard(std::string_view name, Status (*expand)(Expansion&), std::string_view limits = "") {
  return {"", name, 1, static_cast<int>(kMaxOpset), limits, expand};
}

constexpr std::string_view kActivations = "no activation that ONNX removed";
constexpr std::string_view kAttention = "no shared buffers, no rotation, masks of lengths, keys or pairs";

constexpr std::pair<std::string_view, std::string_view> key_of(const ExpandedOperator& op) {
  return {op.domain, op.name};
}

constexpr auto kOperators = [] {
  std::array table = {
      standard("Affine", expand_affine),
      standard("Crop", expand_crop),
      standard("ImageScaler", expand_image_scaler),
      standard("ParametricSoftplus", expand_parametric_softplus),
      standard("Scale", expand_scale),
      standard("ScaledTanh", expand_scaled_tanh),
      standard("SimplifiedLayerNormalization", expand_simplified_layer_normalization, "output 0"),
      microsoft("Attention", expand_attention, kAttention),
      microsoft("BiasAdd", expand_bias_add),
      microsoft("BiasDropout", expand_bias_dropout, "inference"),
      microsoft("BiasGelu", expand_gelu),
      microsoft("BiasSoftmax", expand_bias_softmax),
      microsoft("BiasSplitGelu", expand_bias_split_gelu),
      microsoft("ConvTransposeWithDynamicPads", expand_conv_transpose, "constant pads"),
      microsoft("EmbedLayerNormalization", expand_embed_layer_normalization),
      microsoft("ExpandDims", expand_expand_dims, "constant axis"),
      microsoft("FastGelu", expand_fast_gelu),
      microsoft("FusedConv", expand_fused_conv, kActivations),
      microsoft("FusedGemm", expand_fused_gemm, kActivations),
      microsoft("FusedMatMul", expand_fused_matmul),
      microsoft("GatherND", expand_same),
      microsoft("Gelu", expand_gelu),
      microsoft("GemmFastGelu", expand_gemm_fast_gelu),
      microsoft("GridSample", expand_same),
      microsoft("GroupNorm", expand_group_norm),
      microsoft("MatMulNBits", expand_matmul_n_bits, "constant weights of 2, 4 or 8 bits, no group index"),
      microsoft("MultiHeadAttention", expand_multi_head_attention, kAttention),
      microsoft("NhwcConv", expand_nhwc_conv),
      microsoft("NhwcFusedConv", expand_nhwc_fused_conv, kActivations),
      microsoft("NhwcMaxPool", expand_nhwc_max_pool),
      microsoft("Pad", expand_pad),
      microsoft("QAttention", expand_quantized_attention, kAttention),
      microsoft("QLinearConv", expand_qlinear_conv),
      microsoft("QLinearReduceMean", expand_qlinear_reduce_mean),
      microsoft("QLinearWhere", expand_qlinear_where),
      microsoft("QuickGelu", expand_quick_gelu),
      microsoft("Range", expand_range),
      microsoft("SkipGroupNorm", expand_skip_group_norm, "channels-last"),
      microsoft("SkipLayerNormalization", expand_skip_layer_normalization, "outputs 0 and 3"),
      microsoft("SkipSimplifiedLayerNormalization", expand_skip_simplified_layer_normalization, "outputs 0 and 3"),
      microsoft("TransposeMatMul", expand_fused_matmul),
      microsoft("Trilu", expand_same),
  };
  std::ranges::sort(table, {}, key_of);
  return table;
}();

}  // namespace

std::span<const ExpandedOperator> expanded_operators() noexcept { return kOperators; }

const ExpandedOperator* find_expanded(std::string_view domain, std::string_view name) noexcept {
  const std::pair key(domain, name);
  const auto* const found = std::ranges::lower_bound(kOperators, key, {}, key_of);
  return found != kOperators.end() && key_of(*found) == key ? found : nullptr;
}

}  // namespace kite

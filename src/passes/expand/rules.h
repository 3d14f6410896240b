// SPDX-License-Identifier: Apache-2.0
// What the expansions have in common, and the function of each, grouped as in the .cc files. Each adds nodes and gives
// outputs; Expansion::finish() does the rest.
#pragma once

#include "graph/graph.h"
#include "paperkite/error.h"
#include "passes/expand/expansion.h"

namespace kite {

// fused_activations.cc
// x after the activation that the attributes `activation`, `activation_params` (FusedConv) or `activation_alpha`,
// `activation_beta`, `activation_gamma` (FusedGemm) name; x itself where they name none.
[[nodiscard]] ValueId activated(Expansion& node, ValueId x);
[[nodiscard]] ValueId tanh_gelu(Expansion& node, ValueId x);
[[nodiscard]] Status expand_gelu(Expansion& node);        // Gelu, BiasGelu
[[nodiscard]] Status expand_fast_gelu(Expansion& node);   // by tanh, with or without a bias
[[nodiscard]] Status expand_quick_gelu(Expansion& node);  // x * sigmoid(alpha * x)
[[nodiscard]] Status expand_bias_split_gelu(Expansion& node);
[[nodiscard]] Status expand_bias_add(Expansion& node);
[[nodiscard]] Status expand_bias_softmax(Expansion& node);
[[nodiscard]] Status expand_bias_dropout(Expansion& node);
[[nodiscard]] Status expand_affine(Expansion& node);               // alpha * x + beta
[[nodiscard]] Status expand_scale(Expansion& node);                // scale * x
[[nodiscard]] Status expand_image_scaler(Expansion& node);         // scale * x + bias[c]
[[nodiscard]] Status expand_parametric_softplus(Expansion& node);  // alpha * softplus(beta * x)
[[nodiscard]] Status expand_scaled_tanh(Expansion& node);          // alpha * tanh(beta * x)

// fused_products.cc
[[nodiscard]] Status expand_fused_conv(Expansion& node);
[[nodiscard]] Status expand_nhwc_conv(Expansion& node);        // weights [K,R,S,C]
[[nodiscard]] Status expand_nhwc_fused_conv(Expansion& node);  // weights [K,C,R,S]
[[nodiscard]] Status expand_nhwc_max_pool(Expansion& node);
[[nodiscard]] Status expand_conv_transpose(Expansion& node);  // pads are an input
[[nodiscard]] Status expand_fused_gemm(Expansion& node);
[[nodiscard]] Status expand_gemm_fast_gelu(Expansion& node);
[[nodiscard]] Status expand_fused_matmul(Expansion& node);

// fused_normalizations.cc
[[nodiscard]] Status expand_simplified_layer_normalization(Expansion& node);
[[nodiscard]] Status expand_skip_layer_normalization(Expansion& node);
[[nodiscard]] Status expand_skip_simplified_layer_normalization(Expansion& node);
[[nodiscard]] Status expand_embed_layer_normalization(Expansion& node);
[[nodiscard]] Status expand_group_norm(Expansion& node);
[[nodiscard]] Status expand_skip_group_norm(Expansion& node);

// fused_attention.cc
[[nodiscard]] Status expand_attention(Expansion& node);
[[nodiscard]] Status expand_quantized_attention(Expansion& node);
[[nodiscard]] Status expand_multi_head_attention(Expansion& node);

// packed_weights.cc
[[nodiscard]] Status expand_matmul_n_bits(Expansion& node);

// other_spellings.cc: operators of com.microsoft that are standard ones by another name.
[[nodiscard]] Status expand_same(Expansion& node);  // the standard operator of that name
[[nodiscard]] Status expand_expand_dims(Expansion& node);
[[nodiscard]] Status expand_pad(Expansion& node);
[[nodiscard]] Status expand_range(Expansion& node);
[[nodiscard]] Status expand_crop(Expansion& node);
[[nodiscard]] Status expand_qlinear_conv(Expansion& node);
[[nodiscard]] Status expand_qlinear_reduce_mean(Expansion& node);
[[nodiscard]] Status expand_qlinear_where(Expansion& node);

}  // namespace kite

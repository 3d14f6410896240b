// SPDX-License-Identifier: Apache-2.0
// Turns quantised models in every form into operators that compute with 8-bit numbers: QLinearConv and its kin as they
// are, operators between DequantizeLinear and QuantizeLinear (QDQ), and products whose left side is quantised at run
// time.
#include <array>
#include <span>
#include <string_view>

#include "paperkite/try.h"
#include "passes/fuse_quantised/rules.h"
#include "passes/match.h"
#include "passes/passes.h"
#include "passes/rewrite.h"

namespace kite {

namespace {

struct NamedFusion {
  std::string_view op_type, domain;
  Result<bool> (*rule)(Graph& graph, NodeId id);
};

constexpr std::array<NamedFusion, 8> kFusions = {{{"QuantizeLinear", "", fuse_before_quantize},
                                                  {"QuantizeLinear", "com.microsoft", fuse_before_quantize},
                                                  {"QLinearConv", "", fuse_qlinear_conv},
                                                  {"QLinearMatMul", "", split_attention_product},
                                                  {"QLinearSoftmax", "com.microsoft", split_qlinear_softmax},
                                                  {"ConvInteger", "", fuse_dynamic},
                                                  {"MatMulInteger", "", fuse_dynamic},
                                                  {"DynamicQuantizeMatMul", "com.microsoft", split_dynamic_product}}};
// What is left after those: products whose result stays real.
constexpr std::array<NamedFusion, 3> kFusionsOfTheRest = {
    {{"Conv", "", fuse_without_quantize}, {"MatMul", "", fuse_without_quantize}, {"Gemm", "", fuse_without_quantize}}};

Result<int> apply_rules(Graph& graph, std::span<const NamedFusion> rules) {
  int fused = 0;
  for (const NodeId id : graph.order()) {
    if (graph.node(id).removed) continue;
    for (const NamedFusion& rule : rules) {
      if (!is_op(graph.node(id), rule.op_type, rule.domain)) continue;
      KITE_TRY_ASSIGN(const bool done, rule.rule(graph, id));
      fused += done ? 1 : 0;
      break;
    }
  }
  return fused;
}

}  // namespace

Result<int> fuse_quantised(Graph& graph) {
  KITE_TRY_ASSIGN(int fused, apply_rules(graph, kFusions));
  remove_dead_nodes(graph);
  KITE_TRY_ASSIGN(const int rest, apply_rules(graph, kFusionsOfTheRest));
  fused += rest;
  if (fused > 0) remove_dead_nodes(graph);
  // Weights that only an operator in float32 reads.
  KITE_TRY(fold_dequantised(graph));
  return fused;
}

}  // namespace kite

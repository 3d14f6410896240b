// SPDX-License-Identifier: Apache-2.0
// DepthToSpace and SpaceToDepth: blocks of b x b pixels become b * b channels and back.
//   DepthToSpace, DCR: y[n, c, h*b + i, w*b + j] = x[n, (i*b + j)*C + c, h, w]
//   DepthToSpace, CRD: y[n, c, h*b + i, w*b + j] = x[n, (c*b + i)*b + j, h, w]
//   SpaceToDepth, DCR: y[n, (i*b + j)*C + c, h, w] = x[n, c, h*b + i, w*b + j]
//   SpaceToDepth, CRD: y[n, (c*b + i)*b + j, h, w] = x[n, c, h*b + i, w*b + j]
#include <cstdint>
#include <string>
#include <vector>

#include "ops/op.h"
#include "ops/strided_copy.h"
#include "paperkite/try.h"

namespace kite {
namespace {

Result<std::int64_t> block_of(const InferContext& context) {
  KITE_TRY(context.require_inputs(1, 1));
  if (context.shape(0).rank() != 4) {
    return context.invalid("input " + context.shape(0).to_string() + " must have rank 4");
  }
  KITE_TRY_ASSIGN(const std::int64_t block, context.get_int("blocksize", 0));
  constexpr std::int64_t kMost = 1 << 16;  // its square is counted below
  if (block < 1 || block > kMost) return context.invalid("attribute 'blocksize' is " + std::to_string(block));
  return block;
}

Error does_not_divide(const InferContext& context, std::int64_t block) {
  return context.invalid("blocks of " + std::to_string(block) + " do not divide the input " +
                         context.shape(0).to_string());
}

Status check_mode(const InferContext& context) {
  KITE_TRY_ASSIGN(const std::string mode, context.get_string("mode", "DCR"));
  if (mode == "DCR" || mode == "CRD") return {};
  return context.invalid("attribute 'mode' is \"" + mode + "\", expected DCR or CRD");
}

Status infer_to_space(InferContext& context) {
  KITE_TRY_ASSIGN(const std::int64_t b, block_of(context));
  KITE_TRY(check_mode(context));
  const Shape& x = context.shape(0);
  if (x[1] % (b * b) != 0) return does_not_divide(context, b);
  return context.set_output(0, context.input(0).dtype,
                            std::vector<std::int64_t>{x[0], x[1] / (b * b), x[2] * b, x[3] * b});
}

Status infer_to_depth(InferContext& context) {
  KITE_TRY_ASSIGN(const std::int64_t b, block_of(context));
  KITE_TRY(check_mode(context));
  const Shape& x = context.shape(0);
  if (x[2] % b != 0 || x[3] % b != 0) return does_not_divide(context, b);
  return context.set_output(0, context.input(0).dtype,
                            std::vector<std::int64_t>{x[0], x[1] * b * b, x[2] / b, x[3] / b});
}

// One copy serves both directions: `deep` has the channels, `wide` the pixels.
struct Blocks {
  std::int64_t block = 1;
  bool channels_first = false;  // CRD: a block's pixels are neighbours among the channels
};

StridedCopy copy_of(const Blocks& blocks, const Shape& deep, const Shape& wide, bool to_wide) {
  const std::int64_t b = blocks.block;
  const std::int64_t channels = wide[1];
  const std::int64_t plane = deep[2] * deep[3];
  const std::int64_t channel_step = blocks.channels_first ? b * b * plane : plane;
  const std::int64_t pixel_step = blocks.channels_first ? plane : channels * plane;
  StridedCopy copy;
  const auto add = [&](std::int64_t size, std::int64_t wide_stride, std::int64_t deep_stride) {
    copy.add_axis(size, to_wide ? wide_stride : deep_stride, to_wide ? deep_stride : wide_stride);
  };
  add(deep[0], wide.elements(1, 4), deep.elements(1, 4));
  add(channels, wide[2] * wide[3], channel_step);
  add(deep[2], b * wide[3], deep[3]);
  add(b, wide[3], b * pixel_step);
  add(deep[3], b, 1);
  add(b, 1, pixel_step);
  return copy;
}

Blocks blocks_of(const Attributes& attributes) {
  return {attributes.get_int("blocksize", 1), attributes.get_string("mode", "DCR") == "CRD"};
}

Status compute_to_space(const ComputeContext& context) {
  const Blocks blocks = blocks_of(context.attributes);
  strided_copy(copy_of(blocks, context.inputs[0].type.shape, context.outputs[0].type.shape, true),
               dtype_size(context.inputs[0].type.dtype), context.inputs[0].data, context.outputs[0].data,
               context.share);
  return {};
}

Status compute_to_depth(const ComputeContext& context) {
  const Blocks blocks = blocks_of(context.attributes);
  strided_copy(copy_of(blocks, context.outputs[0].type.shape, context.inputs[0].type.shape, false),
               dtype_size(context.inputs[0].type.dtype), context.inputs[0].data, context.outputs[0].data,
               context.share);
  return {};
}

}  // namespace

extern constinit const Operator kDepthToSpaceOperator = {
    "", "DepthToSpace", 7, kLastOpset, "", infer_to_space, compute_to_space, Sharing::kShared};
extern constinit const Operator kSpaceToDepthOperator = {
    "", "SpaceToDepth", 7, kLastOpset, "", infer_to_depth, compute_to_depth, Sharing::kShared};

}  // namespace kite

// SPDX-License-Identifier: Apache-2.0
// The families that take ConvParams.
#include "kernels/conv_families.h"

#include "kernels/conv/conv.h"
#include "kernels/grouped/grouped.h"
#include "kernels/winograd/winograd.h"

namespace kite {

namespace {

constexpr ConvFamily kConv = {select_conv, conv_packed_bytes, pack_conv, conv_scratch_bytes};
constexpr ConvFamily kGrouped = {select_grouped, grouped_packed_bytes, pack_grouped, grouped_scratch_bytes};
constexpr ConvFamily kWinograd = {select_winograd, winograd_packed_bytes, pack_winograd, winograd_scratch_bytes};

}  // namespace

const ConvFamily& conv_family(const ConvParams& params, Isa isa) noexcept {
  if (grouped_pays(params, isa)) return kGrouped;
  return winograd_pays(params) ? kWinograd : kConv;
}

}  // namespace kite

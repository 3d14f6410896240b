// SPDX-License-Identifier: Apache-2.0
// Asks the sources in their order of trust; each may state labels, parts of the recipe, or both.
#include "carriers/interpretation.h"

#include <algorithm>
#include <utility>

#include "carriers/offers.h"
#include "carriers/sources.h"
#include "paperkite/try.h"

namespace kite {
namespace {

Result<Picture> picture_input(const std::vector<std::int64_t>& shape) {
  const bool has_four = shape.size() == 4;
  const bool channels_first = has_four && (shape[1] == 3 || (shape[1] < 1 && shape[3] != 3));
  const bool channels_last = has_four && !channels_first && shape[3] == 3;
  if (!channels_first && !channels_last) {
    return Error{
        ErrorCode::kUnsupportedModel,
        "the input has shape " + shape_text(shape) + ", which is no picture of three channels ([N,3,H,W] or [N,H,W,3])",
        "", "give the tensor itself with kite run"};
  }
  const std::size_t first = channels_first ? 2 : 1;
  return Picture{channels_first ? TensorLayout::kNchw : TensorLayout::kNhwc, std::max<std::int64_t>(shape[first], 0),
                 std::max<std::int64_t>(shape[first + 1], 0)};
}

}  // namespace

Result<Interpretation> resolve_interpretation(const InterpretationSources& sources) {
  KITE_TRY_ASSIGN(const Picture input, picture_input(sources.input_shape));
  Offers offers(sources, input);
  for (const Source& source : sources_in_order_of_trust()) KITE_TRY(source.read(offers));
  offers.guess_recipe();
  return offers.finish();
}

}  // namespace kite

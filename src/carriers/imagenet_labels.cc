// SPDX-License-Identifier: Apache-2.0
// ImageNet's class names, for models without labels that have as many classes as ImageNet.
#include <array>
#include <string>
#include <utility>

#include "carriers/sources.h"

namespace kite {
namespace {

// In the order of the WordNet ids, as all training code sorts its folders.
// Names: torchvision's categories (BSD-3-Clause).
constexpr auto kImageNetNames = std::to_array<const char*>({
#include "carriers/imagenet_labels.inc"
});
static_assert(kImageNetNames.size() == 1000);

}  // namespace

Status read_imagenet_labels(Offers& offers) {
  const std::int64_t classes = offers.asked().classes;
  // With 1,001 the first is "background", as in TensorFlow's models.
  if (!offers.so_far().labels.empty() || (classes != 1000 && classes != 1001)) return {};
  ReadLabels read;
  if (classes == 1001) read.names.emplace_back("background");
  read.names.insert(read.names.end(), kImageNetNames.begin(), kImageNetNames.end());
  read.is_guess = true;
  read.remark =
      "guessed from the number of classes, " + std::to_string(classes) + "; to state them, give --labels FILE";
  return offers.labels("ImageNet's labels", Bond::kBuiltIn, std::move(read));
}

}  // namespace kite

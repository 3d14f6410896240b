// SPDX-License-Identifier: Apache-2.0
// What a model's numbers mean: what a caller may state about it, and what was decided, from which source.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace kite {

struct PictureSize {
  std::int64_t height = 0;
  std::int64_t width = 0;
  [[nodiscard]] bool operator==(const PictureSize&) const noexcept = default;
};

// Statements of the caller. They go before everything that stands in the model or beside it; what is left open is read
// there, or decided by a rule and announced.
struct MeaningOptions {
  std::optional<PictureSize> size;  // of the picture input, where the model leaves height and width open
  std::int64_t batch = 0;           // pictures in one run; 0: 1
  std::string scores_from;          // the output that holds the class scores
  std::string activation;           // softmax, sigmoid or none: what makes probabilities of the scores
  std::optional<double> threshold;  // leave out classes whose probability is below it; between 0 and 1
  bool raw = false;                 // give the numbers of the output as they are
  std::string labels;               // a file of labels
  std::string recipe;               // imagenet, 0-1, -1-1, 0-255; a file; or a recipe object in JSON
  std::string library;              // timm or hf: whose files in library_folder state labels, recipe and activation
  std::string library_folder;
  std::string processor;               // pil or torchvision, where one Hugging Face file gives two tensors
  std::string exif;                    // ignore or apply the orientation of a picture
  std::vector<std::string> data_dirs;  // folders besides the model's own in which external data may lie
};

// One thing that had to be decided before the model could answer.
struct Decision {
  std::string subject;    // "picture size", "scores", "activation", "labels", "preprocessing"
  std::string value;      // "224x224", "output \"logits\""
  std::string source;     // "--size", "preprocessor_config.json", "the graph", "the usual size"
  bool is_guess = false;  // no source states it: a rule was applied, which is announced
};

}  // namespace kite

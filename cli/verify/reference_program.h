// SPDX-License-Identifier: Apache-2.0
// The programs of references/, each of which runs a library on a picture and records what it computes.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "image/normalize.h"
#include "paperkite/error.h"

namespace kite::cli {

// One picture for one model.
struct RecordingRequest {
  std::string model;  // the .onnx file
  std::string picture;
  std::string recipe;                  // JSON, as recipe_json() makes it
  std::string input;                   // the name of the model's input
  TensorForm form;                     // of that input
  std::int64_t batch = 1;              // that the model fixes: it gets the picture in every row
  std::vector<std::string> data_dirs;  // --data-dir
  std::vector<std::string> values;     // of the graph, by name
};

// What both of the long calls report to, and are stopped by.
struct ReferenceWatch {
  std::function<void(std::string_view line)> on_line;  // for people: what is made, where, how large; progress
  std::function<void()> on_tick;                       // about ten times a second
  const std::atomic<bool>* stop = nullptr;             // set: the running program is ended
};

class ReferenceProgram {
 public:
  // `library`: "ort", "torchvision", "timm", "hf". `folder`: the option --references-dir; if it is empty,
  // KITE_REFERENCES_DIR, or else references/ of the project or of the installation. Makes the library's environment
  // where there is none; two libraries may share one. Errors: kUsage for an unknown library, kIo with the line that
  // repeats a setup that failed, kInterrupted.
  [[nodiscard]] static Result<ReferenceProgram> open(const std::string& library, const std::string& folder,
                                                     const ReferenceWatch& watch);

  // "timm's transform for evaluation"
  [[nodiscard]] const std::string& title() const noexcept { return title_; }
  // Writes the file `recording`, an .npz (see recording.h), in place of what has the path. kInvalidInput with the
  // library's own reason where it refuses the picture or the model.
  [[nodiscard]] Status record(const RecordingRequest& request, const std::string& recording,
                              const ReferenceWatch& watch) const;

 private:
  ReferenceProgram() = default;
  std::string library_;
  std::string title_;
  std::string python_;  // of the environment
  std::string script_;
};

}  // namespace kite::cli

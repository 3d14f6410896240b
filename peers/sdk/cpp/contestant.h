// SPDX-License-Identifier: Apache-2.0
// The protocol of peers/README.md for contestants written in C++: they only load a model and infer.
// This is for programs, not for libraries: an error is thrown as Failure and ends main() with a line on standard error.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <span>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace contestant {

struct Failure : std::runtime_error {
  using std::runtime_error::runtime_error;
};

enum class Command { kVersion, kOneshot, kNoPre, kIncPre, kPrepare };

// Texts that do not belong to the command are empty.
struct Request {
  Command command = Command::kVersion;
  std::string model, picture, recipe, labels, inputs, logits, tensors;
  std::int64_t count = 1;
  std::int64_t block_ns = 0;  // above 0: after the series, a block of that length for each line of standard input
  int threads = 0;            // 0: the runtime chooses, as on the default track
  std::map<std::string, std::string> settings;

  [[nodiscard]] std::string setting(const std::string& key, const std::string& otherwise = "") const;
  [[nodiscard]] const std::string& required(const std::string& key) const;
};

// A loaded model. infer() is timed: it borrows the input [1, C, H, W] and returns scores that are valid until the
// next call.
class Engine {
 public:
  virtual ~Engine() = default;
  virtual std::span<const float> infer(const float* input, std::span<const std::int64_t, 4> shape) = 0;
  [[nodiscard]] virtual int threads() const = 0;  // how many it really uses
  [[nodiscard]] virtual std::string settings() const = 0;
};

using Versions = std::vector<std::pair<std::string, std::string>>;

struct Program {
  std::function<Versions(const Request&)> start;                // makes the runtime ready and returns its versions
  std::function<std::unique_ptr<Engine>(const Request&)> load;  // an engine of request.model
  std::function<void(const Request&)> prepare;                  // writes the files that later runs read; may be empty
};

// The whole of main().
[[nodiscard]] int run(int argc, char** argv, const Program& program);

// Threads of this process. The size of a pool is the number of threads that making it adds, plus the calling thread.
[[nodiscard]] int tasks();

}  // namespace contestant

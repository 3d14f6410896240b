// SPDX-License-Identifier: Apache-2.0
// The file that a user names for a result: nothing of theirs is lost on the way to it.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/unfinished_file.h"
#include "output.h"
#include "paperkite/error.h"
#include "paperkite/tensor.h"

namespace kite::cli {

// kUsage where an output is the same file as an input, or as another output, however it is spelt. Only what is there
// can be lost: without an output that exists `inputs` is not called. Before anything is written.
[[nodiscard]] Status check_outputs(std::span<const std::string> outputs,
                                   const std::function<std::vector<std::string>()>& inputs);

// Move-only. What is no regular file (a device, a FIFO, what a shell's >(...) stands for) is written into. A regular one
// is written beside its place and moved there by publish(), so that nobody ever finds half of it; one that is replaced
// keeps its mode and, where the system allows it, its owner. A symbolic link stays, and its target is what is written.
class OutputFile {
 public:
  // kIo where there is no such folder, or the user may not write there.
  [[nodiscard]] static Result<OutputFile> create(const std::string& path);

  [[nodiscard]] Output& stream() noexcept { return *output_; }
  // kIo when anything was not taken; then the file is as it was.
  [[nodiscard]] Status publish();

 private:
  OutputFile() = default;
  struct Descriptor {
    int fd = -1;
    explicit Descriptor(int number) : fd(number) {}
    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;
    ~Descriptor();
  };
  std::string path_;                       // as the user spelt it
  std::string target_;                     // behind all symbolic links
  std::optional<UnfinishedFile> beside_;   // a regular file ...
  std::unique_ptr<Descriptor> direct_;     // ... or anything else
  std::unique_ptr<Output> output_;
};

// create(), one write, publish().
[[nodiscard]] Status write_file(const std::string& path, std::string_view bytes);
// The same with a tensor, as .npy.
[[nodiscard]] Status write_tensor_file(const std::string& path, const TensorView& tensor);

}  // namespace kite::cli

// SPDX-License-Identifier: Apache-2.0
// The file that a user names for a result. No other file of the user is lost when it is written.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/unfinished_file.h"
#include "cli/output/output.h"
#include "paperkite/error.h"

namespace kite::cli {

// Call before anything is written. kUsage where an output is the same file as an input or as another output, also under
// another path. Only existing files can be lost, so `inputs` is not called when no output exists.
[[nodiscard]] Status check_outputs(std::span<const std::string> outputs,
                                   const std::function<std::vector<std::string>()>& inputs);

// Move-only.
// 1. A path that is not a regular file (a device, a FIFO, a shell's >(...)) is written directly.
// 2. A regular file is written under a temporary name in the same folder and renamed by publish(), so that no process
//    ever finds an incomplete file. The new file has the mode of the file that it replaces and, where the system allows
//    it, its owner.
// 3. A symbolic link is kept, and its target is written.
class OutputFile {
 public:
  // kIo where the folder does not exist, or the user may not write there.
  [[nodiscard]] static Result<OutputFile> create(const std::string& path);
  // Lets everyone who may read the file start it as a program.
  void make_program() noexcept;

  [[nodiscard]] Output& stream() noexcept { return *output_; }
  [[nodiscard]] int fd() const noexcept { return beside_ ? beside_->fd() : direct_->fd; }
  // Writes what stream() still holds, for another process that publishes the file. kIo as below.
  [[nodiscard]] Status complete();
  // kIo when any byte could not be written; the existing file is then unchanged.
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
  std::string path_;                      // as the user wrote it
  std::string target_;                    // the path without symbolic links
  std::optional<UnfinishedFile> beside_;  // for a regular file
  std::unique_ptr<Descriptor> direct_;    // for every other kind of file
  std::unique_ptr<Output> output_;
};

// Whether two paths are one file, or will be once they are written: also through links.
[[nodiscard]] bool is_one_file(const std::string& a, const std::string& b);

// "dir/" of "dir/name"; "" of "name".
[[nodiscard]] std::string folder_of_path(const std::string& path);

// False for a path that is written directly: a device, a FIFO, standard output under a name.
[[nodiscard]] bool becomes_a_file(const std::string& path);

// `code`: of errno.
[[nodiscard]] Error cannot_write(int code, const std::string& path);

// create(), one write, publish().
[[nodiscard]] Status write_file(const std::string& path, std::string_view bytes);

}  // namespace kite::cli

// SPDX-License-Identifier: Apache-2.0
// The external data of a model, on its way into the folder of a copy of that model.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/mapped_file.h"
#include "base/temporary_folder.h"
#include "onnx/external_file.h"
#include "paperkite/error.h"

namespace kite::cli {

// Move-only. All files get their names in the folder, or none does: without keep(), the destructor removes again what
// publish() put there.
class DataCopies {
 public:
  struct File {
    std::string location;  // as the model names it, below the folder
    std::uint64_t size_bytes = 0;
  };

  // Looks at every file and writes nothing. The folder is that of `model`, the file to write. A file that is in it
  // under its location already, or has the same bytes there, needs no copy. Errors: those of open_external(); kUsage
  // where a copy would overwrite another file or have the place of `model`, or would be written through a symbolic
  // link.
  [[nodiscard]] static Result<DataCopies> plan(const std::vector<std::string>& locations,
                                               const onnx::DataSearchPath& search_path, const std::string& model);
  DataCopies(DataCopies&&) noexcept = default;
  DataCopies& operator=(DataCopies&&) = delete;
  ~DataCopies();

  // What has to be copied.
  [[nodiscard]] const std::vector<File>& files() const noexcept { return files_; }
  // Writes the copies into a hidden folder beside their places. kInterrupted after the first signal to end.
  [[nodiscard]] Status write();
  // Gives them their names.
  [[nodiscard]] Status publish();
  void keep() noexcept;

 private:
  DataCopies() = default;
  [[nodiscard]] Status make_folders(const std::string& location);
  std::string folder_;
  std::vector<File> files_;
  std::vector<MappedFile> sources_;  // one for each of files_
  std::optional<TemporaryFolder> unfinished_;
  std::vector<std::string> made_folders_;  // in the order in which they were made
  std::vector<std::string> made_files_;
};

}  // namespace kite::cli

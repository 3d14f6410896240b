// SPDX-License-Identifier: Apache-2.0
// For tests: each test has its own folder, so that any number of tests can run at once.
#pragma once

#include <cstddef>
#include <filesystem>
#include <fstream>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

#include "base/temporary_folder.h"

namespace kite {

// The folder is removed when the test ends. Where it cannot be made the constructor throws: the test fails, with the
// exception's text in GoogleTest's output, before it writes a file to another folder.
class TestFolder {
 public:
  // Without a slash at its end.
  [[nodiscard]] const std::string& path() const noexcept { return folder_.path(); }
  // The path of what is named `name` in it.
  [[nodiscard]] std::string operator/(std::string_view name) const { return path() + '/' + std::string(name); }

  // Writes a file, with the folders that lead to it, and returns its path.
  std::string write(std::string_view name, std::string_view bytes) const {  // NOLINT(modernize-use-nodiscard)
    const std::filesystem::path file = *this / name;
    std::filesystem::create_directories(file.parent_path());
    std::ofstream out(file, std::ios::binary);
    out.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    if (!out.flush()) throw std::runtime_error("cannot write " + file.string());
    return file.string();
  }
  std::string write(std::string_view name, std::span<const std::byte> bytes) const {  // NOLINT(modernize-use-nodiscard)
    return write(name, std::string_view(reinterpret_cast<const char*>(bytes.data()), bytes.size()));
  }

 private:
  static TemporaryFolder made() {
    Result<TemporaryFolder> folder = TemporaryFolder::create();
    if (!folder.ok()) throw std::runtime_error(folder.error().message());
    folder->keep_after_signals();  // tests of signals look into it afterwards
    return std::move(*folder);
  }
  const TemporaryFolder folder_ = made();
};

}  // namespace kite

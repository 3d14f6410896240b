// SPDX-License-Identifier: Apache-2.0
// Everything that can be refused is refused before the first byte is written; then copies, then renames.
#include "data_copies.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <set>
#include <string_view>
#include <utility>

#include "base/unfinished_file.h"
#include "cli/output/output_file.h"
#include "large_output.h"
#include "paperkite/try.h"

namespace kite::cli {

namespace {

namespace fs = std::filesystem;

Error refused(const std::string& what, const std::string& path) {
  return {ErrorCode::kUsage, what, path, "name another folder for the output, or the model's own"};
}

// Whether two files are one, also under two names.
bool is_same_file(const std::string& path, const FileState& state) {
  struct stat info{};
  return ::stat(path.c_str(), &info) == 0 && S_ISREG(info.st_mode) && info.st_dev == state.device &&
         info.st_ino == state.inode;
}

bool has_same_bytes(const std::string& path, const MappedFile& source) {
  const auto there = MappedFile::open(path);
  return there.ok() && std::ranges::equal(there->bytes(), source.bytes());
}

// Whether a copy has to be written; an Error where it must not.
Result<bool> needs_copy(const std::string& folder, const std::string& location, const MappedFile& source) {
  const std::string path = folder + location;
  if (is_same_file(path, source.state())) return false;
  for (std::size_t slash = location.find('/'); slash != std::string::npos; slash = location.find('/', slash + 1)) {
    const std::string above = folder + location.substr(0, slash);
    struct stat info{};
    if (::lstat(above.c_str(), &info) != 0) break;  // it will be made
    if (S_ISLNK(info.st_mode)) return refused("external data would be written through a symbolic link", above);
    if (!S_ISDIR(info.st_mode)) return refused("external data needs a folder where a file is", above);
  }
  struct stat info{};
  if (::lstat(path.c_str(), &info) != 0) return true;
  if (S_ISREG(info.st_mode) && has_same_bytes(path, source)) return false;
  return refused("the copy of the model's external data would overwrite another file", path);
}

}  // namespace

Result<DataCopies> DataCopies::plan(const std::vector<std::string>& locations, const onnx::DataSearchPath& search_path,
                                    const std::string& model) {
  DataCopies copies;
  copies.folder_ = folder_of_path(model);
  std::set<std::string> known;
  for (const std::string& location : locations) {
    KITE_TRY_ASSIGN(MappedFile source, onnx::open_external(search_path, location));
    std::string plain = fs::path(location).lexically_normal().string();
    if (!known.insert(plain).second) continue;
    // Of two files with one name only the last would stay.
    if (is_one_file(copies.folder_ + plain, model)) {
      return Error{ErrorCode::kUsage, "the model's external data has the name of the output", model,
                   "name another file for the output"};
    }
    KITE_TRY_ASSIGN(const bool is_needed, needs_copy(copies.folder_, plain, source));
    if (!is_needed) continue;
    copies.files_.push_back({std::move(plain), source.bytes().size()});
    copies.sources_.push_back(std::move(source));
  }
  return copies;
}

Status DataCopies::write() {
  if (files_.empty()) return {};
  KITE_TRY_ASSIGN(TemporaryFolder unfinished, TemporaryFolder::create_in(folder_.empty() ? "." : folder_));
  unfinished_.emplace(std::move(unfinished));
  for (std::size_t i = 0; i < files_.size(); ++i) {
    KITE_TRY_ASSIGN(UnfinishedFile file, UnfinishedFile::create(unfinished_->path() + "/", 0666));
    Output output(file.fd());
    KITE_TRY(write_in_pieces(output, sources_[i].bytes(), files_[i].location));
    output.flush();
    int code = output.failure();
    if (code == 0) code = file.rename_to(unfinished_->path() + '/' + std::to_string(i));
    if (code != 0) return cannot_write(code, folder_ + files_[i].location);
  }
  return {};
}

Status DataCopies::make_folders(const std::string& location) {
  for (std::size_t slash = location.find('/'); slash != std::string::npos; slash = location.find('/', slash + 1)) {
    const std::string path = folder_ + location.substr(0, slash);
    if (::mkdir(path.c_str(), 0777) == 0) {
      made_folders_.push_back(path);
    } else if (errno != EEXIST) {
      return cannot_write(errno, path);
    }
  }
  return {};
}

Status DataCopies::publish() {
  for (std::size_t i = 0; i < files_.size(); ++i) {
    KITE_TRY(make_folders(files_[i].location));
    const std::string from = unfinished_->path() + '/' + std::to_string(i);
    const std::string to = folder_ + files_[i].location;
    // A file that has appeared since plan() is not overwritten. Some file systems cannot do both in one step.
    int code = ::renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), RENAME_NOREPLACE) == 0 ? 0 : errno;
    if (code == EINVAL || code == ENOSYS) {
      struct stat info{};
      code = ::lstat(to.c_str(), &info) == 0 ? EEXIST : ::rename(from.c_str(), to.c_str()) == 0 ? 0 : errno;
    }
    if (code != 0) return cannot_write(code, to);
    made_files_.push_back(to);
  }
  return {};
}

void DataCopies::keep() noexcept {
  made_files_.clear();
  made_folders_.clear();
}

DataCopies::~DataCopies() {
  for (const std::string& file : made_files_) ::unlink(file.c_str());
  std::ranges::reverse(made_folders_);
  for (const std::string& folder : made_folders_) ::rmdir(folder.c_str());
}

}  // namespace kite::cli

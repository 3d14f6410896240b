// SPDX-License-Identifier: Apache-2.0
// Four walls around external data: the spelling of the location, openat2 beneath the folder without symbolic links,
// the kind of file, and its hard links.
#include "onnx/external_data.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstdint>
#include <cstring>
#include <utility>

#include "base/checked.h"
#include "base/printable.h"
#include "paperkite/try.h"

namespace kite::onnx {

namespace {

// More files than any exporter writes, fewer than a process may map.
constexpr std::size_t kMaxFiles = 10'000;
constexpr std::size_t kMaxLocationBytes = 4096;

Error refused(std::string what, std::string_view location, std::string remedy = {}) {
  return Error{ErrorCode::kInvalidModel, std::move(what), "external data " + in_quotes(location), std::move(remedy)};
}

// Takes the path component up to the next slash off `rest`.
std::string_view take_component(std::string_view& rest) {
  const std::size_t slash = rest.find('/');
  const std::string_view component = rest.substr(0, slash);
  rest = slash == std::string_view::npos ? std::string_view() : rest.substr(slash + 1);
  return component;
}

Status check_spelling(std::string_view location) {
  const char* beneath = "external data must lie in the model's folder or below it";
  if (location.empty()) return refused("the location is empty", location);
  if (location.size() > kMaxLocationBytes) return refused("the location is longer than 4096 bytes", location);
  if (location.find('\0') != std::string_view::npos) return refused("the location holds a zero byte", location);
  // Windows spellings: a folder boundary there, so they are refused here too.
  if (location.find('\\') != std::string_view::npos || (location.size() > 1 && location[1] == ':')) {
    return refused("the location is a Windows path", location, "write it with slashes, relative to the model's folder");
  }
  if (location.starts_with('/')) return refused("the location is an absolute path", location, beneath);
  if (location.ends_with('/')) return refused("the location names a folder", location, "name a file");
  for (std::string_view rest = location; !rest.empty();) {
    if (take_component(rest) == "..") return refused("the location climbs out with \"..\"", location, beneath);
  }
  return {};
}

Error open_error(int code, std::string_view location) {
  switch (code) {
    case ENOENT:
      return {ErrorCode::kIo, "the file does not exist", "external data " + in_quotes(location),
              "put it beside the model, or export the model as a single file"};
    case ELOOP: return refused("the location leads through a symbolic link", location, "put the file itself there");
    case EXDEV: return refused("the location leaves the model's folder", location);
    default:
      return {ErrorCode::kIo,
              std::string("cannot open the file: ") + std::strerror(code),
              "external data " + in_quotes(location),
              {}};
  }
}

Result<std::int64_t> parse_count(std::string_view key, std::string_view text) {
  std::int64_t number = -1;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size() || number < 0) {
    return Error{ErrorCode::kInvalidModel,
                 "external-data " + std::string(key) + " is " + in_quotes(text) + ", expected a count of bytes",
                 {},
                 {}};
  }
  return number;
}

struct Entries {
  std::optional<std::string_view> location;
  std::optional<std::int64_t> offset;
  std::optional<std::int64_t> length;
};

Result<Entries> read_entries(const TensorProto& tensor) {
  Entries entries;
  for (const auto& [key, text] : tensor.external_data) {
    bool seen = false;
    if (key == "location") {
      seen = entries.location.has_value();
      entries.location = text;
    } else if (key == "offset" || key == "length") {
      auto& count = key == "offset" ? entries.offset : entries.length;
      seen = count.has_value();
      KITE_TRY_ASSIGN(count, parse_count(key, text));
    } else if (key == "basepath") {
      return Error{ErrorCode::kUnsupportedModel,
                   "external-data key \"basepath\" moves the data to another folder",
                   {},
                   "put the data beside the model and leave the key out"};
    }
    // Other keys say nothing about where the elements lie: checksum, or what a runtime keeps for itself (prepacked_0).
    if (seen) return Error{ErrorCode::kInvalidModel, "external-data key " + in_quotes(key) + " is given twice", {}, {}};
  }
  if (!entries.location) return Error{ErrorCode::kInvalidModel, "external data without a location", {}, {}};
  return entries;
}

}  // namespace

int open_beneath_by_steps(int folder_fd, const std::string& location) {
  int folder = ::fcntl(folder_fd, F_DUPFD_CLOEXEC, 0);
  std::string_view rest = location;
  while (folder >= 0) {
    const std::string component(take_component(rest));
    const bool is_last = rest.empty();
    if (!is_last && (component.empty() || component == ".")) continue;
    // Without O_PATH, so that a symbolic link fails with ELOOP for the last component and ENOTDIR for a folder.
    const int flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW | (is_last ? 0 : O_DIRECTORY);
    const int next = component == ".." ? (errno = EXDEV, -1) : ::openat(folder, component.c_str(), flags);
    int code = errno;
    struct stat info{};
    if (next < 0 && code == ENOTDIR && ::fstatat(folder, component.c_str(), &info, AT_SYMLINK_NOFOLLOW) == 0 &&
        S_ISLNK(info.st_mode)) {
      code = ELOOP;
    }
    ::close(folder);
    errno = code;
    if (is_last) return next;
    folder = next;
  }
  return -1;
}

int open_beneath(int folder_fd, const std::string& location) {
  struct open_how how{};
  how.flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK;  // O_NONBLOCK: a FIFO must not make us wait
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS;
  for (int attempt = 0; attempt < 16; ++attempt) {
    const long fd = ::syscall(SYS_openat2, folder_fd, location.c_str(), &how, sizeof how);
    if (fd >= 0) return static_cast<int>(fd);
    if (errno == EAGAIN) continue;  // something moved while the kernel resolved the path
    // Linux before 5.6, or a sandbox that does not know the call.
    if (errno == ENOSYS || errno == EPERM) return open_beneath_by_steps(folder_fd, location);
    return -1;
  }
  return -1;
}

Result<Bytes> ExternalFiles::open(std::string_view location) {
  if (const auto known = files_.find(location); known != files_.end()) return known->second->bytes();
  KITE_TRY(check_spelling(location));
  if (!folder_) {
    return Error{ErrorCode::kUnsupportedModel, "a model from memory cannot have external data",
                 "external data " + in_quotes(location), "open the model by its path"};
  }
  if (files_.size() >= kMaxFiles) {
    return Error{ErrorCode::kLimit, "the model has more than 10000 external-data files", {}, {}};
  }
  const std::string folder = folder_->empty() ? "." : *folder_;
  const std::string path = folder + (folder.ends_with('/') ? "" : "/") + std::string(location);
  const int folder_fd = ::open(folder.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC);
  const int fd = folder_fd < 0 ? -1 : open_beneath(folder_fd, std::string(location));
  const int code = errno;
  if (folder_fd >= 0) ::close(folder_fd);
  if (fd < 0) return open_error(code, location);

  struct stat info{};
  if (::fstat(fd, &info) == 0 && S_ISREG(info.st_mode) && info.st_nlink > 1) {
    ::close(fd);
    return refused("the file has more than one hard link, so it may belong to another folder", location,
                   "put a copy there");
  }
  auto mapped = MappedFile::map(fd, path);
  ::close(fd);
  if (!mapped.ok()) return std::move(mapped).error();
  auto file = std::make_shared<const MappedFile>(std::move(mapped).value());
  return files_.emplace(location, std::move(file)).first->second->bytes();
}

Result<Bytes> ExternalFiles::read(const TensorProto& tensor, std::int64_t size_bytes) {
  KITE_TRY_ASSIGN(const Entries entries, read_entries(tensor));
  if (entries.length && *entries.length != size_bytes) {
    return refused("the tensor's shape takes " + std::to_string(size_bytes) + " bytes, its length says " +
                       std::to_string(*entries.length),
                   *entries.location);
  }
  KITE_TRY_ASSIGN(const Bytes file, open(*entries.location));
  const std::int64_t offset = entries.offset.value_or(0);
  const auto end = checked_add(offset, size_bytes);
  if (!end || *end > static_cast<std::int64_t>(file.size())) {
    return refused("bytes " + std::to_string(offset) + " + " + std::to_string(size_bytes) +
                       " lie beyond the end of the file (" + std::to_string(file.size()) + " bytes)",
                   *entries.location, "if the file was cut short, download or export it again");
  }
  return file.subspan(static_cast<std::size_t>(offset), static_cast<std::size_t>(size_bytes));
}

}  // namespace kite::onnx

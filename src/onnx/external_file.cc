// SPDX-License-Identifier: Apache-2.0
// An external-data file must pass three checks: the spelling of its location, the folders in which it may lie, and the
// kind of file. The opened descriptor is checked, so the file cannot be exchanged between the check and the reading.
#include "onnx/external_file.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <optional>
#include <utility>

#include "base/printable.h"
#include "paperkite/try.h"

namespace kite::onnx {

namespace {

constexpr std::size_t kMaxLocationBytes = 4096;

// A descriptor that is closed at the end of its scope; negative: none.
class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  [[nodiscard]] int get() const noexcept { return fd_; }
  [[nodiscard]] bool ok() const noexcept { return fd_ >= 0; }

 private:
  int fd_;
};

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
    if (take_component(rest) == "..")
      return refused("the location leads out of the folder with \"..\"", location, beneath);
  }
  return {};
}

Error open_error(int code, std::string_view location) {
  const std::string where = "external data " + in_quotes(location);
  switch (code) {
    case ENOENT:
      return {ErrorCode::kIo, "the file does not exist", where,
              "put it beside the model, name its folder with --data-dir, or export the model as a single file"};
    case EXDEV: return refused("the location leaves the model's folder", location);
    default: return {ErrorCode::kIo, std::string("cannot open the file: ") + std::strerror(code), where, {}};
  }
}

std::string with_slash(std::string folder) {
  if (folder.empty()) return "./";
  return folder.ends_with('/') ? folder : folder + '/';
}

std::string parent_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  return slash == std::string::npos ? std::string() : path.substr(0, slash + 1);
}

// The path without symbolic links; empty where the file does not exist.
std::string resolved(const std::string& path) {
  std::array<char, PATH_MAX> buffer{};
  return ::realpath(path.c_str(), buffer.data()) == nullptr ? std::string() : std::string(buffer.data());
}

bool is_folder(const std::string& path) {
  struct stat info{};
  return ::stat(path.c_str(), &info) == 0 && S_ISDIR(info.st_mode);
}

// `folder`: resolved, without a slash at its end. In R/snapshots/REVISION or below it, with a folder R/blobs, the files
// of a hub cache are links into R/blobs. All of R is the repository's only where its name says so.
std::string repository_root(const std::string& folder) {
  constexpr std::string_view kSnapshots = "/snapshots/";
  const std::size_t at = (folder + '/').rfind(kSnapshots);
  if (at == std::string::npos || at + kSnapshots.size() >= folder.size()) return {};
  const std::string repository = folder.substr(0, at);
  if (!is_folder(repository + "/blobs")) return {};
  const std::string name = repository.substr(repository.rfind('/') + 1);
  return name.starts_with("models--") ? repository : repository + "/blobs";
}

bool lies_in(const std::string& path, const std::string& root) {
  return root == "/" || (path.starts_with(root) && path.size() > root.size() && path[root.size()] == '/');
}

// Where a descriptor's file lies now; empty without /proc.
std::string path_of(int fd) {
  std::array<char, PATH_MAX> buffer{};
  const auto size = ::readlink(("/proc/self/fd/" + std::to_string(fd)).c_str(), buffer.data(), buffer.size());
  return size <= 0 ? std::string() : std::string(buffer.data(), static_cast<std::size_t>(size));
}

// Follows the links of `location`, then asks the kernel where they ended. It opens with O_PATH first, so that a file
// that is refused, such as a device, is never opened for reading.
Result<MappedFile> open_through_links(const DataSearchPath& search_path, int folder_fd, const std::string& location,
                                      const std::string& path) {
  const Descriptor target(::openat(folder_fd, location.c_str(), O_PATH | O_CLOEXEC));
  if (!target.ok()) {
    if (errno != ENOENT) return open_error(errno, location);
    return Error{ErrorCode::kIo, "a symbolic link leads to no file", "external data " + in_quotes(location),
                 "download the file again, or put it there"};
  }
  const std::string end = path_of(target.get());
  if (end.empty()) {
    return refused("the location leads through a symbolic link, and without /proc its target cannot be found", location,
                   "put the file itself there");
  }
  const std::vector<std::string> roots = folders_of_external_data(search_path);
  if (std::ranges::none_of(roots, [&](const std::string& root) { return lies_in(end, root); })) {
    const std::string folder = parent_of(end);
    return refused("a symbolic link leads out of the model's folder, to " + in_quotes(end), location,
                   "put the file itself there, or allow the folder with --data-dir " + in_quotes(folder));
  }
  const Descriptor file(
      ::open(("/proc/self/fd/" + std::to_string(target.get())).c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!file.ok()) return open_error(errno, location);
  return MappedFile::map(file.get(), path, search_path.access);
}

// nullopt: there is no such entry in this folder.
std::optional<Result<MappedFile>> open_in(const DataSearchPath& search_path, const std::string& folder,
                                          const std::string& location) {
  const Descriptor folder_fd(::open(folder.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  const Descriptor file(folder_fd.ok() ? open_beneath(folder_fd.get(), location) : -1);
  const int code = errno;
  const std::string path = folder + location;
  if (file.ok()) return MappedFile::map(file.get(), path, search_path.access);
  if (code == ENOENT) return std::nullopt;
  if (code == ELOOP) return open_through_links(search_path, folder_fd.get(), location, path);
  return open_error(code, location);
}

}  // namespace

std::vector<std::string> folders_of_external_data(const DataSearchPath& search_path) {
  std::vector<std::string> roots;
  const auto add = [&](std::string root) {
    if (!root.empty()) roots.push_back(std::move(root));
  };
  if (!search_path.model.empty()) {
    const std::string folder = resolved(with_slash(parent_of(search_path.model)));
    add(folder);
    add(resolved(with_slash(parent_of(resolved(search_path.model)))));
    add(repository_root(folder));
  }
  for (const std::string& data_dir : search_path.data_dirs) add(resolved(with_slash(data_dir)));
  return roots;
}

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

Result<MappedFile> open_external(const DataSearchPath& search_path, std::string_view location) {
  KITE_TRY(check_spelling(location));
  const std::string name(location);
  if (!search_path.model.empty()) {
    if (auto file = open_in(search_path, with_slash(parent_of(search_path.model)), name)) return *std::move(file);
  }
  const std::string model = resolved(search_path.model);
  if (!model.empty()) {
    if (auto file = open_in(search_path, with_slash(parent_of(model)), name)) return *std::move(file);
  }
  for (const std::string& data_dir : search_path.data_dirs) {
    if (!is_folder(with_slash(data_dir))) {
      return Error{ErrorCode::kIo, "--data-dir names no folder", data_dir, "check the path"};
    }
    if (auto file = open_in(search_path, with_slash(data_dir), name)) return *std::move(file);
  }
  return open_error(ENOENT, location);
}

}  // namespace kite::onnx

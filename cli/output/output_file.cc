// SPDX-License-Identifier: Apache-2.0
// Finds the file that a path means, checks whether it may be replaced, and replaces it.
#include "cli/output/output_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstring>
#include <tuple>
#include <utility>
#include <vector>

#include "base/number_text.h"
#include "cli/output/interrupt.h"
#include "paperkite/try.h"

namespace kite::cli {

Error cannot_write(int code, const std::string& path) {
  // What waited for the reader of a pipe was given up.
  if (code == EINTR && is_interrupted()) return {ErrorCode::kInterrupted, "interrupted", path, {}};
  const bool is_full = code == ENOSPC || code == EDQUOT || code == EFBIG;
  return Error{ErrorCode::kIo, std::string("cannot write: ") + std::strerror(code), path,
               is_full ? "free some space, or name another folder" : "check the folder and its permissions"};
}

std::string folder_of_path(const std::string& path) { return path.substr(0, path.rfind('/') + 1); }

namespace {

// The descriptor that /dev/stdout, /dev/fd/3 and similar names mean. If such a name were opened again, writing would
// begin at the start of a file that the shell has opened for appending.
std::optional<int> descriptor_named(std::string_view path) {
  if (path == "/dev/stdout") return STDOUT_FILENO;
  if (path == "/dev/stderr") return STDERR_FILENO;
  for (const std::string_view folder : {"/dev/fd/", "/proc/self/fd/"}) {
    if (!path.starts_with(folder)) continue;
    const auto number = parse_integer(path.substr(folder.size()));
    if (number && *number >= 0 && *number <= INT_MAX) return static_cast<int>(*number);
  }
  return std::nullopt;
}

// The path at which a chain of symbolic links ends, also where no file exists there yet; the name of a descriptor also
// ends the chain.
Result<std::string> behind_links(const std::string& path) {
  constexpr int kMostLinks = 40;  // the kernel's limit
  std::string target = path;
  for (int i = 0; i < kMostLinks; ++i) {
    struct stat info{};
    if (descriptor_named(target) || ::lstat(target.c_str(), &info) != 0 || !S_ISLNK(info.st_mode)) return target;
    char link[PATH_MAX];
    const ssize_t length = ::readlink(target.c_str(), link, sizeof link);
    if (length < 0) return cannot_write(errno, path);
    const std::string next(link, static_cast<std::size_t>(length));
    target = next.starts_with('/') ? next : folder_of_path(target) + next;
  }
  return cannot_write(ELOOP, path);
}

// The identity of a regular file: its inode, or the folder and the name of a file that does not exist yet.
using Identity = std::tuple<dev_t, ino_t, std::string>;

std::optional<Identity> identity_of(const std::string& path) {
  struct stat info{};
  // By its number: without /proc the name means nothing.
  const int code = path == "/dev/stdin" ? ::fstat(STDIN_FILENO, &info) : ::stat(path.c_str(), &info);
  if (code == 0) {
    if (!S_ISREG(info.st_mode)) return std::nullopt;
    return Identity{info.st_dev, info.st_ino, {}};
  }
  const auto target = behind_links(path);
  if (!target.ok()) return std::nullopt;
  const std::string folder = folder_of_path(*target);
  if (::stat(folder.empty() ? "." : folder.c_str(), &info) != 0) return std::nullopt;
  return Identity{info.st_dev, info.st_ino, target->substr(folder.size())};
}

bool exists(const Identity& identity) { return std::get<2>(identity).empty(); }

// A file that replaces another must be readable by the same users.
void take_over(int fd, const struct stat& replaced) {
  // Only root may change a file's owner; every user may set one of their own groups.
  if (::fchown(fd, replaced.st_uid, replaced.st_gid) != 0 &&
      ::fchown(fd, static_cast<uid_t>(-1), replaced.st_gid) != 0) {
    ::fchmod(fd, replaced.st_mode & 0700);  // the permissions were not meant for the members of another group
    return;
  }
  ::fchmod(fd, replaced.st_mode & 07777);  // last, because a change of owner clears some of the bits
}

}  // namespace

bool is_one_file(const std::string& a, const std::string& b) {
  const auto first = identity_of(a);
  return first && first == identity_of(b);
}

bool becomes_a_file(const std::string& path) {
  struct stat info{};
  return !descriptor_named(path) && (::stat(path.c_str(), &info) != 0 || S_ISREG(info.st_mode));
}

Status check_outputs(std::span<const std::string> outputs, const std::function<std::vector<std::string>()>& inputs) {
  struct Named {
    Identity identity;
    std::string path;
  };
  std::vector<Named> written;
  for (const std::string& path : outputs) {
    const auto identity = path.empty() ? std::nullopt : identity_of(path);
    if (!identity) continue;
    if (std::ranges::find(written, *identity, &Named::identity) != written.end()) {
      return Error{ErrorCode::kUsage, "two outputs go into the same file", path, "name a file for each"};
    }
    written.push_back({*identity, path});
  }
  if (std::ranges::none_of(written, exists, &Named::identity)) return {};
  for (const std::string& path : inputs()) {
    const auto identity = identity_of(path);
    if (!identity || !exists(*identity)) continue;
    const auto same = std::ranges::find(written, *identity, &Named::identity);
    if (same == written.end()) continue;
    return Error{ErrorCode::kUsage, "the output would overwrite the input " + path, same->path,
                 "name another file for the output"};
  }
  return {};
}

OutputFile::Descriptor::~Descriptor() {
  if (fd >= 0) ::close(fd);
}

Result<OutputFile> OutputFile::create(const std::string& path) {
  OutputFile file;
  file.path_ = path;
  KITE_TRY_ASSIGN(file.target_, behind_links(path));
  const std::string& target = file.target_;
  struct stat info{};
  const bool is_there = ::stat(target.c_str(), &info) == 0;
  const auto named = descriptor_named(target);
  if (named || (is_there && !S_ISREG(info.st_mode) && !S_ISDIR(info.st_mode))) {
    const int fd =
        named ? ::fcntl(*named, F_DUPFD_CLOEXEC, 3) : ::open(target.c_str(), O_WRONLY | O_CLOEXEC | O_NOCTTY);
    if (fd < 0) return cannot_write(errno, path);
    file.direct_ = std::make_unique<Descriptor>(fd);
    file.output_ = std::make_unique<Output>(fd);
    return file;
  }
  if (is_there && S_ISDIR(info.st_mode)) return cannot_write(EISDIR, path);
  if (target.empty() || target.ends_with('/')) return cannot_write(ENOENT, path);
  if (is_there && ::access(target.c_str(), W_OK) != 0) return cannot_write(errno, path);
  // Where other users may not read the file that is replaced, they may never read the new one, not even for a moment.
  auto beside = UnfinishedFile::create(folder_of_path(target) + ".kite-", is_there ? 0600 : 0666);
  if (!beside.ok()) {
    Error error = std::move(beside).error();
    error.where = path;
    return error;
  }
  file.beside_.emplace(std::move(beside).value());
  if (is_there) take_over(file.beside_->fd(), info);
  file.output_ = std::make_unique<Output>(file.beside_->fd());
  return file;
}

void OutputFile::make_program() noexcept {
  struct stat info{};
  if (!beside_ || ::fstat(beside_->fd(), &info) != 0) return;
  constexpr mode_t kReaders = S_IRUSR | S_IRGRP | S_IROTH;
  ::fchmod(beside_->fd(), (info.st_mode & 07777) | (info.st_mode & kReaders) >> 2);
}

Status OutputFile::complete() {
  output_->flush();
  return output_->failure() == 0 ? Status() : Status(cannot_write(output_->failure(), path_));
}

Status OutputFile::publish() {
  output_->flush();
  int code = output_->failure();
  if (code == 0 && beside_) code = beside_->rename_to(target_);
  if (code == 0 && direct_ && ::close(std::exchange(direct_->fd, -1)) != 0) code = errno;
  beside_.reset();
  if (code != 0) return cannot_write(code, path_);
  return {};
}

Status write_file(const std::string& path, std::string_view bytes) {
  KITE_TRY_ASSIGN(OutputFile file, OutputFile::create(path));
  file.stream().write(bytes);
  return file.publish();
}

}  // namespace kite::cli

// SPDX-License-Identifier: Apache-2.0
// posix_spawn with two pipes and poll. One deadline holds for the whole run.
#include "base/subprocess.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>

#include "base/spawn_actions.h"

namespace kite {

namespace {

using Clock = std::chrono::steady_clock;
constexpr std::size_t kKept = 1 << 20;  // bytes of each stream
constexpr auto kTick = std::chrono::milliseconds(100);
constexpr auto kGrace = std::chrono::seconds(2);  // between SIGTERM and SIGKILL

class Pipe {
 public:
  Pipe() { open_ = ::pipe2(ends_.data(), O_CLOEXEC) == 0; }
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;
  ~Pipe() {
    close_read();
    close_write();
  }
  [[nodiscard]] bool ok() const { return open_; }
  [[nodiscard]] int read_end() const { return ends_[0]; }
  [[nodiscard]] int write_end() const { return ends_[1]; }
  void close_read() { close_end(ends_[0]); }
  void close_write() { close_end(ends_[1]); }

 private:
  static void close_end(int& end) {
    if (end >= 0) ::close(end);
    end = -1;
  }
  std::array<int, 2> ends_{-1, -1};
  bool open_ = false;
};

// One stream of the child: keeps the last bytes and hands on each line.
struct Stream {
  Pipe pipe;
  std::string* kept = nullptr;
  std::string line;

  // False at the end of the stream.
  bool read_some(const SubprocessOptions& options) {
    std::array<char, 1 << 13> buffer;  // NOLINT(*-member-init): read() fills it; the stack may be small
    const ssize_t got = ::read(pipe.read_end(), buffer.data(), buffer.size());
    if (got < 0) return errno == EINTR || errno == EAGAIN;
    if (got == 0) {
      if (!line.empty() && options.on_line) options.on_line(line);
      line.clear();
      return false;
    }
    const std::string_view text(buffer.data(), static_cast<std::size_t>(got));
    kept->append(text);
    if (kept->size() > 2 * kKept) kept->erase(0, kept->size() - kKept);
    if (!options.on_line) return true;
    for (const char c : text) {
      // A carriage return redraws a progress bar: each drawing is a line of its own.
      if (c == '\n' || c == '\r') {
        if (!line.empty()) options.on_line(line);
        line.clear();
      } else {
        line += c;
      }
    }
    return true;
  }
};

std::vector<std::string> environment_with(const std::map<std::string, std::string>& added) {
  std::vector<std::string> entries;
  for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
    const std::string_view text(*entry);
    if (!added.contains(std::string(text.substr(0, text.find('='))))) entries.emplace_back(text);
  }
  for (const auto& [key, value] : added) entries.push_back(key + "=" + value);
  return entries;
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> result;
  for (std::string& text : texts) result.push_back(text.data());
  result.push_back(nullptr);
  return result;
}

int start(const std::vector<std::string>& argv, const SubprocessOptions& options, int out, int err, pid_t& pid) {
  SpawnActions actions;
  actions.open(STDIN_FILENO, "/dev/null", O_RDONLY);
  actions.duplicate(out, STDOUT_FILENO);
  actions.duplicate(err, STDERR_FILENO);
  if (!options.folder.empty()) actions.enter(options.folder.c_str());
  if (actions.failure() != 0) return actions.failure();
  std::vector<std::string> words = argv;
  std::vector<std::string> environment = environment_with(options.environment);
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  sigset_t none;
  sigemptyset(&none);
  sigset_t plain;
  sigemptyset(&plain);
  for (const int number : {SIGINT, SIGTERM, SIGPIPE, SIGXFSZ}) sigaddset(&plain, number);
  posix_spawnattr_setsigmask(&attributes, &none);
  posix_spawnattr_setsigdefault(&attributes, &plain);
  posix_spawnattr_setpgroup(&attributes, 0);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  const int failed = ::posix_spawnp(&pid, words[0].c_str(), actions.get(), &attributes, pointers(words).data(),
                                    pointers(environment).data());
  posix_spawnattr_destroy(&attributes);
  return failed;
}

}  // namespace

std::string SubprocessResult::last_line() const {
  for (const std::string* text : {&errors, &output}) {
    std::size_t end = text->size();
    while (end > 0) {
      std::size_t begin = text->find_last_of("\n\r", end - 1);
      begin = begin == std::string::npos ? 0 : begin + 1;
      const std::string line = text->substr(begin, end - begin);
      if (line.find_first_not_of(" \t") != std::string::npos) return line;
      end = begin == 0 ? 0 : begin - 1;
    }
  }
  return {};
}

Error start_error(int code, std::string what, std::string program, std::string remedy) {
  const bool is_shortage = code == EAGAIN || code == ENOMEM;
  if (is_shortage) remedy = "allow more processes and memory";
  return {is_shortage ? ErrorCode::kLimit : ErrorCode::kIo, std::move(what) + std::strerror(code), std::move(program),
          std::move(remedy)};
}

Result<SubprocessResult> run_subprocess(const std::vector<std::string>& argv, const SubprocessOptions& options) {
  if (argv.empty() || argv[0].empty()) return Error{ErrorCode::kUsage, "no program to start", {}, {}};
  SubprocessResult result;
  std::array<Stream, 2> streams;
  streams[0].kept = &result.output;
  streams[1].kept = &result.errors;
  if (!streams[0].pipe.ok() || !streams[1].pipe.ok()) {
    return Error{ErrorCode::kIo, std::string("no pipe: ") + std::strerror(errno), argv[0], {}};
  }
  pid_t pid = 0;
  if (const int failed = start(argv, options, streams[0].pipe.write_end(), streams[1].pipe.write_end(), pid);
      failed != 0) {
    return start_error(failed, "cannot be started: ", argv[0]);
  }
  for (Stream& stream : streams) stream.pipe.close_write();

  const auto deadline =
      Clock::now() + std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(options.timeout_s));
  std::array<bool, 2> open{true, true};
  int status = 0;
  bool exited = false;
  bool ending = false;
  Clock::time_point kill_at{};
  auto next_tick = Clock::now();
  // A grandchild may keep a pipe open. So the exit of the child ends the wait, and the pipes are read once more.
  while (true) {
    std::array<pollfd, 2> waits{};
    for (std::size_t i = 0; i < 2; ++i) waits[i] = {open[i] ? streams[i].pipe.read_end() : -1, POLLIN, 0};
    ::poll(waits.data(), waits.size(), exited ? 0 : open[0] || open[1] ? 20 : 5);
    bool read = false;
    for (std::size_t i = 0; i < 2; ++i) {
      if (waits[i].revents == 0) continue;
      read = true;
      open[i] = streams[i].read_some(options);
    }
    const auto now = Clock::now();
    if (exited && !read) break;
    if (!exited) exited = ::waitpid(pid, &status, WNOHANG) == pid;
    if (options.on_tick && now >= next_tick) {
      options.on_tick();
      next_tick = now + kTick;
    }
    const bool stop = options.stop != nullptr && options.stop->load();
    if (!ending && (now >= deadline || stop)) {
      ending = true;
      (stop ? result.stopped : result.timed_out) = true;
      ::kill(-pid, SIGTERM);
      kill_at = now + kGrace;
    }
    if (ending && now >= kill_at) {
      ::kill(-pid, SIGKILL);
      if (exited) break;
    }
  }
  for (Stream& stream : streams) {
    if (!stream.line.empty() && options.on_line) options.on_line(stream.line);
  }
  // Processes that the program left in its process group are ended too.
  ::kill(-pid, SIGKILL);
  result.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return result;
}

}  // namespace kite

// SPDX-License-Identifier: Apache-2.0
// One command that stays alive and that we talk to by lines. Each has a helper of its own, which measures it like any
// other command. So several can be alive at once, and the end of one does not affect the others.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "paperkite/error.h"
#include "race/spawn/spawner.h"

namespace kite::race {

class LiveProcess {
 public:
  // `model`: the spawner whose helper program and floor of memory are used. request.timeout_ns limits the whole life of
  // the process, and request.standard_output.kill_bytes limits all that it prints. An Error: the race itself cannot go
  // on. If the command does not start, alive() is false and wait() says why.
  static Result<std::unique_ptr<LiveProcess>> start(const Spawner& model, SpawnRequest request);
  ~LiveProcess();  // ends the process
  LiveProcess(const LiveProcess&) = delete;
  LiveProcess& operator=(const LiveProcess&) = delete;

  // False after it has ended, for any reason.
  [[nodiscard]] bool alive() const;

  enum class Heard : std::uint8_t { kLine, kTimeout, kEnd, kTooMuch, kCancelled };  // kEnd: it closed its output
  // Reads the next line, without its newline. kTooMuch: it printed more than request.standard_output.kill_bytes in all.
  [[nodiscard]] Heard read_line(std::int64_t timeout_ns, std::string& line);
  // Whether it has printed something that read_line() has not returned yet.
  [[nodiscard]] bool has_spoken() const;
  // False: it does not read any more, so the line is lost.
  [[nodiscard]] bool write_line(std::string_view line);
  void close_input();

  // Processor time of the process and of its living descendants since they began.
  [[nodiscard]] std::int64_t cpu_ns() const;
  // Whether one of their threads runs or waits for a processor. On a busy machine a thread may wait, and then it shows
  // no processor time yet.
  [[nodiscard]] bool wants_processor() const;
  // These three act on the whole process group.
  void stop();
  void resume();
  void kill();

  // Sleeps until the process has ended: by itself, by a signal, or at its time limit.
  [[nodiscard]] Result<SpawnOutcome> wait();

 private:
  struct State;
  explicit LiveProcess(std::unique_ptr<State> state);
  void signal_group(int number);
  std::unique_ptr<State> state_;
};

}  // namespace kite::race

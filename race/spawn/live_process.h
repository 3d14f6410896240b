// SPDX-License-Identifier: Apache-2.0
// One command that stays alive while we talk with it by lines. Each has a helper of its own, which measures it as any
// other command, so that several live side by side and the end of one touches no other.
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
  // `model`: the spawner whose helper and floor are taken over. request.timeout_ns is the limit of the whole life, and
  // request.standard_output.kill_bytes of everything it prints. An Error is ours; a command that does not start is
  // alive() == false, and wait() says why.
  static Result<std::unique_ptr<LiveProcess>> start(const Spawner& model, SpawnRequest request);
  ~LiveProcess();  // ends the process
  LiveProcess(const LiveProcess&) = delete;
  LiveProcess& operator=(const LiveProcess&) = delete;

  // False once it has ended, however.
  [[nodiscard]] bool alive() const;

  enum class Heard : std::uint8_t { kLine, kTimeout, kEnd, kTooMuch, kCancelled };  // kEnd: it closed its output
  // The next line without its newline. kTooMuch: more than request.standard_output.kill_bytes in all.
  [[nodiscard]] Heard read_line(std::int64_t timeout_ns, std::string& line);
  // True where it has printed something that read_line() has not given yet.
  [[nodiscard]] bool has_spoken() const;
  // False: it does not read any more.
  [[nodiscard]] bool write_line(std::string_view line);
  void close_input();

  // Processor time of the process and of its living descendants since they began.
  [[nodiscard]] std::int64_t cpu_ns() const;
  // Whether a thread of them runs or waits for a processor: on a busy machine that shows no processor time at once.
  [[nodiscard]] bool wants_processor() const;
  // The whole process group.
  void stop();
  void resume();
  void kill();

  // Sleeps until it has ended: by itself, killed, or at its limit.
  [[nodiscard]] Result<SpawnOutcome> wait();

 private:
  struct State;
  explicit LiveProcess(std::unique_ptr<State> state);
  void signal_group(int number);
  std::unique_ptr<State> state_;
};

}  // namespace kite::race

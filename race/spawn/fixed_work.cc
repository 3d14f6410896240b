// SPDX-License-Identifier: Apache-2.0
// Threads are started once, so that a block contains only the work.
#include "race/spawn/fixed_work.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>
#include <ctime>
#include <memory>
#include <system_error>
#include <thread>

#include "paperkite/try.h"
#include "race/spawn/helper/clock.h"
#include "race/stats/robust.h"

namespace kite::race {
namespace {

constexpr std::size_t kRows = 512, kDepth = 512, kColumns = 16;
// Seconds before the first block: enough for the clock rate to rise, and to find how long a step takes.
constexpr double kWarmUpS = 0.3;

double process_cpu_ms() {
  timespec now{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) * 1e3 + static_cast<double>(now.tv_nsec) * 1e-6;
}

double ms_since(std::int64_t begin_ns) { return static_cast<double>(monotonic_ns() - begin_ns) * 1e-6; }

class Product {
 public:
  Product() : weights_(kRows * kDepth, 0.5F), input_(kDepth * kColumns, 0.25F) {}

  void run() {
    for (std::size_t row = 0; row < kRows; ++row) {
      std::array<float, kColumns> sums{};
      for (std::size_t k = 0; k < kDepth; ++k) {
        const float weight = weights_[row * kDepth + k];
        for (std::size_t column = 0; column < kColumns; ++column)
          sums[column] += weight * input_[k * kColumns + column];
      }
      // The result is the next input, so that the compiler cannot leave out any product.
      for (std::size_t column = 0; column < kColumns; ++column) {
        input_[row * kColumns + column] = sums[column] * (0.25F / (0.125F * static_cast<float>(kDepth)));
      }
    }
  }

 private:
  std::vector<float> weights_, input_;
};

// A barrier where threads wait for each other. They spin a little first, as the threads of runtimes do, so that no
// thread sleeps if all of them have a processor.
class Meeting {
 public:
  explicit Meeting(std::int32_t count) : count_(count) {}

  void arrive() {
    const std::uint32_t held = held_.load(std::memory_order_acquire);
    if (arrived_.fetch_add(1, std::memory_order_acq_rel) + 1 == count_.load()) {
      arrived_.store(0, std::memory_order_relaxed);
      held_.fetch_add(1, std::memory_order_release);
      held_.notify_all();
      return;
    }
    for (int look = 0; look < kLooks; ++look) {
      if (held_.load(std::memory_order_acquire) != held) return;
    }
    held_.wait(held, std::memory_order_acquire);
  }
  // Waits while a thread is missing.
  void expect(std::int32_t count) { count_.store(count); }

 private:
  static constexpr int kLooks = 100'000;  // about 0.1 ms: a fifth of a product
  std::atomic<std::int32_t> count_, arrived_ = 0;
  std::atomic<std::uint32_t> held_ = 0;
};

// Runs steps on `threads` threads, one of which is the caller's.
class Crew {
 public:
  explicit Crew(std::int32_t threads)
      : threads_(threads), meeting_(threads), products_(static_cast<std::size_t>(threads)) {}
  Crew(const Crew&) = delete;
  Crew& operator=(const Crew&) = delete;
  ~Crew() {
    if (others_.empty()) return;
    over_.store(true);
    meeting_.expect(static_cast<std::int32_t>(others_.size()) + 1);  // a thread that was not started cannot arrive
    meeting_.arrive();
    for (std::thread& other : others_) other.join();
  }

  kite::Status start() {
    try {
      for (std::int32_t i = 1; i < threads_; ++i) {
        others_.emplace_back([this, i] {
          for (;;) {
            meeting_.arrive();  // waits for the next step
            if (over_.load()) return;
            products_[static_cast<std::size_t>(i)].run();
            meeting_.arrive();  // waits until all threads have finished it
          }
        });
      }
    } catch (const std::system_error& error) {
      return Error{ErrorCode::kLimit, fmt::format("the machine cannot start {} threads: {}", threads_, error.what()),
                   "noise of the machine", "ask for fewer with --threads"};
    }
    return {};
  }

  [[nodiscard]] std::int32_t threads() const noexcept { return threads_; }

  void step() {
    if (threads_ > 1) meeting_.arrive();
    products_.front().run();
    if (threads_ > 1) meeting_.arrive();
  }

  // Finds how many steps fill a piece. The fastest step of the warm-up decides, since it was not interrupted.
  void warm_up(double piece_ms) {
    const std::int64_t begin_ns = monotonic_ns();
    double least_ms = piece_ms;
    while (ms_since(begin_ns) < kWarmUpS * 1e3) {
      const std::int64_t step_ns = monotonic_ns();
      step();
      least_ms = std::min(least_ms, ms_since(step_ns));
    }
    steps_ = std::max(1, static_cast<int>(piece_ms / least_ms + 0.5));
  }

  WorkBlock block(std::int64_t series_ns) {
    WorkBlock block;
    std::array<double, kPiecesPerBlock> pieces_ms{};
    const std::int64_t begin_ns = monotonic_ns();
    const double cpu_ms = process_cpu_ms();
    for (double& piece_ms : pieces_ms) {
      const std::int64_t piece_ns = monotonic_ns();
      for (int i = 0; i < steps_; ++i) step();
      piece_ms = ms_since(piece_ns);
    }
    block.begin_s = static_cast<double>(begin_ns - series_ns) * 1e-9;
    block.wall_ms = ms_since(begin_ns);
    block.cpu_ms = process_cpu_ms() - cpu_ms;
    block.piece_ms = median(pieces_ms);
    return block;
  }

 private:
  std::int32_t threads_;
  Meeting meeting_;
  std::vector<Product> products_;
  std::vector<std::thread> others_;
  std::atomic<bool> over_ = false;
  int steps_ = 1;
};

}  // namespace

Result<std::vector<WorkSeries>> measure_fixed_work(std::span<const std::int32_t> threads, double seconds,
                                                   const std::function<bool(double)>& go_on) {
  std::vector<std::unique_ptr<Crew>> crews;
  std::vector<WorkSeries> series;
  const double piece_ms =
      kWorkStepS * 1e3 / kPiecesPerBlock / static_cast<double>(std::max<std::size_t>(threads.size(), 1));
  for (const std::int32_t count : threads) {
    crews.push_back(std::make_unique<Crew>(std::max(count, 1)));
    KITE_TRY(crews.back()->start());
    crews.back()->warm_up(piece_ms);
    series.push_back({crews.back()->threads(), {}});
  }
  const std::int64_t begin_ns = monotonic_ns();
  std::size_t blocks = 0;
  for (double passed_s = 0; (passed_s < seconds || blocks < kFewestBlocks) && go_on(passed_s);
       passed_s = ms_since(begin_ns) * 1e-3) {
    for (std::size_t i = 0; i < crews.size(); ++i) series[i].blocks.push_back(crews[i]->block(begin_ns));
    ++blocks;
  }
  return series;
}

}  // namespace kite::race

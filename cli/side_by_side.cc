// SPDX-License-Identifier: Apache-2.0
// A ring of answers between the workers and the one who takes them.
#include "side_by_side.h"

#include <fmt/format.h>

#include <condition_variable>
#include <mutex>
#include <optional>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include "command.h"

namespace kite::cli {

namespace {

template <typename Action>
class Finally {
 public:
  explicit Finally(Action action) : action_(std::move(action)) {}
  Finally(const Finally&) = delete;
  Finally& operator=(const Finally&) = delete;
  ~Finally() { action_(); }

 private:
  Action action_;
};

}  // namespace

void side_by_side(std::size_t items, std::size_t workers,
                  const std::function<TimedAnswer(std::size_t worker, std::size_t item)>& work,
                  const std::function<void(std::size_t item, TimedAnswer answer)>& take,
                  const std::function<bool()>& stop) {
  // Room for the others to go on while one is busy with a picture of many megapixels.
  const std::size_t window = workers * 4;
  std::mutex mutex;
  std::condition_variable changed;
  std::vector<std::optional<TimedAnswer>> ring(window);
  std::size_t begun = 0;
  std::size_t taken = 0;
  std::size_t end = items;

  const auto run = [&](std::size_t worker) {
    std::unique_lock lock(mutex);
    for (;;) {
      changed.wait(lock, [&] { return begun >= end || begun < taken + window; });
      if (begun >= end) return;
      const std::size_t item = begun++;
      lock.unlock();
      TimedAnswer answer = work(worker, item);
      lock.lock();
      ring[item % window].emplace(std::move(answer));
      changed.notify_all();
    }
  };
  std::vector<std::jthread> threads;
  threads.reserve(workers);
  // Whatever ends this function, nobody waits for answers to be taken any more.
  const Finally stop_workers([&] {
    const std::lock_guard held(mutex);
    end = 0;
    changed.notify_all();
  });
  try {
    while (threads.size() < workers) threads.emplace_back(run, threads.size());
  } catch (const std::system_error& error) {
    warn(fmt::format("{} of {} threads could be started ({}): this takes longer", threads.size(), workers,
                     error.code().message()));
  }
  if (threads.empty()) {
    for (std::size_t item = 0; item < items && !stop(); ++item) take(item, work(0, item));
    return;
  }

  std::unique_lock lock(mutex);
  while (taken < end) {
    auto& place = ring[taken % window];
    changed.wait(lock, [&] { return place.has_value(); });
    TimedAnswer answer = *std::move(place);
    place.reset();
    const std::size_t item = taken++;
    changed.notify_all();
    lock.unlock();
    take(item, std::move(answer));
    const bool stopped = stop();
    lock.lock();
    if (stopped) end = std::min(end, begun);
  }
}

}  // namespace kite::cli

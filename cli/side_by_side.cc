// SPDX-License-Identifier: Apache-2.0
// A ring of answers between the workers and the caller's thread, which takes them.
#include "side_by_side.h"

#include <fmt/format.h>

#include <condition_variable>
#include <exception>
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

void side_by_side(std::size_t groups, std::size_t workers,
                  const std::function<Answers(std::size_t worker, std::size_t group)>& work,
                  const std::function<void(std::size_t group, Answers answers)>& take,
                  const std::function<bool()>& stop) {
  if (workers == 1) {
    for (std::size_t group = 0; group < groups && !stop(); ++group) take(group, work(0, group));
    return;
  }
  // Enough for the other workers to continue while one of them decodes a picture of many megapixels.
  const std::size_t window = workers * 4;
  std::mutex mutex;
  std::condition_variable changed;
  std::vector<std::optional<Answers>> ring(window);
  std::size_t begun = 0;
  std::size_t taken = 0;
  std::size_t end = groups;
  std::exception_ptr failure;  // of the first worker that failed, mostly for want of memory; the caller throws it again

  const auto run = [&](std::size_t worker) {
    std::unique_lock lock(mutex);
    for (;;) {
      changed.wait(lock, [&] { return begun >= end || begun < taken + window; });
      if (begun >= end) return;
      const std::size_t group = begun++;
      lock.unlock();
      Answers answers;
      try {
        answers = work(worker, group);
      } catch (...) {
        lock.lock();
        if (!failure) failure = std::current_exception();
        changed.notify_all();
        return;
      }
      lock.lock();
      ring[group % window].emplace(std::move(answers));
      changed.notify_all();
    }
  };
  std::vector<std::jthread> threads;
  threads.reserve(workers);
  // However this function ends, no worker may still wait until answers are taken.
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
    for (std::size_t group = 0; group < groups && !stop(); ++group) take(group, work(0, group));
    return;
  }

  std::unique_lock lock(mutex);
  while (taken < end) {
    auto& place = ring[taken % window];
    changed.wait(lock, [&] { return place.has_value() || failure; });
    if (!place) std::rethrow_exception(failure);
    Answers answers = *std::move(place);
    place.reset();
    const std::size_t group = taken++;
    changed.notify_all();
    lock.unlock();
    take(group, std::move(answers));
    const bool stopped = stop();
    lock.lock();
    if (stopped) end = std::min(end, begun);
  }
}

}  // namespace kite::cli

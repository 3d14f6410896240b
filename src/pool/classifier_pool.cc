// SPDX-License-Identifier: Apache-2.0
// Classifiers over one model: a call takes slots, then an idle classifier of so many threads, or makes one.
#include <algorithm>
#include <atomic>
#include <optional>
#include <thread>
#include <utility>

#include "base/compute_slots.h"
#include "base/parallel.h"
#include "paperkite/pool.h"
#include "paperkite/try.h"
#include "pool/idle_list.h"
#include "pool/limit.h"

namespace kite {

struct ClassifierPool::State {
  State(Classifier opened, const SessionOptions& stated)
      : first(std::make_shared<Classifier>(std::move(opened))), options(stated) {
    idle.give(nullptr, first->threads(), first, 1);
  }

  // One that answers on slots.count() threads, until give() gets it back.
  Result<std::shared_ptr<Classifier>> take(const ComputeSlots& slots) {
    if (auto waiting = idle.take(nullptr, slots.count())) return waiting;
    KITE_TRY_ASSIGN(Classifier made, first->share({.threads = slots.count()}));
    return std::make_shared<Classifier>(std::move(made));
  }
  void give(const ComputeSlots& slots, std::shared_ptr<Classifier> classifier) {
    idle.give(nullptr, slots.count(), std::move(classifier), static_cast<std::size_t>(compute_limit()));
  }
  // Of pictures that fit into one run; one answer for each.
  std::vector<Result<Classification>> answer(const ComputeSlots& slots, std::span<const Picture> pictures, int k);

  const std::shared_ptr<Classifier> first;  // also for what is the same in all of them
  const SessionOptions options;
  IdleList<Classifier> idle;
};

std::vector<Result<Classification>> ClassifierPool::State::answer(const ComputeSlots& slots,
                                                                  std::span<const Picture> pictures, int k) {
  auto classifier = take(slots);
  if (!classifier.ok()) return std::vector<Result<Classification>>(pictures.size(), classifier.error());
  auto answers = (*classifier)->classify_batch(pictures, k);
  give(slots, *std::move(classifier));
  return answers;
}

namespace {

// The slots of one call while a model opens.
ClassifierOptions opening_options(const ClassifierOptions& options, const ComputeSlots& slots) {
  ClassifierOptions opening = options;
  if (opening.model.threads == 0 || opening.model.threads > slots.count()) opening.model.threads = slots.count();
  opening.model.copy_files = true;
  opening.session.threads = slots.count();
  opening.model.trace = nullptr;  // one trace of many calls at a time would show nothing
  return opening;
}

Error stopped(const Picture& picture) {
  const auto* path = std::get_if<std::string>(&picture);
  return {ErrorCode::kInterrupted, "stopped before this picture", path == nullptr ? std::string() : *path, {}};
}

}  // namespace

ClassifierPool::ClassifierPool(std::shared_ptr<State> state) : state_(std::move(state)) {}

Result<ClassifierPool> ClassifierPool::open(const std::string& path, const ClassifierOptions& options) {
  KITE_TRY(check_stated_threads(options.session));
  const ComputeSlots slots = ComputeSlots::take(most_threads(options.session));
  KITE_TRY_ASSIGN(Classifier first, Classifier::open(path, opening_options(options, slots)));
  return ClassifierPool(std::make_shared<State>(std::move(first), options.session));
}

Result<ClassifierPool> ClassifierPool::open(std::span<const std::byte> bytes, const ClassifierOptions& options) {
  KITE_TRY(check_stated_threads(options.session));
  const ComputeSlots slots = ComputeSlots::take(most_threads(options.session));
  KITE_TRY_ASSIGN(Classifier first, Classifier::open(bytes, opening_options(options, slots)));
  return ClassifierPool(std::make_shared<State>(std::move(first), options.session));
}

Result<Classification> ClassifierPool::classify(const Picture& picture, int k) const {
  const ComputeSlots slots = ComputeSlots::take(threads());
  return std::move(state_->answer(slots, {&picture, 1}, k).front());
}

std::vector<Result<Classification>> ClassifierPool::classify_all(std::span<const Picture> pictures, int k,
                                                                 const std::function<bool()>& stop) const {
  const auto batch = static_cast<std::size_t>(state_->first->batch());
  const std::size_t groups = (pictures.size() + batch - 1) / batch;
  const int most = threads();
  const int slots_of_one = groups == 1 ? most : 1;
  const std::thread::id caller = std::this_thread::get_id();
  std::atomic<bool> is_stopped{false};
  // What `stop` throws comes out of parallel_for(), after the groups that have begun.
  const auto stops = [&] {
    if (!stop || is_stopped || std::this_thread::get_id() != caller) return is_stopped.load();
    try {
      if (stop()) is_stopped = true;
    } catch (...) {
      is_stopped = true;
      throw;
    }
    return is_stopped.load();
  };
  std::vector<std::optional<Result<Classification>>> answers(pictures.size());
  const auto answer_group = [&](std::size_t group) {
    const std::size_t begin = group * batch;
    const auto own = pictures.subspan(begin, std::min(batch, pictures.size() - begin));
    if (stops()) return;
    const ComputeSlots slots = stop ? ComputeSlots::take(slots_of_one, stops) : ComputeSlots::take(slots_of_one);
    if (slots.count() == 0) return;
    auto answered = state_->answer(slots, own, k);
    std::ranges::move(answered, answers.begin() + static_cast<std::ptrdiff_t>(begin));
  };
  if (groups > 0) parallel_for(groups, most, answer_group);
  std::vector<Result<Classification>> all;
  all.reserve(pictures.size());
  for (std::size_t i = 0; i < pictures.size(); ++i) {
    all.push_back(answers[i] ? *std::move(answers[i]) : Result<Classification>(stopped(pictures[i])));
  }
  return all;
}

Result<Tensor> ClassifierPool::input_tensor(const Picture& picture) const {
  const ComputeSlots slots = ComputeSlots::take(1);
  return state_->first->input_tensor(picture);
}

const Classifier& ClassifierPool::classifier() const noexcept { return *state_->first; }
int ClassifierPool::threads() const noexcept { return most_threads(state_->options); }

}  // namespace kite

// SPDX-License-Identifier: Apache-2.0
// The public Session over the runtime's.
#include "paperkite/session.h"

#include <utility>

#include "api/internals.h"
#include "base/cpu.h"
#include "paperkite/try.h"

namespace kite {

namespace {
// More threads than any machine that this is for; a typing error must not start a million.
constexpr int kMaxThreads = 1024;
}  // namespace

Result<Session> Session::create(const Model& model, const SessionOptions& options) {
  if (options.threads < 0 || options.threads > kMaxThreads) {
    return Error{ErrorCode::kUsage,
                 std::to_string(options.threads) + " threads",
                 {},
                 "use 1 to " + std::to_string(kMaxThreads) + ", or 0 for the machine's own number"};
  }
  const int threads = options.threads == 0 ? default_thread_count() : options.threads;
  KITE_TRY_ASSIGN(auto session, PlanSession::create(Internals::plan(model), threads));
  return Session(std::move(session));
}

Session::Session(std::unique_ptr<PlanSession> session) : session_(std::move(session)) {}
Session::Session(Session&&) noexcept = default;
Session& Session::operator=(Session&&) noexcept = default;
Session::~Session() = default;

Status Session::run(std::span<const TensorView> inputs) { return session_->run(inputs); }
Status Session::run(std::span<const TensorView> inputs,
                    const std::function<void(std::size_t, std::uint64_t)>& on_step) {
  const auto observe = [](void* context, std::size_t step, std::uint64_t duration_ns) {
    (*static_cast<const std::function<void(std::size_t, std::uint64_t)>*>(context))(step, duration_ns);
  };
  return session_->run_profiled(inputs, observe, const_cast<void*>(static_cast<const void*>(&on_step)));
}
TensorView Session::output(std::size_t index) const { return session_->output(index); }
int Session::threads() const noexcept { return session_->threads(); }

}  // namespace kite

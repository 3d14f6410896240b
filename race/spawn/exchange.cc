// SPDX-License-Identifier: Apache-2.0
// sendmsg, poll and recv, with every size checked.
#include "race/spawn/exchange.h"

#include <fmt/format.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "race/spawn/helper/clock.h"

namespace kite::race {
namespace {

// Time in addition to the child's limit and grace, for killing it, ending its descendants and reading events.
constexpr std::int64_t kHelperSlackNs = 30'000'000'000;
// How often a cancellation is checked; a signal to this thread is noticed at once.
constexpr int kCancelPollMs = 200;
constexpr std::int64_t kLongestNs = std::int64_t{7} * 24 * 3600 * 1'000'000'000;

bool send_all(int socket, const char* from, std::size_t count) {
  while (count > 0) {
    const ssize_t put = send(socket, from, count, MSG_NOSIGNAL);
    if (put < 0 && errno == EINTR) continue;
    if (put <= 0) return false;
    from += put;
    count -= static_cast<std::size_t>(put);
  }
  return true;
}

constexpr std::size_t kMostDescriptors = 4;

bool send_head(int socket, const wire::RequestHead& head, std::span<const int> descriptors) {
  alignas(cmsghdr) char control[CMSG_SPACE(kMostDescriptors * sizeof(int))] = {};
  wire::RequestHead copy = head;
  iovec part{&copy, sizeof copy};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control;
  message.msg_controllen = CMSG_SPACE(descriptors.size_bytes());
  cmsghdr* attached = CMSG_FIRSTHDR(&message);
  attached->cmsg_level = SOL_SOCKET;
  attached->cmsg_type = SCM_RIGHTS;
  attached->cmsg_len = CMSG_LEN(descriptors.size_bytes());
  std::memcpy(CMSG_DATA(attached), descriptors.data(), descriptors.size_bytes());
  ssize_t put;
  do {
    put = sendmsg(socket, &message, MSG_NOSIGNAL);
  } while (put < 0 && errno == EINTR);
  if (put <= 0) return false;
  const std::size_t sent = static_cast<std::size_t>(put);
  return send_all(socket, reinterpret_cast<const char*>(&copy) + sent, sizeof copy - sent);
}

Error usage(std::string what, std::string remedy = {}) {
  return Error{ErrorCode::kUsage, std::move(what), "a command to be measured", std::move(remedy)};
}

wire::StreamLimit stream_limit(const OutputLimit& limit) {
  return {limit.keep_bytes / 2 * 2, std::max(limit.keep_bytes, limit.kill_bytes)};
}

std::string read_range(int descriptor, std::uint64_t offset, std::uint64_t count) {
  std::string text(count, '\0');
  std::size_t used = 0;
  while (used < text.size()) {
    const ssize_t got = pread(descriptor, text.data() + used, text.size() - used, static_cast<off_t>(offset + used));
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) break;
    used += static_cast<std::size_t>(got);
  }
  text.resize(used);
  return text;
}

ExchangeEnd receive(int socket, std::int64_t deadline, const std::atomic<bool>* cancelled, void* to,
                    std::size_t count) {
  std::size_t have = 0;
  while (have < count) {
    if (cancelled != nullptr && cancelled->load()) return ExchangeEnd::kCancelled;
    const std::int64_t left_ms = (deadline - monotonic_ns()) / 1'000'000 + 1;
    if (left_ms <= 0) return ExchangeEnd::kHelperStuck;
    const int wait_ms =
        static_cast<int>(std::min<std::int64_t>(left_ms, cancelled != nullptr ? kCancelPollMs : 1'000'000));
    pollfd slot{socket, POLLIN, 0};
    const int ready = poll(&slot, 1, wait_ms);
    if (ready < 0 && errno != EINTR) return ExchangeEnd::kHelperGone;
    if (ready <= 0) continue;
    const ssize_t got = recv(socket, static_cast<char*>(to) + have, count - have, 0);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return ExchangeEnd::kHelperGone;
    have += static_cast<std::size_t>(got);
  }
  return ExchangeEnd::kReply;
}

bool is_sane(const wire::Reply& reply) {
  return reply.magic == wire::kReplyMagic && reply.leak_count >= 0 && reply.failed_stage <= wire::Stage::kExec &&
         reply.cut <= wire::Cut::kOutput && reply.end_ns >= reply.begin_ns;
}

}  // namespace

Result<EncodedRequest> encode(const SpawnRequest& request, const std::string& program,
                              const std::vector<std::string>& environment) {
  if (request.argv.empty() || request.argv[0].empty()) return usage("the command is empty");
  if (request.timeout_ns <= 0 || request.timeout_ns > kLongestNs || request.termination_grace_ns < 0 ||
      request.termination_grace_ns > kLongestNs) {
    return usage(fmt::format("a time limit of {} s", static_cast<double>(request.timeout_ns) * 1e-9),
                 "give one between 0 and a week");
  }
  EncodedRequest encoded;
  std::vector<const std::string*> strings = {&request.working_folder, &program};
  for (const std::string& argument : request.argv) strings.push_back(&argument);
  for (const std::string& entry : environment) strings.push_back(&entry);
  std::size_t bytes = 0;
  for (const std::string* text : strings) {
    if (text->find('\0') != std::string::npos) return usage("an argument or variable with a zero byte in it");
    bytes += text->size() + 1;
  }
  if (request.argv.size() + environment.size() > wire::kMaxStrings || bytes > wire::kMaxBlobBytes) {
    return usage(fmt::format("{} arguments and variables of {} bytes; {} of {} bytes are the limit",
                             request.argv.size() + environment.size(), bytes, wire::kMaxStrings, wire::kMaxBlobBytes),
                 "pass long lists in a file");
  }
  encoded.blob.reserve(bytes);
  for (const std::string* text : strings) encoded.blob.append(text->c_str(), text->size() + 1);
  wire::RequestHead& head = encoded.head;
  head.blob_bytes = static_cast<std::uint32_t>(bytes);
  head.argument_count = static_cast<std::uint32_t>(request.argv.size());
  head.variable_count = static_cast<std::uint32_t>(environment.size());
  head.trace_exit = request.trace_exit;
  head.count_events = request.count_events;
  for (const int cpu : request.cpus) {
    if (cpu < 0 || cpu >= wire::kMaxCpus) return usage(fmt::format("there is no processor {}", cpu));
    head.cpus[cpu / 64] |= std::uint64_t{1} << (cpu % 64);
  }
  head.timeout_ns = request.timeout_ns;
  head.termination_grace_ns = request.termination_grace_ns;
  head.standard_output = stream_limit(request.standard_output);
  head.standard_error = stream_limit(request.standard_error);
  head.file_size_limit_bytes = request.file_size_limit_bytes;
  return encoded;
}

bool send_request(int socket, const EncodedRequest& request, std::span<const int> descriptors) {
  return descriptors.size() <= kMostDescriptors && send_head(socket, request.head, descriptors) &&
         send_all(socket, request.blob.data(), request.blob.size());
}

ExchangeEnd receive_started(int socket, const std::atomic<bool>* cancelled, wire::Started& started) {
  const ExchangeEnd end = receive(socket, monotonic_ns() + kHelperSlackNs, cancelled, &started, sizeof started);
  return end == ExchangeEnd::kReply && started.magic != wire::kStartedMagic ? ExchangeEnd::kHelperGone : end;
}

ExchangeEnd receive_reply(int socket, const EncodedRequest& request, const std::atomic<bool>* cancelled,
                          wire::Reply& reply) {
  const std::int64_t deadline =
      monotonic_ns() + request.head.timeout_ns + request.head.termination_grace_ns + kHelperSlackNs;
  const ExchangeEnd end = receive(socket, deadline, cancelled, &reply, sizeof reply);
  return end == ExchangeEnd::kReply && !is_sane(reply) ? ExchangeEnd::kHelperGone : end;
}

std::string read_kept(int descriptor, const wire::StreamLimit& limit, const wire::StreamReply& stream) {
  const std::uint64_t total = stream.total_bytes;
  if (total <= limit.keep_bytes) return read_range(descriptor, 0, total);
  const std::uint64_t half = limit.keep_bytes / 2;
  const std::uint64_t oldest = half == 0 ? 0 : (total - half) % half;  // the next byte of the ring to be overwritten
  return read_range(descriptor, 0, half) + fmt::format("\n[... {} bytes left out ...]\n", total - limit.keep_bytes) +
         read_range(descriptor, half + oldest, half - oldest) + read_range(descriptor, half, oldest);
}

}  // namespace kite::race

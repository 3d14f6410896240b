// SPDX-License-Identifier: Apache-2.0
// The runner's side of helper/wire.h: a request into bytes, over the socket, and the reply back.
#pragma once

#include <string>
#include <vector>

#include "race/spawn/helper/wire.h"
#include "race/spawn/spawner.h"

namespace kite::race {

struct EncodedRequest {
  wire::RequestHead head;
  std::string blob;
};

// An Error where the request cannot be carried out as asked: no command, too long, a zero byte, no time.
Result<EncodedRequest> encode(const SpawnRequest& request, const std::string& program,
                              const std::vector<std::string>& environment);

enum class ExchangeEnd : std::uint8_t { kReply, kHelperGone, kHelperStuck, kCancelled };

// keep_output, keep_error: files that the helper writes the child's output into. Sleeps until the reply is there.
ExchangeEnd exchange(int socket, const EncodedRequest& request, int keep_output, int keep_error,
                     const std::atomic<bool>* cancelled, wire::Reply& reply);

// What was kept of a stream, with a line in the middle that says how much was left out.
std::string read_kept(int descriptor, const wire::StreamLimit& limit, const wire::StreamReply& stream);

}  // namespace kite::race

// SPDX-License-Identifier: Apache-2.0
// Sessions of paperkite.h over a SessionPool.
#include <algorithm>
#include <span>
#include <vector>

#include "c/boundary.h"
#include "c/open_options.h"
#include "c/tensor_handle.h"

namespace kite {

namespace {

// Names and symbols of a Port are views, which need not end in a zero byte.
std::vector<paperkite_port> port_handles(std::span<const Port> ports) {
  std::vector<paperkite_port> handles;
  for (const Port& port : ports) {
    paperkite_port& handle = handles.emplace_back();
    handle.name = port.name;
    handle.dtype = dtype_number(port.type.dtype);
    for (const Dimension& dim : port.dims) {
      handle.dims.push_back(dim.size.value_or(-1));
      handle.symbols.emplace_back(dim.symbol);
    }
  }
  return handles;
}

std::unique_ptr<paperkite_session> session_handle(SessionPool pool) {
  auto inputs = port_handles(pool.inputs());
  auto outputs = port_handles(pool.outputs());
  return std::make_unique<paperkite_session>(paperkite_session{std::move(pool), std::move(inputs), std::move(outputs)});
}

const paperkite_port* port_at(const std::vector<paperkite_port>& ports, std::size_t place) noexcept {
  return place < ports.size() ? &ports[place] : nullptr;
}

constexpr const char* kRun = "paperkite_session_run";

Result<std::vector<std::size_t>> places_of(const paperkite_session& session, const std::size_t* wanted,
                                           std::size_t count) {
  const std::size_t most = session.outputs.size();
  if (wanted == nullptr) {
    if (count == most) return std::vector<std::size_t>();
    return Error{ErrorCode::kUsage, "room for " + std::to_string(count) + " outputs, and none is named", kRun,
                 "the model has " + std::to_string(most)};
  }
  std::vector<std::size_t> places(wanted, wanted + count);
  for (const std::size_t place : places) {
    if (place < most) continue;
    return Error{ErrorCode::kUsage, "there is no output " + std::to_string(place), kRun,
                 "the model has " + std::to_string(most) + ", the first one is 0"};
  }
  return places;
}

Status run(const paperkite_session& session, std::span<const paperkite_tensor* const> inputs, const std::size_t* wanted,
           std::span<paperkite_tensor*> outputs) {
  if (wanted != nullptr && outputs.empty()) return {};  // nothing is asked for
  std::vector<TensorView> views;
  views.reserve(inputs.size());
  for (const paperkite_tensor* input : inputs) {
    if (input == nullptr) {
      return Error{ErrorCode::kUsage, "input " + std::to_string(views.size()) + " is a null pointer", kRun, {}};
    }
    views.push_back(input->view);
  }
  KITE_TRY_ASSIGN(const std::vector<std::size_t> places, places_of(session, wanted, outputs.size()));
  KITE_TRY_ASSIGN(std::vector<Tensor> computed, session.pool.run(views, places));
  std::vector<std::unique_ptr<paperkite_tensor>> handles;
  for (Tensor& tensor : computed) handles.push_back(tensor_handle(std::move(tensor)));
  std::ranges::transform(handles, outputs.begin(), [](auto& handle) { return handle.release(); });
  return {};
}

using NewSession = Result<std::unique_ptr<paperkite_session>>;

}  // namespace

}  // namespace kite

extern "C" {

paperkite_error* paperkite_session_open(const char* path, const paperkite_options* options,
                                        paperkite_session** session) {
  constexpr const char* kFunction = "paperkite_session_open";
  return kite::guarded_into(kFunction, session, [&]() -> kite::NewSession {
    KITE_TRY(kite::check_path(path, kFunction));
    KITE_TRY_ASSIGN(const kite::SessionPoolOptions chosen, kite::session_options(options, kFunction));
    KITE_TRY_ASSIGN(kite::SessionPool pool, kite::SessionPool::open(std::string(path), chosen));
    return kite::session_handle(std::move(pool));
  });
}

paperkite_error* paperkite_session_open_bytes(const void* bytes, std::size_t size, const paperkite_options* options,
                                              paperkite_session** session) {
  constexpr const char* kFunction = "paperkite_session_open_bytes";
  return kite::guarded_into(kFunction, session, [&]() -> kite::NewSession {
    KITE_TRY(kite::check_bytes(bytes, size, kFunction));
    KITE_TRY_ASSIGN(const kite::SessionPoolOptions chosen, kite::session_options(options, kFunction));
    const std::span model(static_cast<const std::byte*>(bytes), size);
    KITE_TRY_ASSIGN(kite::SessionPool pool, kite::SessionPool::open(model, chosen));
    return kite::session_handle(std::move(pool));
  });
}

void paperkite_session_free(paperkite_session* session) { delete session; }

std::int32_t paperkite_session_threads(const paperkite_session* session) {
  return session == nullptr ? 0 : session->pool.threads();
}

const char* paperkite_session_metadata(const paperkite_session* session, const char* key) {
  if (session == nullptr || key == nullptr) return nullptr;
  for (const auto& [name, value] : session->pool.metadata()) {
    if (name == key) return value.c_str();
  }
  return nullptr;
}

std::size_t paperkite_session_notice_count(const paperkite_session* session) {
  return session == nullptr ? 0 : session->pool.warnings().size();
}

const char* paperkite_session_notice(const paperkite_session* session, std::size_t place) {
  return session == nullptr ? "" : kite::string_at(session->pool.warnings(), place);
}

std::size_t paperkite_session_input_count(const paperkite_session* session) {
  return session == nullptr ? 0 : session->inputs.size();
}

std::size_t paperkite_session_output_count(const paperkite_session* session) {
  return session == nullptr ? 0 : session->outputs.size();
}

const paperkite_port* paperkite_session_input(const paperkite_session* session, std::size_t place) {
  return session == nullptr ? nullptr : kite::port_at(session->inputs, place);
}

const paperkite_port* paperkite_session_output(const paperkite_session* session, std::size_t place) {
  return session == nullptr ? nullptr : kite::port_at(session->outputs, place);
}

const char* paperkite_port_name(const paperkite_port* port) { return port == nullptr ? "" : port->name.c_str(); }

std::int32_t paperkite_port_dtype(const paperkite_port* port) { return port == nullptr ? 0 : port->dtype; }

std::int32_t paperkite_port_rank(const paperkite_port* port) {
  return port == nullptr ? 0 : static_cast<std::int32_t>(port->dims.size());
}

std::int64_t paperkite_port_dim(const paperkite_port* port, std::int32_t axis) {
  const bool is_there = port != nullptr && axis >= 0 && axis < paperkite_port_rank(port);
  return is_there ? port->dims[static_cast<std::size_t>(axis)] : -1;
}

const char* paperkite_port_symbol(const paperkite_port* port, std::int32_t axis) {
  if (port == nullptr || axis < 0) return "";
  return kite::string_at(port->symbols, static_cast<std::size_t>(axis));
}

paperkite_error* paperkite_session_run(const paperkite_session* session, const paperkite_tensor* const* inputs,
                                       std::size_t input_count, const std::size_t* wanted, std::size_t output_count,
                                       paperkite_tensor** outputs) {
  if (outputs != nullptr) std::fill_n(outputs, output_count, nullptr);
  return kite::guarded([&]() -> kite::Status {
    KITE_TRY(kite::check_given(session, "session", kite::kRun));
    if (input_count > 0) KITE_TRY(kite::check_given(inputs, "list of inputs", kite::kRun));
    if (output_count > 0) KITE_TRY(kite::check_given(outputs, "list of outputs", kite::kRun));
    return kite::run(*session, {inputs, input_count}, wanted, {outputs, output_count});
  });
}

}  // extern "C"

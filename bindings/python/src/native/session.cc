// SPDX-License-Identifier: Apache-2.0
// kite::SessionPool as the base of paperkite.ort.InferenceSession: a call of run() is in Python for nothing but its
// rarer arguments.
#include "native/session.h"

#include <nanobind/stl/map.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include <algorithm>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "native/calls.h"
#include "native/failure.h"
#include "native/feed.h"
#include "native/value.h"
#include "paperkite/pool.h"

namespace kite::python {

namespace {

using namespace nb::literals;

// A size that the caller gave to a dimension which the model leaves open.
struct FixedDim {
  std::size_t input;
  int axis;
  std::int64_t size;
};

std::string bytes_text(nb::handle bytes) {
  const nb::bytes held = nb::cast<nb::bytes>(bytes);
  return {held.c_str(), held.size()};
}

nb::list port_list(std::span<const Port> ports, bool are_shapes_final = false) {
  nb::list all;
  for (const Port& port : ports) {
    nb::list dims;
    if (port.dims.empty()) {  // an output of which the model states no shape
      for (const std::int64_t size : port.type.shape.dims()) {
        if (are_shapes_final)
          dims.append(size);
        else
          dims.append(nb::none());
      }
    }
    for (const Dimension& dim : port.dims) {
      if (dim.size)
        dims.append(*dim.size);
      else if (dim.symbol.empty())
        dims.append(nb::none());
      else
        dims.append(text(dim.symbol));
    }
    all.append(nb::make_tuple(text(port.name), std::string(dtype_name(port.type.dtype)), dims));
  }
  return all;
}

bool is_open(const Port& port) {
  return std::ranges::any_of(port.dims, [](const Dimension& dim) { return !dim.size; });
}

class OrtSession {
 public:
  nb::object open(nb::bytes model, bool is_path, nb::dict texts, nb::list data_dirs, int threads, bool use_cache,
                  std::uint64_t memory_limit, const std::map<std::string, std::int64_t>& limits, int max_plans,
                  const std::map<std::string, std::vector<std::int64_t>>& shapes);
  nb::object fix_dimension(const std::string& symbol, std::int64_t size);
  nb::list run(nb::handle self, nb::handle output_names, nb::handle feed, nb::handle run_options) const;
  nb::list run_values(nb::handle self, nb::handle output_names, nb::handle feed, nb::handle run_options) const;

  // Raises where open() has not succeeded.
  const SessionPool& pool() const;

 private:
  std::vector<std::size_t> wanted(nb::handle output_names) const;
  bool fill(Feed& feed, nb::handle given) const;
  void raise_missing(const std::vector<nb::object>& missing) const;
  void check_fixed(const Feed& feed) const;
  // nullopt: the feed has values for inputs with a default, which are not this session's.
  std::optional<std::vector<Tensor>> compute(nb::handle output_names, nb::handle given, nb::handle run_options) const;

  std::optional<SessionPool> pool_;
  std::vector<nb::object> input_names_;
  nb::object output_places_;  // a dict: name -> place
  nb::object defaults_;       // a set of names
  std::vector<FixedDim> fixed_;
};

const SessionPool& OrtSession::pool() const {
  if (!pool_) raise({ErrorCode::kUsage, "the session was not opened", {}, "call InferenceSession.__init__()"}, "use");
  return *pool_;
}

nb::object OrtSession::open(nb::bytes model, bool is_path, nb::dict texts, nb::list data_dirs, int threads,
                            bool use_cache, std::uint64_t memory_limit,
                            const std::map<std::string, std::int64_t>& limits, int max_plans,
                            const std::map<std::string, std::vector<std::int64_t>>& shapes) {
  SessionPoolOptions options;
  options.session.threads = threads;
  options.model.use_cache = use_cache;
  options.max_plans = max_plans;
  if (memory_limit != 0) options.model.memory_limit_bytes = memory_limit;
  options.model.limits.insert(limits.begin(), limits.end());
  if (texts.contains("isa")) options.model.isa = bytes_text(texts["isa"]);
  if (texts.contains("cache_dir")) options.model.cache_dir = bytes_text(texts["cache_dir"]);
  for (const nb::handle folder : data_dirs) options.model.meaning.data_dirs.push_back(bytes_text(folder));
  for (const auto& [name, dims] : shapes) {
    const auto shape = Shape::make(dims);
    if (!shape.ok()) return failure(Error(shape.error()).in("input " + name));
    options.model.input_shapes.emplace(name, *shape);
  }
  std::optional<Result<SessionPool>> opened;
  {
    const RunningCall call;
    if (!call) return ending_failure();
    without_lock([&] {
      const std::span content{static_cast<const std::byte*>(model.data()), model.size()};
      opened.emplace(is_path ? SessionPool::open(std::string(model.c_str(), model.size()), options)
                             : SessionPool::open(content, options));
    });
  }
  if (!opened->ok()) return failure(std::move(*opened).error());
  pool_.emplace(std::move(*opened).value());
  input_names_.clear();
  for (const Port& port : pool_->inputs()) input_names_.push_back(text(port.name));
  nb::dict places;
  for (std::size_t i = 0; i < pool_->outputs().size(); ++i) places[text(pool_->outputs()[i].name)] = i;
  output_places_ = std::move(places);
  nb::set defaults;
  for (const Port& port : pool_->inputs_with_default()) defaults.add(text(port.name));
  defaults_ = std::move(defaults);
  fixed_.clear();
  return nb::none();
}

// Whether the model has a dimension of this name; from now on its size is that one.
nb::object OrtSession::fix_dimension(const std::string& symbol, std::int64_t size) {
  bool is_found = false;
  const std::span<const Port> inputs = pool().inputs();
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    for (std::size_t axis = 0; axis < inputs[i].dims.size(); ++axis) {
      const Dimension& dim = inputs[i].dims[axis];
      if (dim.size || dim.symbol != symbol) continue;
      is_found = true;
      fixed_.push_back({i, static_cast<int>(axis), size});
    }
  }
  return nb::bool_(is_found);
}

std::vector<std::size_t> OrtSession::wanted(nb::handle output_names) const {
  std::vector<std::size_t> places;
  if (output_names.is_none()) return places;
  if (PyUnicode_Check(output_names.ptr()) != 0 || PyBytes_Check(output_names.ptr()) != 0) {
    raise({ErrorCode::kUsage, "output_names is one name", {}, "pass a list of names, or None for all outputs"}, "type");
  }
  const auto add = [&](nb::handle name) {
    if (PyUnicode_Check(name.ptr()) == 0) {
      raise({ErrorCode::kUsage, "a name among output_names is no str", {}, "pass a list of names"}, "type");
    }
    PyObject* const place = PyDict_GetItemWithError(output_places_.ptr(), name.ptr());
    if (place == nullptr) {
      if (PyErr_Occurred() != nullptr) throw nb::python_error();
      raise({ErrorCode::kUsage,
             "the model has no output \"" + printed(name) + '"',
             {},
             "its outputs are " + printed(nb::list(output_places_))},
            "name");
    }
    places.push_back(PyLong_AsSize_t(place));
  };
  const nb::object names = nb::steal(PyObject_GetIter(output_names.ptr()));
  if (!names.is_valid()) {
    PyErr_Clear();
    raise({ErrorCode::kUsage, "output_names is no list", {}, "pass a list of names, or None for all outputs"}, "type");
  }
  while (true) {
    const nb::object name = nb::steal(PyIter_Next(names.ptr()));
    if (!name.is_valid()) break;
    add(name);
  }
  if (PyErr_Occurred() != nullptr) throw nb::python_error();
  return places;
}

void OrtSession::raise_missing(const std::vector<nb::object>& missing) const {
  nb::list lacking;
  nb::list all;
  for (const nb::object& name : missing) lacking.append(name);
  for (const nb::object& name : input_names_) all.append(name);
  raise({ErrorCode::kInvalidInput, "the feed lacks " + printed(lacking), {}, "the inputs are " + printed(all)},
        "missing");
}

// False where values are given for inputs with a default.
bool OrtSession::fill(Feed& feed, nb::handle given) const {
  std::vector<nb::object> missing;
  for (std::size_t i = 0; i < input_names_.size(); ++i) {
    PyObject* const value = PyDict_GetItemWithError(given.ptr(), input_names_[i].ptr());
    if (value == nullptr) {
      if (PyErr_Occurred() != nullptr) throw nb::python_error();
      missing.push_back(input_names_[i]);
    } else if (missing.empty()) {
      // The dict may lose it to another thread while the value is looked at.
      feed.add(nb::borrow(value), pool_->inputs()[i]);
    }
  }
  if (!missing.empty()) raise_missing(missing);
  if (PyDict_Size(given.ptr()) == static_cast<Py_ssize_t>(input_names_.size())) return true;
  bool has_default = false;
  for (const nb::handle name : nb::list(given)) {
    if (PyUnicode_Check(name.ptr()) == 0) {
      raise({ErrorCode::kUsage, "a name in the feed is no str", {}, "pass a dict of names and arrays"}, "type");
    }
    bool is_known = false;
    for (const nb::object& input : input_names_) is_known = is_known || input.equal(name);
    if (is_known) continue;
    has_default = nb::cast<nb::set>(defaults_).contains(name);
    if (has_default) continue;
    raise({ErrorCode::kInvalidInput, "the model has no input \"" + printed(name) + '"', {}, "leave it out of the feed"},
          "feed");
  }
  return !has_default;
}

void OrtSession::check_fixed(const Feed& feed) const {
  for (const FixedDim& fixed : fixed_) {
    const TensorType& found = feed.views()[fixed.input].type;
    if (fixed.axis < found.shape.rank() && found.shape[fixed.axis] == fixed.size) continue;
    raise({ErrorCode::kInvalidInput,
           "dimension " + std::to_string(fixed.axis) + " was set to " + std::to_string(fixed.size) +
               " by add_free_dimension_override_by_name(), found " + found.shape.to_string(),
           "input \"" + std::string(pool_->inputs()[fixed.input].name) + '"',
           {}},
          "feed");
  }
}

bool is_terminated(nb::handle run_options) {
  if (run_options.is_none()) return false;
  const nb::object flag = nb::getattr(run_options, "terminate", nb::none());
  if (flag.is_none())
    raise({ErrorCode::kUsage, "run_options are no RunOptions", {}, "pass RunOptions or None"}, "type");
  return nb::cast<bool>(flag);
}

Error terminated() { return {ErrorCode::kInterrupted, "RunOptions.terminate is set", {}, {}}; }

std::optional<std::vector<Tensor>> OrtSession::compute(nb::handle output_names, nb::handle given,
                                                       nb::handle run_options) const {
  const SessionPool& pool = this->pool();
  nb::object dict = nb::borrow(given);
  if (PyDict_Check(given.ptr()) == 0) {
    if (!nb::hasattr(given, "keys")) {
      raise({ErrorCode::kUsage, "the feed is no dict", {}, "pass a dict of names and arrays"}, "type");
    }
    dict = nb::dict();
    if (PyDict_Update(dict.ptr(), given.ptr()) != 0) throw nb::python_error();
  }
  const std::vector<std::size_t> places = wanted(output_names);
  Feed feed(pool.inputs().size());
  if (!fill(feed, dict)) return std::nullopt;
  if (!fixed_.empty()) check_fixed(feed);
  if (is_terminated(run_options)) raise(terminated(), "run");
  std::optional<Result<std::vector<Tensor>>> outputs;
  {
    const RunningCall call;
    if (!call) raise({ErrorCode::kUsage, "the Python interpreter is ending, and no call can begin", {}, {}}, "run");
    without_lock([&] { outputs.emplace(pool.run(feed.views(), places)); });
  }
  if (!outputs->ok()) raise(std::move(*outputs).error(), "run");
  if (is_terminated(run_options)) raise(terminated(), "run");
  return std::move(*outputs).value();
}

nb::list OrtSession::run(nb::handle self, nb::handle output_names, nb::handle feed, nb::handle run_options) const {
  auto outputs = compute(output_names, feed, run_options);
  if (!outputs) return nb::cast<nb::list>(self.attr("_run_with_defaults")(output_names, feed, run_options, false));
  nb::list arrays;
  for (Tensor& tensor : *outputs) {
    if (!has_numpy_type(tensor.dtype())) {
      raise({ErrorCode::kInvalidInput,
             "numpy has no type for an output of " + std::string(dtype_name(tensor.dtype())),
             {},
             "call run_with_ort_values()"},
            "value");
    }
    arrays.append(numpy_array(Value(std::move(tensor))));
  }
  return arrays;
}

nb::list OrtSession::run_values(nb::handle self, nb::handle output_names, nb::handle feed,
                                nb::handle run_options) const {
  auto outputs = compute(output_names, feed, run_options);
  if (!outputs) return nb::cast<nb::list>(self.attr("_run_with_defaults")(output_names, feed, run_options, true));
  nb::list values;
  for (Tensor& tensor : *outputs) values.append(nb::cast(Value(std::move(tensor))));
  return values;
}

nb::list output_list(const OrtSession& session) {
  const SessionPool& pool = session.pool();
  return port_list(pool.outputs(), std::ranges::none_of(pool.inputs(), is_open));
}

nb::dict about(const OrtSession& session) {
  const ModelAbout& stated = session.pool().about();
  nb::dict all;
  all["producer_name"] = text(stated.producer_name);
  all["graph_name"] = text(stated.graph_name);
  all["domain"] = text(stated.domain);
  all["description"] = text(stated.description);
  all["graph_description"] = text(stated.graph_description);
  all["version"] = stated.version;
  nb::dict metadata;
  for (const auto& [key, value] : session.pool().metadata()) metadata[text(key)] = text(value);
  all["custom_metadata_map"] = metadata;
  return all;
}

nb::list warnings(const OrtSession& session) {
  nb::list all;
  for (const std::string& each : session.pool().warnings()) all.append(text(each));
  return all;
}

}  // namespace

void bind_session(nb::module_& module) {
  constexpr const char* kPorts = "list[tuple[str, str, list[int | str | None]]]";
  const auto ports = [&](const char* name) { return std::string("def ") + name + "(self) -> " + kPorts; };
  nb::class_<OrtSession>(module, "Session")
      .def(nb::init<>())
      .def("_open", &OrtSession::open, "model"_a, "is_path"_a, "texts"_a, "data_dirs"_a, "threads"_a, "use_cache"_a,
           "memory_limit"_a, "limits"_a, "max_plans"_a, "shapes"_a,
           nb::sig("def _open(self, model: bytes, is_path: bool, texts: dict[str, bytes], data_dirs: list[bytes], "
                   "threads: int, use_cache: bool, memory_limit: int, limits: dict[str, int], max_plans: int, shapes: "
                   "dict[str, list[int]]) "
                   "-> Failure | None"))
      .def("_fix_dimension", &OrtSession::fix_dimension, "symbol"_a, "size"_a,
           nb::sig("def _fix_dimension(self, symbol: str, size: int) -> bool"))
      .def(
          "_inputs", [](const OrtSession& session) { return port_list(session.pool().inputs()); },
          nb::sig(ports("_inputs").c_str()))
      .def("_outputs", &output_list, nb::sig(ports("_outputs").c_str()))
      .def(
          "_defaults", [](const OrtSession& session) { return port_list(session.pool().inputs_with_default()); },
          nb::sig(ports("_defaults").c_str()))
      .def("_about", &about, nb::sig("def _about(self) -> dict[str, typing.Any]"))
      .def("_warnings", &warnings, nb::sig("def _warnings(self) -> list[str]"))
      .def(
          "_run_values",
          [](nb::handle self, nb::handle output_names, nb::handle feed, nb::handle run_options) {
            return nb::cast<const OrtSession&>(self).run_values(self, output_names, feed, run_options);
          },
          "output_names"_a.none(), "feed"_a, "run_options"_a.none(),
          nb::sig("def _run_values(self, output_names: typing.Sequence[str] | None, "
                  "feed: typing.Mapping[str, typing.Any], run_options: typing.Any) -> list[Value]"))
      .def(
          "run",
          [](nb::handle self, nb::handle output_names, nb::handle input_feed, nb::handle run_options) {
            return nb::cast<const OrtSession&>(self).run(self, output_names, input_feed, run_options);
          },
          "output_names"_a.none(), "input_feed"_a.none(), "run_options"_a.none() = nb::none(),
          nb::sig("def run(self, output_names: typing.Sequence[str] | None, "
                  "input_feed: typing.Mapping[str, typing.Any], run_options: typing.Any = None) -> list[typing.Any]"),
          "Computes the outputs that are named, or all of them: a numpy array for each, over memory of its own.");
}

}  // namespace kite::python

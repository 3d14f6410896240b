// SPDX-License-Identifier: Apache-2.0
// The walk of a 1x1 and a depthwise convolution in one step: one chunk of channels after the other, band of output rows
// by band, is expanded into scratch and filtered from there.
//
// Nothing is added up here: both halves are the functions that compute them alone, so neither the cut into bands and
// chunks nor the share touches the order of a sum. Rows that the next band reads, too, move to the front of the
// scratch; those that two shares read are expanded by both.
#include "kernels/conv/geometry.h"
#include "kernels/depthwise/rows_call.h"
#include "kernels/expand_depthwise/geometry.h"
#include "kernels/kernel.h"
#include "kernels/simd/rows_call.h"
#include "kernels/simd/target.inl"

namespace kite::KITE_TARGET {

// `count` floats to a place before them.
static void move_down(float* to, const float* from, std::int64_t count) {
  for (; count >= Vec::kLanes; count -= Vec::kLanes, from += Vec::kLanes, to += Vec::kLanes) store(to, load(from));
  if (count > 0) store_n(to, load_n(from, static_cast<int>(count)), static_cast<int>(count));
}

// One chunk of channels for output rows [rows.begin, rows.end) of a picture: `expand` and `filter` state the rest.
static void run_chunk(const ConvParams& d, Range rows, std::int64_t band_rows, float* scratch, const float* x,
                      RowsCall& expand, DepthwiseRowsCall& filter) {
  const std::int64_t x_row = d.in_w * expand.depth, row = filter.x_row;
  std::int64_t first = 0, next = 0;  // input rows [first, next) are in scratch
  for (std::int64_t at = rows.begin; at < rows.end;) {
    const std::int64_t band = rows.end - at < band_rows ? rows.end - at : band_rows;
    const RowsRead read = rows_read(d, at, band);
    if (next <= read.first) {
      next = read.first;
    } else if (read.first > first) {
      move_down(scratch, scratch + (read.first - first) * row, (next - read.first) * row);
    }
    first = read.first;
    if (next < read.last) {
      expand.x = x + next * x_row;
      expand.rows = (read.last - next) * d.in_w;
      expand.y = scratch + (next - first) * row - filter.channel;
      multiply_rows(expand);
      next = read.last;
    }
    filter.x = scratch - first * row - filter.channel;
    filter.first_row = at;
    filter.last_row = at + band;
    depthwise_rows(filter);
    at += band;
  }
}

// Shares: rows of output. Each reads and expands what it needs.
void expand_depthwise_f32(const KernelCall& call);
void expand_depthwise_f32(const KernelCall& call) {
  const auto& params = *static_cast<const ExpandDepthwiseParams*>(call.params);
  const ExpandDepthwiseWalk& walk = *static_cast<const ExpandDepthwiseWalk*>(call.prepared);
  const ConvParams& e = params.expand;
  const ConvParams& d = params.depthwise;
  const Range rows = share(static_cast<std::int64_t>(d.batch) * d.out_h, call.share, call.shares);
  const PanelCut cut = panel_cut(e.out_c, Vec::kLanes, kTuning);
  const std::int64_t x_picture = static_cast<std::int64_t>(e.in_h) * e.in_w * e.in_c;
  const std::int64_t y_picture = static_cast<std::int64_t>(d.out_h) * d.out_w * d.out_c;

  RowsCall expand = {};
  expand.w = static_cast<const float*>(call.in[1]);
  expand.epilogue = {static_cast<const float*>(call.in[2]), nullptr, e.activation};
  expand.depth = expand.x_stride = e.in_c;
  expand.columns = e.out_c;
  DepthwiseRowsCall filter = {};
  filter.params = &d;
  filter.w = static_cast<const float*>(call.in[3]);
  filter.bias = static_cast<const float*>(call.in[4]);
  for (std::int64_t at = rows.begin; at < rows.end;) {
    const std::int64_t picture = at / d.out_h, row = at - picture * d.out_h;
    const std::int64_t count = rows.end - at < d.out_h - row ? rows.end - at : d.out_h - row;
    const float* const x = static_cast<const float*>(call.in[0]) + picture * x_picture;
    filter.y = static_cast<float*>(call.out[0]) + picture * y_picture;
    for (std::int64_t panel = 0; panel < walk.panels; panel += walk.chunk_panels) {
      const std::int64_t end = panel + walk.chunk_panels < walk.panels ? panel + walk.chunk_panels : walk.panels;
      expand.first_panel = panel;
      expand.last_panel = end;
      filter.channel = panel_first_block(cut, panel) * Vec::kLanes;
      filter.end = panel_first_block(cut, end) * Vec::kLanes;
      if (filter.end > e.out_c) filter.end = e.out_c;
      expand.y_stride = filter.x_pixel = filter.end - filter.channel;
      filter.x_row = e.in_w * filter.x_pixel;
      run_chunk(d, {row, row + count}, walk.band_rows, static_cast<float*>(call.scratch), x, expand, filter);
    }
    at += count;
  }
}

}  // namespace kite::KITE_TARGET

#include "data_pipeline/statistics/histogram_plot.h"

#include <algorithm>
#include <vector>

#include <fmt/format.h>

#include "data_pipeline/statistics/canvas.h"
#include "data_pipeline/statistics/statistics_text.h"

namespace understudy {
namespace {

constexpr int kWidth = 900;
constexpr int kHeight = 560;
constexpr double kTop = 92;
constexpr double kBottom = 484;  // the axis of values
constexpr double kRight = 868;
constexpr double kNarrowest = 5;  // bins: fewer are shown with room beside them
constexpr Colour kInk{0.15, 0.15, 0.15};
constexpr Colour kGrid{0.88, 0.88, 0.88};
constexpr Colour kBar{0.36, 0.58, 0.80};
constexpr Colour kMark{0.75, 0.15, 0.10};

/// Values from `low` to `high` along a stretch of pixels from `begin` to `end`.
struct Axis {
  double low;
  double high;
  double begin;
  double end;

  double place(double value) const { return begin + (value - low) / (high - low) * (end - begin); }
};

/// A line one pixel wide is sharp between whole pixels.
double sharp(double place) {
  return static_cast<double>(static_cast<int>(place)) + 0.5;
}

Histogram axis_ticks(std::uint64_t most) {
  Tally ends;
  ends.add(0);
  ends.add(most);
  return histogram(ends, 6);
}

/// Bars of single values stand around them, others between their edges.
double shift_of(const Histogram& bins) {
  return bins.width == 1 ? -0.5 : 0.0;
}

Axis value_axis(const Histogram& bins, double left) {
  const double width = static_cast<double>(bins.width);
  double low = static_cast<double>(bins.first) + shift_of(bins);
  double high = low + width * static_cast<double>(bins.counts.size());
  const double room = std::max(0.0, kNarrowest * width - (high - low)) / 2;
  low = std::max(shift_of(bins), low - room);
  return {low, high + room, left, kRight};
}

/// Every how many units of value there is room for a label.
std::uint64_t label_step(Canvas& canvas, const Histogram& bins, const Axis& axis) {
  const double widest = canvas.text_width(grouped(bins.edge(bins.counts.size()))) + 14;
  std::uint64_t step = bins.width;
  while (axis.place(static_cast<double>(step)) - axis.place(0) < widest) step = next_round_width(step);
  return step;
}

void draw_count_axis(
    Canvas& canvas, const Distribution& distribution, const Histogram& ticks, const Axis& counts, double left) {
  for (std::size_t i = 0; i <= ticks.counts.size(); ++i) {
    const double y = sharp(counts.place(static_cast<double>(ticks.edge(i))));
    canvas.line(left, y, kRight, y, kGrid);
    canvas.text(left - 8, y + 4, grouped(ticks.edge(i)), {.anchor = Anchor::kRight});
  }
  canvas.upward_text(24, (kTop + kBottom) / 2, "number of " + distribution.counted);
}

void draw_bars(Canvas& canvas, const Histogram& bins, const Axis& values, const Axis& counts) {
  for (std::size_t bin = 0; bin < bins.counts.size(); ++bin) {
    const double left = values.place(static_cast<double>(bins.edge(bin)) + shift_of(bins));
    const double right = values.place(static_cast<double>(bins.edge(bin + 1)) + shift_of(bins));
    const double top = std::min(kBottom - 1, counts.place(static_cast<double>(bins.counts[bin])));
    if (bins.counts[bin] > 0) canvas.fill(left + 0.5, top, right - left - 1, kBottom - top, kBar);
  }
}

void draw_value_axis(Canvas& canvas, const Distribution& distribution, const Histogram& bins, const Axis& values) {
  const double baseline = sharp(kBottom);
  canvas.line(values.begin, baseline, kRight, baseline, kInk);
  const std::uint64_t step = label_step(canvas, bins, values);
  const auto first = static_cast<std::uint64_t>(std::max(0.0, values.low)) / step * step;
  for (std::uint64_t value = first; value < distribution.values.max() + step; value += step) {
    const double x = sharp(values.place(static_cast<double>(value)));
    if (x < values.begin || x > kRight + 1) continue;
    canvas.line(x, baseline, x, baseline + 6, kInk);
    const double half = canvas.text_width(grouped(value)) / 2;
    canvas.text(std::min(x, kWidth - 6 - half), baseline + 22, grouped(value), {.anchor = Anchor::kCentre});
  }
  canvas.text((values.begin + kRight) / 2, baseline + 50, distribution.unit, {.anchor = Anchor::kCentre});
}

void draw_median(Canvas& canvas, const Distribution& distribution, const Axis& values) {
  const std::uint64_t median = distribution.values.percentile(50);
  const double x = sharp(values.place(static_cast<double>(median)));
  canvas.line(x, kTop - 4, x, kBottom, kMark, true);
  const std::string label = "median " + grouped(median);
  const double half = canvas.text_width(label) / 2;
  canvas.text(std::clamp(x, values.begin + half, kRight - half),
              kTop - 10,
              label,
              {.anchor = Anchor::kCentre, .colour = kMark});
}

void draw_title(Canvas& canvas, const Distribution& distribution) {
  const Tally& values = distribution.values;
  canvas.text(24, 34, distribution.title, {.size = 20, .bold = true});
  const std::string numbers = fmt::format("{} {}: {} to {} {}, mean {}, 5 % to 95 %: {} to {}",
                                          grouped(values.count()),
                                          distribution.counted,
                                          grouped(values.min()),
                                          grouped(values.max()),
                                          distribution.unit,
                                          grouped_tenths(values.mean()),
                                          grouped(values.percentile(5)),
                                          grouped(values.percentile(95)));
  canvas.text(24, 56, numbers);
}

}  // namespace

Picture histogram_plot(const Distribution& distribution) {
  const Histogram bins = histogram(distribution.values, kPlotBins);
  const Histogram ticks = axis_ticks(*std::max_element(bins.counts.begin(), bins.counts.end()));
  Canvas canvas(kWidth, kHeight);
  const std::uint64_t highest = ticks.edge(ticks.counts.size());
  const double left = 52 + canvas.text_width(grouped(highest));
  const Axis counts{0, static_cast<double>(highest), kBottom, kTop};
  const Axis values = value_axis(bins, left);
  draw_count_axis(canvas, distribution, ticks, counts, left);
  draw_bars(canvas, bins, values, counts);
  draw_value_axis(canvas, distribution, bins, values);
  draw_median(canvas, distribution, values);
  draw_title(canvas, distribution);
  return canvas.picture();
}

}  // namespace understudy

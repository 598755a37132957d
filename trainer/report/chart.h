#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "trainer/preflight/run_length.h"
#include "trainer/report/curve.h"

namespace understudy {

/// A place on the axis of iterations.
struct ChartMark {
  Iteration at = 0;
  std::string what;
};

/// What all charts of a page share.
struct ChartFrame {
  Iteration end = 0;  ///< of the axis
  std::vector<PhaseSpan> phases;
  std::vector<ChartMark> marks;  ///< where starts went on after others
};

/// The mean of neighbouring values as a line over the span from their smallest to their greatest, broken where phases
/// change. Drawn as SVG that takes any width, with its texts beside it, so that they keep their size. HTML, as below.
std::string curve_chart(const std::string& name, const Curve& curve, const ChartFrame& frame);

/// Single values, each with its dot, one of them marked.
std::string dotted_chart(const std::string& name,
                         const std::vector<std::pair<Iteration, double>>& values,
                         std::optional<std::size_t> marked,
                         const ChartFrame& frame);

}  // namespace understudy

#include "trainer/report/chart.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include <fmt/format.h>

#include "trainer/report/axis.h"
#include "trainer/report/html_text.h"

namespace understudy {
namespace {

/// Share of the axis that a name takes, on the narrowest screen.
double room_for(const std::string& name) {
  return 0.02 + 0.022 * static_cast<double>(name.size());
}

/// The plane of a chart: 1000 units each way, y downwards, stretched to whatever room there is.
class Plane {
 public:
  Plane(const ChartFrame& frame, Axis values)
      : frame_(frame), iterations_(Axis::of_iterations(static_cast<double>(frame.end))), values_(std::move(values)) {}

  double x(double iteration) const { return 1000.0 * iterations_.place(iteration); }
  double y(double value) const { return 1000.0 - 1000.0 * values_.place(value); }

  /// Phases and grid, behind what is drawn.
  std::string background() const;
  /// The starts, over it.
  std::string marks() const;
  std::string phase_names() const;
  std::string value_labels() const;
  std::string iteration_labels() const;
  bool logarithmic() const { return values_.logarithmic(); }

 private:
  const ChartFrame& frame_;
  Axis iterations_;
  Axis values_;
};

std::string Plane::background() const {
  std::string svg;
  for (std::size_t i = 0; i < frame_.phases.size(); ++i) {
    const PhaseSpan& phase = frame_.phases[i];
    const double left = x(static_cast<double>(phase.first));
    svg += fmt::format(
        "<rect class=\"phase{}\" x=\"{:.1f}\" y=\"0\" width=\"{:.1f}\" height=\"1000\"><title>Phase {}: iterations {} "
        "to "
        "{}</title></rect>",
        i % 2,
        left,
        x(static_cast<double>(phase.end)) - left,
        escaped(phase.name),
        count_text(phase.first),
        count_text(phase.end));
  }
  for (const double tick : values_.ticks()) svg += fmt::format("<path class=\"grid\" d=\"M0 {0:.1f}H1000\"/>", y(tick));
  return svg;
}

std::string Plane::marks() const {
  std::string svg;
  for (const ChartMark& mark : frame_.marks)
    svg += fmt::format("<path class=\"start\" d=\"M{:.1f} 0V1000\"><title>{}</title></path>",
                       x(static_cast<double>(mark.at)),
                       escaped(mark.what));
  return svg;
}

std::string Plane::phase_names() const {
  std::string html;
  for (const PhaseSpan& phase : frame_.phases) {
    if (static_cast<double>(phase.iterations()) < room_for(phase.name) * static_cast<double>(frame_.end)) continue;
    html += fmt::format("<span class=\"name\" style=\"left:{:.2f}%\">{}</span>",
                        0.1 * x(static_cast<double>(phase.first)),
                        escaped(phase.name));
  }
  return html;
}

std::string Plane::value_labels() const {
  std::string html;
  for (const double tick : values_.ticks())
    html += fmt::format("<span style=\"top:{:.2f}%\">{}</span>", 0.1 * y(tick), number_text(tick));
  return html;
}

std::string Plane::iteration_labels() const {
  std::string html;
  for (const double tick : iterations_.ticks()) {
    const double left = 0.1 * x(tick);
    const char* side = left < 1.0 ? " class=\"first\"" : left > 99.0 ? " class=\"last\"" : "";
    html += fmt::format(
        "<span{} style=\"left:{:.2f}%\">{}</span>", side, left, count_text(static_cast<std::int64_t>(tick)));
  }
  return html;
}

std::string figure(const std::string& name, const std::string& remark, const Plane& plane, const std::string& drawn) {
  return fmt::format(
      "<figure class=\"chart\"><figcaption><b>{0}</b> <span>{1}{2}</span></figcaption>\n"
      "<div class=\"plot\"><div class=\"values\">{3}</div>"
      "<svg viewBox=\"0 0 1000 1000\" preserveAspectRatio=\"none\" role=\"img\" aria-label=\"{0} by "
      "iteration\">{4}{5}{6}"
      "</svg><div class=\"names\">{7}</div></div><div class=\"iterations\">{8}</div></figure>\n",
      escaped(name),
      remark,
      plane.logarithmic() ? ", logarithmic" : "",
      plane.value_labels(),
      plane.background(),
      drawn,
      plane.marks(),
      plane.phase_names(),
      plane.iteration_labels());
}

/// Points of a phase that no eye can tell apart, taken together: a curve may take a small part of the axis alone.
std::vector<CurvePoint> by_columns(const std::vector<CurvePoint>& points, const Plane& plane) {
  constexpr double kWidth = 2.5;
  std::vector<CurvePoint> columns;
  double column = -1.0;
  for (const CurvePoint& point : points) {
    const double own = std::floor(plane.x(point.middle()) / kWidth);
    if (!columns.empty() && own == column && columns.back().phase == point.phase) {
      columns.back().take_in(point);
    } else {
      columns.push_back(point);
    }
    column = own;
  }
  return columns;
}

/// From the smallest to the greatest values and back, one outline a phase.
std::string span_path(const std::vector<CurvePoint>& points, const Plane& plane) {
  std::string path;
  for (std::size_t first = 0, end; first < points.size(); first = end) {
    for (end = first; end < points.size() && points[end].phase == points[first].phase;) ++end;
    for (std::size_t i = first; i < end; ++i)
      path += fmt::format(
          "{}{:.1f} {:.1f}", i == first ? 'M' : 'L', plane.x(points[i].middle()), plane.y(points[i].greatest));
    for (std::size_t i = end; i > first; --i)
      path += fmt::format("L{:.1f} {:.1f}", plane.x(points[i - 1].middle()), plane.y(points[i - 1].least));
    path += 'Z';
  }
  return path;
}

std::string mean_path(const std::vector<CurvePoint>& points, const Plane& plane) {
  std::string path;
  for (std::size_t i = 0; i < points.size(); ++i) {
    const bool anew = i == 0 || points[i].phase != points[i - 1].phase;
    path += fmt::format("{}{:.1f} {:.1f}", anew ? 'M' : 'L', plane.x(points[i].middle()), plane.y(points[i].mean()));
    const bool alone = anew && (i + 1 == points.size() || points[i + 1].phase != points[i].phase);
    if (alone) path += "h0";  // a line of no length still has its round ends
  }
  return path;
}

std::string not_finite_marks(const Curve& curve, const Plane& plane) {
  std::string svg;
  for (const Iteration iteration : curve.not_finite())
    svg += fmt::format("<path class=\"bad\" d=\"M{:.1f} 0v120\"><title>not finite at iteration {}</title></path>",
                       plane.x(static_cast<double>(iteration)),
                       count_text(iteration));
  return svg;
}

}  // namespace

std::string curve_chart(const std::string& name, const Curve& curve, const ChartFrame& frame) {
  const std::string bad = curve.not_finite().empty()
                              ? ""
                              : fmt::format(", <em>not finite {} times or more</em>", curve.not_finite().size());
  if (curve.points().empty())
    return fmt::format(
        "<figure class=\"chart\"><figcaption><b>{}</b> <span>no finite value{}</span></figcaption></figure>\n",
        escaped(name),
        bad);
  double least = std::numeric_limits<double>::infinity();
  double greatest = -least;
  for (const CurvePoint& point : curve.points()) {
    least = std::min(least, point.least);
    greatest = std::max(greatest, point.greatest);
  }
  const Plane plane(frame, Axis::of_values(least, greatest));
  const std::vector<CurvePoint> points = by_columns(curve.points(), plane);
  const std::string drawn = fmt::format("<path class=\"span\" d=\"{}\"/><path class=\"mean\" d=\"{}\"/>{}",
                                        span_path(points, plane),
                                        mean_path(points, plane),
                                        not_finite_marks(curve, plane));
  return figure(name, fmt::format("last {}{}", number_text(curve.last()), bad), plane, drawn);
}

std::string dotted_chart(const std::string& name,
                         const std::vector<std::pair<Iteration, double>>& values,
                         std::optional<std::size_t> marked,
                         const ChartFrame& frame) {
  const auto by_value = [](const auto& a, const auto& b) { return a.second < b.second; };
  const auto [least, greatest] = std::minmax_element(values.begin(), values.end(), by_value);
  const Plane plane(frame, Axis::of_values(least->second, greatest->second));
  std::string line;
  std::string dots;
  for (const auto& [completed, value] : values) {
    const std::string at = fmt::format("{:.1f} {:.1f}", plane.x(static_cast<double>(completed)), plane.y(value));
    line += (line.empty() ? 'M' : 'L') + at;
    dots += fmt::format("<path class=\"dot\" d=\"M{}h0\"><title>{} after iteration {}</title></path>",
                        at,
                        number_text(value),
                        count_text(completed));
  }
  std::string remark = fmt::format("last {}", number_text(values.back().second));
  if (marked) {
    const auto& [completed, value] = values[*marked];
    dots += fmt::format(
        "<path class=\"best\" d=\"M{:.1f} {:.1f}h0\"/>", plane.x(static_cast<double>(completed)), plane.y(value));
    remark += fmt::format(", best {} after iteration {}", number_text(value), count_text(completed));
  }
  return figure(name, remark, plane, fmt::format("<path class=\"mean\" d=\"{}\"/>{}", line, dots));
}

}  // namespace understudy

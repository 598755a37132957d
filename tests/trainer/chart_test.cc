#include "trainer/report/chart.h"

#include <limits>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace understudy {
namespace {

using testing::HasSubstr;
using testing::Not;

ChartFrame frame() {
  return {.end = 100,
          .phases = {{"I", 0, 50}, {"II", 50, 85}, {"III, warm-up", 85, 97}, {"III", 97, 100}},
          .marks = {{40, "start 2"}}};
}

TEST(CurveChart, DrawsMeansAndSpansInPhases) {
  Curve curve;
  curve.add(0, 0, 1.0);
  curve.add(25, 0, 2.0);
  curve.add(75, 1, 3.0);
  const std::string html = curve_chart("total", curve, frame());
  // The axis of values reaches from 1 to 3 with a margin of 0.08: the plane is 1000 high, y downwards.
  EXPECT_THAT(html, HasSubstr("<path class=\"mean\" d=\"M0.0 963.0L250.0 500.0M750.0 37.0h0\"/>"));
  EXPECT_THAT(html, HasSubstr("<path class=\"span\" d=\"M0.0 963.0L250.0 500.0L250.0 500.0L0.0 963.0ZM750.0 37.0"));
  EXPECT_THAT(html, HasSubstr("<b>total</b> <span>last 3</span>"));
  EXPECT_THAT(html, HasSubstr("<path class=\"start\" d=\"M400.0 0V1000\"><title>start 2</title>"));
}

TEST(CurveChart, NamesPhasesWhereThereIsRoom) {
  Curve curve;
  curve.add(0, 0, 1.0);
  const std::string html = curve_chart("total", curve, frame());
  EXPECT_THAT(html, HasSubstr("style=\"left:50.00%\">II</span>"));
  EXPECT_THAT(html, Not(HasSubstr(">III</span>")));
  EXPECT_THAT(html, Not(HasSubstr(">III, warm-up</span>"))) << "it would run into the next one";
  EXPECT_THAT(html, HasSubstr("<title>Phase III: iterations 97 to 100</title>"));
}

TEST(CurveChart, ShowsWhatIsNotFinite) {
  Curve curve;
  curve.add(10, 0, std::numeric_limits<double>::quiet_NaN());
  EXPECT_THAT(curve_chart("total", curve, frame()), HasSubstr("no finite value"));
  curve.add(20, 0, 1.0);
  EXPECT_THAT(curve_chart("total", curve, frame()), HasSubstr("not finite at iteration 10"));
}

TEST(DottedChart, MarksOneValue) {
  const std::string html = dotted_chart("psnr", {{20, 1.0}, {40, 3.0}, {60, 2.0}}, 1, frame());
  EXPECT_THAT(html, HasSubstr("<path class=\"best\" d=\"M400.0 37.0h0\"/>"));
  EXPECT_THAT(html, HasSubstr("best 3 after iteration 40"));
  EXPECT_THAT(html, HasSubstr("<title>2 after iteration 60</title>"));
}

}  // namespace
}  // namespace understudy

#pragma once

#include <memory>
#include <string>

#include "data_pipeline/picture.h"

namespace understudy {

struct Colour {
  double red = 0;  ///< 0 ... 1
  double green = 0;
  double blue = 0;
};

enum class Anchor { kLeft, kCentre, kRight };

struct TextStyle {
  double size = 13;  ///< pixels
  Anchor anchor = Anchor::kLeft;
  Colour colour{0.15, 0.15, 0.15};
  bool bold = false;
};

/// A white picture to draw lines, areas and text on. Lengths are pixels, y grows downwards. Fonts are those of the
/// system: text may look different from machine to machine.
class Canvas {
 public:
  /// @throws Error  when cairo cannot make it
  Canvas(int width, int height);
  ~Canvas();
  Canvas(const Canvas&) = delete;
  Canvas& operator=(const Canvas&) = delete;

  void fill(double left, double top, double width, double height, const Colour& colour);
  void line(double x0, double y0, double x1, double y1, const Colour& colour, bool dashed = false);
  /// @param x,y  the anchor, on the line that letters stand on
  void text(double x, double y, const std::string& text, const TextStyle& style = {});
  /// Reads from bottom to top, centred on (x, y).
  void upward_text(double x, double y, const std::string& text, const TextStyle& style = {});
  double text_width(const std::string& text, const TextStyle& style = {});
  /// @throws Error  when something could not be drawn
  Picture picture();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace understudy

#include "data_pipeline/statistics/canvas.h"

#include <cstring>
#include <utility>

#include <cairo.h>
#include <fmt/format.h>

#include "common/errors.h"

namespace understudy {
namespace {

struct Release {
  void operator()(cairo_t* context) const { cairo_destroy(context); }
  void operator()(cairo_surface_t* surface) const { cairo_surface_destroy(surface); }
};

void require(cairo_status_t status) {
  if (status != CAIRO_STATUS_SUCCESS) throw Error(fmt::format("cannot draw: {}", cairo_status_to_string(status)));
}

void set_colour(cairo_t* context, const Colour& colour) {
  cairo_set_source_rgb(context, colour.red, colour.green, colour.blue);
}

void set_font(cairo_t* context, const TextStyle& style) {
  cairo_select_font_face(
      context, "sans-serif", CAIRO_FONT_SLANT_NORMAL, style.bold ? CAIRO_FONT_WEIGHT_BOLD : CAIRO_FONT_WEIGHT_NORMAL);
  cairo_set_font_size(context, style.size);
}

double share_left_of(Anchor anchor) {
  return anchor == Anchor::kLeft ? 0.0 : anchor == Anchor::kCentre ? 0.5 : 1.0;
}

}  // namespace

struct Canvas::State {
  std::unique_ptr<cairo_surface_t, Release> surface;
  std::unique_ptr<cairo_t, Release> context;
};

Canvas::Canvas(int width, int height) : state_(std::make_unique<State>()) {
  state_->surface.reset(cairo_image_surface_create(CAIRO_FORMAT_RGB24, width, height));
  require(cairo_surface_status(state_->surface.get()));
  state_->context.reset(cairo_create(state_->surface.get()));
  require(cairo_status(state_->context.get()));
  fill(0, 0, width, height, {1, 1, 1});
}
Canvas::~Canvas() = default;

void Canvas::fill(double left, double top, double width, double height, const Colour& colour) {
  cairo_t* context = state_->context.get();
  set_colour(context, colour);
  cairo_rectangle(context, left, top, width, height);
  cairo_fill(context);
}

void Canvas::line(double x0, double y0, double x1, double y1, const Colour& colour, bool dashed) {
  cairo_t* context = state_->context.get();
  constexpr double kDash = 5;
  set_colour(context, colour);
  cairo_set_line_width(context, 1);
  cairo_set_dash(context, &kDash, dashed ? 1 : 0, 0);
  cairo_move_to(context, x0, y0);
  cairo_line_to(context, x1, y1);
  cairo_stroke(context);
}

void Canvas::text(double x, double y, const std::string& text, const TextStyle& style) {
  cairo_t* context = state_->context.get();
  const double left = x - share_left_of(style.anchor) * text_width(text, style);
  set_colour(context, style.colour);
  cairo_move_to(context, left, y);
  cairo_show_text(context, text.c_str());
}

void Canvas::upward_text(double x, double y, const std::string& text, const TextStyle& style) {
  cairo_t* context = state_->context.get();
  constexpr double kQuarterTurn = 1.5707963267948966;
  cairo_save(context);
  cairo_translate(context, x, y);
  cairo_rotate(context, -kQuarterTurn);
  TextStyle centred = style;
  centred.anchor = Anchor::kCentre;
  this->text(0, 0, text, centred);
  cairo_restore(context);
}

double Canvas::text_width(const std::string& text, const TextStyle& style) {
  set_font(state_->context.get(), style);
  cairo_text_extents_t extents;
  cairo_text_extents(state_->context.get(), text.c_str(), &extents);
  return extents.x_advance;
}

Picture Canvas::picture() {
  require(cairo_status(state_->context.get()));
  cairo_surface_t* surface = state_->surface.get();
  cairo_surface_flush(surface);
  Picture picture(cairo_image_surface_get_width(surface), cairo_image_surface_get_height(surface));
  const unsigned char* rows = cairo_image_surface_get_data(surface);
  for (int y = 0; y < picture.height; ++y) {
    for (int x = 0; x < picture.width; ++x) {
      std::uint32_t colour = 0;  // 0x00RRGGBB in the machine's byte order
      std::memcpy(
          &colour, rows + std::ptrdiff_t{y} * cairo_image_surface_get_stride(surface) + std::ptrdiff_t{x} * 4, 4);
      for (int c = 0; c < 3; ++c) picture.pixel(x, y)[c] = static_cast<std::uint8_t>(colour >> (16 - 8 * c));
    }
  }
  return picture;
}

}  // namespace understudy

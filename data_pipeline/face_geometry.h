#pragma once

#include <array>

#include "data_pipeline/landmarks.h"
#include "data_pipeline/synthetic_head.h"
#include "data_pipeline/synthetic_math.h"

namespace understudy::synthetic {

/// A point before the camera: x to the right, y down, in the lengths of IdentityParameters.
struct Place {
  double x = 0.0;
  double y = 0.0;
};

/// The picture, which spans (-1, 1), shows places enlarged by this factor.
inline constexpr double kZoom = 1.18;

/// A solid between an ellipsoid and an egg, in the head's own axes and centred at `centre`.
struct Egg {
  Vector centre;
  double width = 1.0;  ///< half axes
  double top = 1.0;
  double bottom = 1.0;
  double depth = 1.0;
  double taper = 0.0;  ///< part of the width that is lost towards the bottom

  double width_at(double y) const {
    const double t = clamp01(y / bottom);
    return width * (1.0 - taper * t * t);
  }
  double height_at(double y) const { return y > 0.0 ? bottom : top; }
  /// Depth of the front surface; 0 beyond the outline.
  double front(double x, double y) const;
};

/// Where a line of sight meets an egg.
struct Hit {
  Vector point;           ///< in the egg's axes, relative to its centre; on the outline for a line that misses
  Vector back;            ///< where the line leaves
  Vector normal;          ///< of length 1, in the camera's axes
  double coverage = 0.0;  ///< 0 outside, 1 inside, in between along the outline
};

/// All places of a face in one picture, for drawing it and for its landmarks alike.
class FaceGeometry {
 public:
  FaceGeometry(const IdentityParameters& identity, const HeadPose& pose, const ExpressionParameters& expression);

  const Egg& head() const { return head_; }
  const Egg& hair() const { return hair_; }

  /// @param soft  width of a pixel
  Hit look_at(const Egg& egg, Place place, double soft) const;
  Place project(const Vector& point) const;
  Place shift() const;  ///< of the whole person from the middle of the picture
  double depth_of(const Vector& point) const;

  /// A point of the face's surface, raised by `out`.
  Vector on_face(double x, double y, double out = 0.0) const { return {x, y, head_.front(x, y) + out}; }

  struct Eye {
    double x = 0.0;  ///< of the eye at the right of the picture; the other is mirrored
    double y = 0.0;
    double half_width = 0.0;
    double upper = 0.0;  ///< height of the upper lid above the line between the corners
    double lower = 0.0;
    double radius = 0.0;  ///< of the iris
    Place gaze;           ///< centre of the iris relative to the eye's
  };
  struct Brow {
    double inner = 0.0;
    double outer = 0.0;
    double y = 0.0;
    double arch = 0.0;
    double half_thickness = 0.0;
    /// Height of its middle line at a distance from the face's middle.
    double at(double x) const;
  };
  struct Mouth {
    double y = 0.0;
    double half_width = 0.0;
    double corner = 0.0;  ///< how far the corners lie below the middle
    double gap_up = 0.0;  ///< opening in the middle above and below the line between the corners
    double gap_down = 0.0;
    double lip = 0.0;  ///< thickness of a lip in the middle

    double line(double x) const { return y + corner * square(x / half_width); }
    double bow(double x) const { return std::max(0.0, 1.0 - square(x / half_width)); }
    double inner_top(double x) const { return line(x) - gap_up * bow(x); }
    double inner_bottom(double x) const { return line(x) + gap_down * bow(x); }
    double outer_top(double x) const;
    double outer_bottom(double x) const;
  };
  struct Nose {
    double bridge_y = 0.0;
    double tip_y = 0.0;
    double base_y = 0.0;
    double radius = 0.0;  ///< of the tip
    double rise = 0.0;    ///< of the tip above the face
  };

  Eye eye;
  Brow brow;
  Mouth mouth;
  Nose nose;

  /// Upper and lower lid at a distance from the eye's middle.
  double upper_lid(double x) const;
  double lower_lid(double x) const;

  /// iBUG order, pixels of a 256 x 256 picture (centres of pixels at whole numbers).
  Landmarks68 landmarks() const;

 private:
  std::array<Place, 68> landmark_places() const;

  Egg head_;
  Egg hair_;
  Rotation rotation_;
  Vector origin_;  ///< the head's centre in the picture
};

}  // namespace understudy::synthetic

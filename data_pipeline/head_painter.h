#pragma once

#include <array>

#include "data_pipeline/face_geometry.h"
#include "data_pipeline/face_painter.h"
#include "data_pipeline/synthetic_head.h"
#include "data_pipeline/synthetic_math.h"

namespace understudy::synthetic {

/// Draws one picture, pixel by pixel, from the back to the front.
class HeadPainter {
 public:
  /// @param soft  width of a pixel; edges are that wide
  HeadPainter(const IdentityParameters& identity, const FaceGeometry& geometry, double soft);

  struct Pixel {
    Paint colour;
    double coverage = 0.0;  ///< of the person, clothes included
  };
  Pixel paint(Place place) const;

 private:
  enum class Side { kBehindHead, kBeforeHead };

  /// Places that are the same for all pixels.
  struct Ear {
    double sign = 1.0;  ///< 1 at the right of a picture without yaw
    Place root;
    Side side = Side::kBehindHead;
  };
  struct NosePlaces {
    Place bridge;
    Place tip;
    std::array<Place, 2> wings;
    std::array<Place, 2> holes;
  };
  struct Lens {
    Place centre;
    Place inner;
    Place outer;
    Place ear;
    double width = 0.0;
  };

  void place_ears();
  void place_nose();
  void place_glasses();
  static void lay(Pixel& pixel, const Paint& colour, double alpha);
  Paint background(Place place) const;
  /// Neck and clothes: `place` is relative to the shifted person.
  void paint_neck(Place place, Pixel& pixel) const;
  void paint_clothes(Place place, Pixel& pixel) const;
  void paint_ears(Place place, Side side, Pixel& pixel) const;
  void paint_nose(Place place, Pixel& pixel) const;
  void paint_glasses(Place place, Pixel& pixel) const;
  void paint_hair(const Hit& hit, Side side, Pixel& pixel) const;
  double hair_cover(const Vector& point) const;

  const IdentityParameters& person_;
  const FaceGeometry& face_;
  FacePainter face_painter_;
  double soft_;
  Paint skin_;
  Paint hair_;
  Place shift_;  ///< of the person in the picture
  Place chin_;   ///< without the shift
  std::array<Ear, 2> ears_{};
  NosePlaces nose_;
  std::array<Lens, 2> lenses_{};
};

}  // namespace understudy::synthetic

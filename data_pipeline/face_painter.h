#pragma once

#include "data_pipeline/face_geometry.h"
#include "data_pipeline/synthetic_head.h"
#include "data_pipeline/synthetic_math.h"

namespace understudy::synthetic {

/// Light on a surface with this normal in the camera's axes, from the upper left.
double brightness(const Vector& normal);

/// Colours the surface of a face: skin, eyes, brows, mouth, beard, freckles.
class FacePainter {
 public:
  FacePainter(const IdentityParameters& identity, const FaceGeometry& geometry);

  /// @param soft  width of a pixel in the picture
  Paint paint(const Hit& hit, double soft) const;
  const Paint& skin() const { return skin_; }

 private:
  Paint complexion(double x, double y) const;
  void paint_beard(double x, double y, Paint& colour) const;
  void paint_freckles(double x, double y, double soft, Paint& colour) const;
  void paint_mouth(double x, double y, double soft, Paint& colour) const;
  void paint_eye(double x, double y, double soft, double light, Paint& colour) const;
  void paint_iris(double x, double y, double soft, Paint& colour) const;
  void paint_brow(double x, double y, double soft, Paint& colour) const;

  const IdentityParameters& person_;
  const FaceGeometry& face_;
  Paint skin_;
  Paint hair_;
  Paint lips_;
  Paint iris_;
};

}  // namespace understudy::synthetic

#pragma once

#include "data_pipeline/picture.h"
#include "data_pipeline/synthetic_head.h"

namespace understudy {

/// Where a search for a pose ended.
struct HeadFit {
  HeadPose pose;
  double mean_squared_error = 0.0;  ///< of values in [0, 1], at the size of the last comparison
};

/// The pose in which a known synthetic person, drawn by `render_head`, comes nearest to a picture in the mean squared
/// error: a grid over the poses of `HeadMotion` on small pictures, then steps that halve, from its three best points
/// and at last on 64 pixels. No start is assumed, and nothing is drawn at random.
/// @param picture  square, of any size from 16 on; resized where it is larger than a comparison
/// @param foreground  the picture shows the person alone, on black
/// @throws DataError  when the picture is not square or too small
HeadFit fit_head_pose(const IdentityParameters& identity,
                      const ExpressionParameters& expression,
                      const Picture& picture,
                      bool foreground = false);

/// Mean over yaw, pitch and roll of the absolute difference, in degrees.
double mean_angle_error(const HeadPose& a, const HeadPose& b);

}  // namespace understudy

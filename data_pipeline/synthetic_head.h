#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "data_pipeline/landmarks.h"
#include "data_pipeline/mask.h"
#include "data_pipeline/picture.h"

namespace understudy {

/// A colour; components in [0, 1].
struct Colour {
  float red = 0.0F;
  float green = 0.0F;
  float blue = 0.0F;
};

/// What makes a synthetic person. Lengths are in units of 0.42 of the picture's side, factors around 1.
struct IdentityParameters {
  Colour skin;
  Colour hair;
  Colour iris;
  Colour clothes;
  Colour background_top;
  Colour background_bottom;
  float head_width = 0.40F;
  float head_height = 0.52F;
  float jaw = 0.0F;          ///< -1 pointed ... 1 square
  float hair_length = 0.3F;  ///< 0 short ... 1 below the chin
  float hair_volume = 0.5F;
  float fringe = 0.4F;   ///< how far the hair comes down the forehead, 0 ... 1
  float parting = 0.0F;  ///< side of the parting, -1 ... 1
  float eye_size = 1.0F;
  float eye_distance = 1.0F;
  float brow_thickness = 1.0F;
  float nose_size = 1.0F;
  float mouth_width = 1.0F;
  float lip_thickness = 1.0F;
  float lip_redness = 0.5F;
  float beard = 0.0F;     ///< 0 none ... 1 full
  float glasses = 0.0F;   ///< above 0.5: wears them
  float freckles = 0.0F;  ///< 0 none ... 1 many
};

/// Turn of the head in radians: yaw > 0 to the right of the picture, pitch > 0 downwards, roll > 0 clockwise.
struct HeadPose {
  float yaw = 0.0F;
  float pitch = 0.0F;
  float roll = 0.0F;
};

/// What the face does, and where the head is; lengths as in IdentityParameters.
struct ExpressionParameters {
  float mouth_open = 0.0F;  ///< 0 ... 1
  float smile = 0.0F;       ///< -1 ... 1
  float brow_raise = 0.0F;  ///< -1 ... 1
  float eye_open = 1.0F;    ///< 0 closed ... 1.2 wide
  float gaze_x = 0.0F;      ///< -1 ... 1
  float gaze_y = 0.0F;
  float shift_x = 0.0F;  ///< of the whole person, to the right
  float shift_y = 0.0F;  ///< downwards
};

struct RenderedHead {
  Picture picture;
  Landmarks68 landmarks;  ///< iBUG order, pixels of a 256 x 256 picture
  Mask mask;              ///< head with hair, neck and clothes
};

/// Draws a talking head. Only +, -, *, / and square roots are used, so that every machine draws the same bytes.
/// @param size  side in pixels, at least 16. @throws DataError  for less
RenderedHead render_head(const IdentityParameters& identity,
                         const HeadPose& pose,
                         const ExpressionParameters& expression,
                         int size);

/// Parameters of person `number`, a keyed draw.
IdentityParameters draw_identity(std::uint64_t seed, std::uint64_t number);

/// Parameters in the order of the struct, as stored with a synthetic set, and back.
std::vector<float> to_vector(const IdentityParameters& identity);
std::vector<float> to_vector(const ExpressionParameters& expression);
/// @throws DataError  when the number of values is wrong
IdentityParameters identity_from_vector(const std::vector<float>& values);
ExpressionParameters expression_from_vector(const std::vector<float>& values);

}  // namespace understudy

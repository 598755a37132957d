#pragma once

#include <filesystem>

#include "data_pipeline/annotation_rows.h"
#include "data_pipeline/packer/clip_frames.h"
#include "data_pipeline/packer/clip_input.h"

namespace understudy {

/// FLAME parameters of a clip's packed frames, from one .npz a clip with a row for each frame of the source. DECA
/// and EMOCA name the parameters differently; of each line one name must be there:
///
///     shape       [frames,100], [1,100] or [100]: one person   shape, shapecode, flame_shape
///     expression  [frames,50]                                  exp, expression, expcode, flame_exp
///     pose        [frames,6] axis-angle: global, jaw           pose, posecode, flame_pose
///     camera      [frames,3] scale, x, y                       cam, camera, flame_cam
///     valid       [frames], 0: unknown; may be missing         valid, valid_mask
///
/// Other arrays are left alone. A frame with a value that is not finite is unknown too. Values stay as they are: the
/// camera belongs to the picture that the fit was made on.
/// @return  kind flame
/// @throws ClipRejected  annotation: no file, a damaged one, an array missing or there under two names, or another
/// shape, such as the 300 shape parameters of the full model, which nobody may cut silently
AnnotationRows read_flame_file(const std::filesystem::path& folder, const ListedClip& clip, const ClipFrames& frames);

}  // namespace understudy

#pragma once

#include <cstddef>
#include <filesystem>
#include <vector>

#include "data_pipeline/mask.h"
#include "data_pipeline/packer/clip_frames.h"
#include "data_pipeline/packer/clip_input.h"

namespace understudy {

/// Foreground masks of a clip's packed frames from a folder with one picture a frame (annotation_paths.h says where).
/// Of a folder of frames these are FRAME.png or FRAME.png.npy, as latent pose descriptors have them, and frames without
/// one have no mask; of a video all pictures of the folder in natural order, as many as it has frames. Grey is
/// coverage, 0 background ... 255 foreground; of colour pictures the second channel counts and of arrays [height,
/// width, channels] the first, as in the official loader. Masks are cut and resized as their frames are
/// (resize_picture.h).
/// @return  [frames] encoded with `codec`; empty: no mask
/// @throws ClipRejected  annotation: no mask at all, one that is damaged or has another size than the decoded frames,
/// another number of them, or none with a value above 1, which is how masks in units of 1 instead of 255 show
std::vector<std::vector<std::byte>> read_mask_files(const std::filesystem::path& folder,
                                                    MaskCodec codec,
                                                    const ListedClip& clip,
                                                    const ClipFrames& frames);

}  // namespace understudy

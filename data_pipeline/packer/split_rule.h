#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "data_pipeline/packer/clip_input.h"

namespace understudy {

/// The split that a clip goes to ("train", "val", "test", or what a list says); nothing: it is left out. A function of
/// the clip alone, so that neither the order nor the number of clips matters.
using SplitRule = std::function<std::optional<std::string>(const ListedClip&)>;

/// The official folder that the clip lies in. VoxCeleb2's "dev" is its part for training, and so are clips in no folder
/// of a split.
SplitRule split_by_folder();

/// Each identity goes to "val" with the given probability, all of its clips together, by a draw keyed by seed and name:
/// identities that come later move none of the others.
/// @throws DataError  unless 0 < fraction < 1
SplitRule split_by_identity(std::uint64_t seed, double fraction);

/// What lists say, which may be:
///  - a vox-metadata.csv with a column partition;
///  - one of Latent Pose Descriptors, with a column path of "identity/video": its file name without extension is the
///    split;
///  - two columns, a clip ("id#video#start#end"), video ("id/video", "id#video" or "video") or identity, and its split;
///  - one column of these: the file name without extension is the split.
/// The most exact entry counts: clip, then video, then identity; of equally exact ones that of the last list, so that
/// videos which are in LPD's train.csv and val.csv are held out when the lists are given in this order. Clips that no
/// list names are left out.
/// @throws DataError  listing every line that cannot be understood
SplitRule split_by_lists(const std::vector<std::filesystem::path>& lists);

struct SplitClips {
  std::map<std::string, std::vector<ListedClip>> splits;  ///< in the order in which they were given
  std::uint64_t left_out = 0;
};

SplitClips split_clips(const std::vector<ListedClip>& clips, const SplitRule& rule);

}  // namespace understudy

#include "data_pipeline/packer/folder_layouts.h"

#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "data_pipeline/packer/folder_entries.h"
#include "data_pipeline/packer/listing_builder.h"

namespace understudy {
namespace {

/// What the files of one split lie in.
struct Part {
  std::filesystem::path folder;
  std::string split;
};

std::string split_of_folder(std::string_view name) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 6> kSplits{{{"train", "train"},
                                                                                  {"train_videos", "train"},
                                                                                  {"val", "val"},
                                                                                  {"val_videos", "val"},
                                                                                  {"test", "test"},
                                                                                  {"dev", "dev"}}};
  const auto found =
      std::find_if(kSplits.begin(), kSplits.end(), [&](const auto& split) { return split.first == name; });
  return found == kSplits.end() ? "" : std::string(found->second);
}

bool is_wrapper(std::string_view name) {
  constexpr std::array<std::string_view, 6> kWrappers{"mp4", "img", "imgs", "images", "cropped", "cropped_fix"};
  return std::find(kWrappers.begin(), kWrappers.end(), name) != kWrappers.end();
}

/// Sound, transcripts and masks, which VoxCeleb2 and Latent Pose Descriptors keep in folders beside the pictures.
bool is_auxiliary_folder(std::string_view name) {
  constexpr std::array<std::string_view, 5> kBeside{"aac", "m4a", "txt", "segmentation", "landmarks"};
  return std::any_of(kBeside.begin(), kBeside.end(), [&](std::string_view beside) { return name.starts_with(beside); });
}

class Lister {
 public:
  explicit Lister(const std::filesystem::path& root) : root_(root) {}

  std::string source(const FolderEntry& entry) const { return entry.path.lexically_relative(root_).generic_string(); }

  void reject_file(const FolderEntry& entry) {
    if (is_auxiliary_name(entry.name)) return;
    if (is_video_name(entry.name) || is_picture_name(entry.name)) {
      builder.reject(source(entry), RejectionReason::kName, "does not lie where clips of this layout do");
    } else {
      builder.reject(source(entry), RejectionReason::kUnreadable, "its extension is none of a video");
    }
  }

  void named_clips(const Part& part) {
    for (const FolderEntry& entry : folder_entries(part.folder)) {
      if (part.split.empty() && entry.is_folder && !split_of_folder(entry.name).empty()) {
        named_clips({entry.path, split_of_folder(entry.name)});
      } else if (entry.is_folder ? !is_auxiliary_folder(entry.name) : is_video_name(entry.name)) {
        builder.add(source(entry), part.split, [&] { return parse_clip_name(clip_stem(entry.name)); });
      } else if (!entry.is_folder) {
        reject_file(entry);
      }
    }
  }

  /// Calls `visit(part, identity, video)` for every folder two levels below a part.
  template <typename Visit>
  void videos(const Part& part, const Visit& visit) {
    for (const FolderEntry& entry : folder_entries(part.folder)) {
      if (!entry.is_folder) {
        reject_file(entry);
      } else if (part.split.empty() && !split_of_folder(entry.name).empty()) {
        videos({entry.path, split_of_folder(entry.name)}, visit);
      } else if (is_wrapper(entry.name)) {
        videos({entry.path, part.split}, visit);
      } else if (!is_auxiliary_folder(entry.name)) {
        videos_of_identity(part, entry, visit);
      }
    }
  }

  ListingBuilder builder;

 private:
  template <typename Visit>
  void videos_of_identity(const Part& part, const FolderEntry& identity, const Visit& visit) {
    const std::vector<FolderEntry> entries = folder_entries(identity.path);
    if (entries.empty()) builder.reject(source(identity), RejectionReason::kEmpty, "an empty folder");
    for (const FolderEntry& entry : entries) {
      if (entry.is_folder) {
        visit(part, identity, entry);
      } else {
        reject_file(entry);
      }
    }
  }

  std::filesystem::path root_;
};

}  // namespace

bool is_layout_folder(std::string_view name) {
  return is_wrapper(name) || is_auxiliary_folder(name) || !split_of_folder(name).empty();
}

Listing list_named_clips(const std::filesystem::path& root) {
  Lister lister(root);
  lister.named_clips({root, ""});
  return std::move(lister.builder).finish();
}

Listing list_voxceleb2_clips(const std::filesystem::path& root) {
  Lister lister(root);
  lister.videos({root, ""}, [&](const Part& part, const FolderEntry& identity, const FolderEntry& video) {
    const std::vector<FolderEntry> clips = folder_entries(video.path);
    if (clips.empty()) lister.builder.reject(lister.source(video), RejectionReason::kEmpty, "an empty folder");
    for (const FolderEntry& clip : clips) {
      if (clip.is_folder || is_video_name(clip.name)) {
        lister.builder.add(lister.source(clip), part.split, [&] {
          return join_clip_name(identity.name, video.name, clip_stem(clip.name));
        });
      } else {
        lister.reject_file(clip);
      }
    }
  });
  return std::move(lister.builder).finish();
}

Listing list_frame_folders(const std::filesystem::path& root) {
  Lister lister(root);
  lister.videos({root, ""}, [&](const Part& part, const FolderEntry& identity, const FolderEntry& video) {
    lister.builder.add(
        lister.source(video), part.split, [&] { return join_clip_name(identity.name, video.name, "000"); });
  });
  return std::move(lister.builder).finish();
}

}  // namespace understudy
